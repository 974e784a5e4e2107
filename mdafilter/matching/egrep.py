"""procmail's regular expressions in Python's spelling (procmailrc(5), "extended regular expressions").

    .  [ ]  [^ ]  *  +  ?  |  ( )  \\c   as in egrep; . and [^ ] match no newline
    ^  $                               beginning and end of a line; $ takes the newline too, so `a$b` spans lines
    ^^                                 at the beginning or end of the pattern: of the whole area
    \\<  \\>                             one character that is in no word, or an edge of the area or line
    \\/                                 what matches from here on is group 1 (procmail's MATCH); what is left of it
                                       takes as little as possible
    ^TO_ ^TO ^FROM_DAEMON ^FROM_MAILER what procmailrc(5) puts in their place

Groups hold nothing; there are no intervals: { and } stand for themselves.

`translate` fills a Draft. Fails: PatternError with the offset of the mistake.
"""

from __future__ import annotations

from mdafilter.matching.patterns import PatternError
from mdafilter.matching.posix import bracket, literal
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.matching.patterns import Draft

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


def translate(pattern: str, draft: Draft, newline: bool) -> None:
    """The whole pattern. `newline` is without effect: procmail always searches lines."""
    text, offsets = _expanded(pattern)
    draft.lazy = "\\/" in text
    extracting = False
    at = 0
    while at < len(text):
        here = offsets[at]
        match text[at]:
            case "(":
                draft.open(here)
            case ")":
                draft.close(here)
            case "|":
                draft.mark("|", here)
            case "*" | "+" | "?" as sign:
                draft.repeat(sign, here)
            case "^" if text.startswith("^^", at) and at in (0, len(text) - 2):
                draft.atom("\\A" if at == 0 else "\\Z", here)
                at += 1
            case "^":
                draft.atom("^", here)
            case "$":
                draft.atom("(?:\\n|\\Z)", here)
            case ".":
                draft.atom(".", here)
            case "[":
                try:
                    found, end = bracket(text, at, True)
                except PatternError as error:
                    raise PatternError(error.text, offsets[min(error.offset, len(offsets) - 1)]) from None
                draft.atom(found, here)
                at = end
                continue
            case "\\" if text.startswith("\\/", at):
                if draft.depth or extracting:
                    raise PatternError("\\/ can stand only once, and in no group", here)
                draft.mark("(", here)
                draft.lazy, extracting = False, True
                at += 1
            case "\\":
                draft.atom(_escape(text, at, here), here)
                at += 1
            case c:
                draft.atom(literal(c), here)
        at += 1
    if extracting:
        draft.mark(")", len(pattern))


def _escape(text: str, at: int, here: int) -> str:
    c = text[at + 1 : at + 2]
    if not c:
        raise PatternError("a backslash at the end", here)
    if c in "<>":
        return "(?:[^A-Za-z0-9_]|^|\\Z)"
    return literal(c)


def _expanded(pattern: str) -> tuple[str, list[int]]:
    """The pattern with its macros replaced, and for each character the offset where it comes from."""
    out: list[str] = []
    offsets: list[int] = []
    at = 0
    while at < len(pattern):
        name, text = next((m for m in MACROS if pattern.startswith(m[0], at)), (pattern[at], pattern[at]))
        out.append(text)
        offsets += [at] * len(text)
        at += len(name)
    return "".join(out), offsets
