"""procmail's regular expressions in Python's spelling (procmailrc(5), "Extended regular expressions").

    a* a+ a?         repetition, of one character or group; a second one behind it, or one with nothing before it
                     (`*foo`, `(*a)`), is that character itself
    .  [ ]  [^ ]     one octet that is no newline; there are no named classes, and a backslash in [ ] is itself
    a|b  ( )         alternatives, of which one may be empty; groups hold nothing. { and } stand for themselves
    ^  $             a newline, at any place: `a$b` and `a^b` span two lines, and `$^` is an empty line
    ^^               the edge of the area: its beginning or its end
    \\<  \\>           one octet that is no letter, digit or underscore; a newline or an edge is one too
    \\/               what matches from here on is procmail's MATCH; what is left of it takes as little as possible
    \\c               c itself, whatever it is
    ^TO_ ^TO ^FROM_DAEMON ^FROM_MAILER     what procmailrc(5) puts in their place, wherever they stand

procmail reads octets, and takes the area to stand between two newlines. So a text is searched one character for each
octet (`area`), with EDGE before and behind it, which ^ and $ take for a newline and nothing else takes for anything.

What is not closed ends with the pattern, and a ) too many ends it, as with procmail; both are warnings.

`translate` fills a Draft. Fails: PatternError for what is longer or more nested than Python allows.
Known bugs: of several alternatives beside a \\/ the first that fits counts, and not the longest or shortest, unless all
are plain text. procmail's MATCH may be longer than ours where a + stands left of the \\/ and fits once more.
"""

from __future__ import annotations

from mdafilter.matching.posix import in_set, literal
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator
    from typing import TypeAlias

    from mdafilter.matching.patterns import Draft

    Token: TypeAlias = tuple[str, str, int]  # kind, Python's spelling, offset

EDGE = "\uffff"  # no octet, and without another case
NEWLINE = f"[\\n{EDGE}]"
ANY = f"[^\\n{EDGE}]"
NO_WORD = "[^A-Za-z0-9_]"
NEVER = "(?!)"

_DESTINATION = "^((Original-)?(Resent-)?(To|Cc|Bcc)|(X-Envelope|Apparently(-Resent)?)-To):"
_ORIGIN = "(((Resent-)?(From|Sender)|X-Envelope-From):|>?From )([^>]*[^(.%@a-z0-9])?"
_ADDRESS_END = "(([^).!:a-z0-9][-_a-z0-9]*)?[%@>\t ][^<)]*(\\(.*\\).*)?)?$([^>]|$)"
# name              expression; longer names before those that they begin with
MACROS: tuple[tuple[str, str], ...] = (
    ("^TO_", f"({_DESTINATION}(.*[^-a-zA-Z0-9_.])?)"),
    ("^TO", f"({_DESTINATION}(.*[^a-zA-Z])?)"),
    (
        "^FROM_DAEMON",
        "(^(Mailing-List:|Precedence:.*(junk|bulk|list)|To: Multiple recipients of |"
        + _ORIGIN
        + "(Post(ma?(st(e?r)?|n)|office)|(send)?Mail(er)?|daemon|m(mdf|ajordomo)|n?uucp|LIST(SERV|proc)|NETSERV|"
        "o(wner|ps)|r(e(quest|sponse)|oot)|b(ounce|bs\\.smtp)|echo|mirror|s(erv(ices?|er)|mtp(error)?|ystem)|"
        "A(dmin(istrator)?|MMGR|utoanswer))" + _ADDRESS_END + "))",
    ),
    (
        "^FROM_MAILER",
        "(^" + _ORIGIN + "(Post(ma(st(er)?|n)|office)|(send)?Mail(er)?|daemon|mmdf|n?uucp|ops|r(esponse|oot)|"
        "(bbs\\.)?smtp(error)?|s(erv(ices?|er)|ystem)|A(dmin(istrator)?|MMGR))" + _ADDRESS_END + ")",
    ),
)


# --- texts -----------------------------------------------------------------------------------------------------------


def octets(text: str) -> str:
    """One character for each octet of a text."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def area(text: bytes) -> str:
    """The octets as a whole area to be searched."""
    return EDGE + text.decode("latin-1") + EDGE


def shown(text: str) -> str:
    """What was found in an area, as text again."""
    return text.replace(EDGE, "").encode("latin-1").decode("utf-8", "surrogateescape")


def extracted(found: re.Match[str]) -> str | None:
    """What becomes MATCH: all behind the last \\/ that was passed; None where none was."""
    start = max((found.start(group + 1) for group in range(found.re.groups)), default=-1)
    return None if start < 0 else shown(found.string[start : found.end()])


# --- patterns --------------------------------------------------------------------------------------------------------


def translate(pattern: str, draft: Draft, newline: bool) -> None:
    """The whole pattern. `newline` is without effect: procmail always searches lines."""
    tokens = list(_tokens(*_expanded(pattern), draft))
    last = max((i for i, token in enumerate(tokens) if token[0] == "/"), default=-1)
    if last >= 0:
        left, right = _ordered(tokens[:last], longest=False), _ordered(tokens[last + 1 :], longest=True)
        tokens = [*left, tokens[last], *right]
    draft.lazy = last >= 0
    for i, (kind, text, here) in enumerate(tokens):
        match kind:
            case "(":
                draft.open(here)
            case ")" if not draft.depth:
                draft.warnings.append(("a ) without a (: what follows it is without effect", here))
                break
            case ")":
                draft.close(here)
            case "|":
                draft.mark("|", here)
            case "/":
                draft.mark("()", here)
                draft.lazy = i < last
            case "repeat" if draft.repeatable:
                draft.repeat(text, here)
            case "repeat" if tokens[i - 1][0] == "/":
                continue
            case "repeat":
                draft.atom(literal(text), here)
            case _:
                draft.atom(text, here)
    while draft.depth:
        draft.warnings.append(("a ( without a )", draft.opened))
        draft.close(len(pattern))


def _tokens(text: str, offsets: list[int], draft: Draft) -> Iterator[Token]:
    """The tokens. An atom has the kind "" or, where it is plain text, "c"."""
    at = 0
    while at < len(text):
        here = offsets[at]
        c = text[at]
        if text.startswith("\\/", at):
            yield "/", "", here
            at += 2
        elif c == "\\":
            following = text[at + 1 : at + 2]
            yield ("", NO_WORD, here) if following and following in "<>" else _plain(following, here)
            at += 2
        elif text.startswith("^^", at):
            yield "", EDGE, here
            at += 2
        elif c == "[":
            found, at, closed = _set(text, at)
            if not closed:
                draft.warnings.append(("a [ without a ]", here))
            yield "", found, here
        else:
            kind = c if c in "()|" else "repeat" if c in "*+?" else ""
            spelled = NEWLINE if c in "^$" else ANY if c == "." else c
            yield (kind, spelled, here) if kind or spelled != c else _plain(c, here)
            at += 1


def _plain(c: str, here: int) -> Token:
    """A character that stands for itself. procmail finds nothing where a backslash has nothing to stand before."""
    return ("c", literal(c), here) if c else ("", NEVER, here)


def _set(text: str, start: int) -> tuple[str, int, bool]:
    """A [set], the offset behind it, and whether it is closed. Of a range that ends before it begins the ends count."""
    at = start + 1
    negated = text.startswith("^", at)
    at += negated
    first, before = at, ""
    out: list[str] = []
    while at < len(text) and (text[at] != "]" or at == first):
        c = text[at]
        end = text[at + 1 : at + 2]
        if c == "-" and before and end not in ("", "]"):
            out.append(f"{in_set(before)}-{in_set(end)}" if before <= end else in_set(end))
            c = end
            at += 1
        else:
            out.append(in_set(c))
        before = c
        at += 1
    members = "".join(out)
    spelled = f"[^{members}\\n{EDGE}]" if negated else f"[{members}]" if members else NEVER
    return spelled, at + 1, at < len(text)


def _ordered(tokens: list[Token], *, longest: bool) -> list[Token]:
    """Groups of plain texts with the longest or shortest in front: behind a \\/ much is wanted, before it little."""
    out: list[Token] = []
    opened = -1  # where in `out` a group began that is made of plain text so far
    for token in tokens:
        out.append(token)
        if token[0] == "(":
            opened = len(out)
        elif token[0] == ")" and opened >= 0:
            out[opened:-1] = _sorted(out[opened:-1], longest)
            opened = -1
        elif token[0] not in ("c", "|"):
            opened = -1
    return out


def _sorted(tokens: list[Token], longest: bool) -> list[Token]:
    alternatives: list[list[Token]] = [[]]
    for token in tokens:
        if token[0] == "|":
            alternatives.append([])
        else:
            alternatives[-1].append(token)
    alternatives.sort(key=len, reverse=longest)
    bar = next((token for token in tokens if token[0] == "|"), ("|", "|", 0))
    out: list[Token] = []
    for i, one in enumerate(alternatives):
        out += [bar, *one] if i else one
    return out


def _expanded(pattern: str) -> tuple[str, list[int]]:
    """The pattern as octets with its macros replaced, and for each octet the offset where it comes from."""
    out: list[str] = []
    offsets: list[int] = []
    at = 0
    while at < len(pattern):
        name, text = next((m for m in MACROS if pattern.startswith(m[0], at)), (pattern[at], octets(pattern[at])))
        out.append(text)
        offsets += [at] * len(text)
        at += len(name)
    return "".join(out), offsets
