"""Sieve scripts for hypothesis: the base language of RFC 5228 from its grammar, and the same with one mistake."""

from __future__ import annotations

from hypothesis import strategies as st

from mdafilter.lang.sieve.vocabulary import Vocabulary
from mdafilter.words import CAPABILITIES, TABLE

REQUIRE = 'require ["fileinto", "envelope", "encoded-character", "comparator-i;ascii-numeric"];'

_letters = st.text('abcXYZ é*?.@-/+%${}\\"\n:;[]#', max_size=8)
_spaces = st.sampled_from([" ", "\t", "\r\n", "\n", "  ", " # c;\n", " /* } */ ", "/**/ "])
_names = st.sampled_from(["subject", "To", "x-spam", "List-Id", "X-é"])
_addresses = st.sampled_from(["from", "To", "cc", "Sender", "reply-to"])
_recipients = st.sampled_from(["a@example.org", "Ann <ann@example.org>", '"a b"@example.org'])
_match = st.sampled_from(["", ":is", ":contains", ":Matches"])
_comparator = st.sampled_from(["", ':comparator "i;octet"', ':comparator "i;ascii-casemap"'])
_part = st.sampled_from(["", ":all", ":localpart", ":DOMAIN"])
_limit = st.sampled_from(["0", "1", "100K", "5m", "1G", "2147483647"])


def quoted(text: str) -> str:
    """A quoted string that stands for this text."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def multi_line(text: str) -> str:
    """The same as `text:`, with a line end that the value gets too."""
    lines = (text + "\n").split("\n")[:-1]
    return "text:\n" + "".join(("." + x if x.startswith(".") else x) + "\n" for x in lines) + ".\n"


def _string(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return values.map(quoted)


def _strings(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = _string(values)
    several = st.lists(one, min_size=1, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
    return one | several


_keys = _strings(_letters) | _letters.map(multi_line)


def _words(*pieces: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*pieces).map(lambda found: " ".join(piece for piece in found if piece))


_leaf = st.one_of(
    st.sampled_from(["true", "false", "TRUE"]),
    _words(st.just("header"), _match, _comparator, _strings(_names), _keys),
    _words(st.just("address"), _part, _match, _comparator, _strings(_addresses), _keys),
    _words(st.just("envelope"), _comparator, _part, _match, _strings(st.sampled_from(["from", "to"])), _keys),
    _words(st.just("exists"), _strings(_names)),
    _words(st.just("size"), st.sampled_from([":over", ":under"]), _limit),
    _words(st.just('header :is :comparator "i;ascii-numeric"'), _strings(_names), _keys),
)


def _logic(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=1, max_size=3).map(", ".join)
    both = st.tuples(st.sampled_from(["allof", "anyof", "AnyOf"]), several).map(lambda t: f"{t[0]} ({t[1]})")
    return both | inner.map(lambda test: f"not {test}")


tests = st.recursive(_leaf, _logic, max_leaves=5)

_action = st.one_of(
    st.sampled_from(["keep;", "discard;", "stop;", "Keep ;"]),
    st.sampled_from(["Trash", "a.b", "INBOX", "é"]).map(lambda name: f'fileinto "{name}";'),
    _recipients.map(lambda address: f"redirect {quoted(address)};"),
)


def _control(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    block = st.lists(inner, max_size=3).map(lambda commands: "{ " + " ".join(commands) + " }")
    then = st.tuples(tests, block).map(lambda t: f"{t[0]} {t[1]}")
    elsifs = st.lists(then, max_size=2).map(lambda found: "".join(f" elsif {one}" for one in found))
    orelse = block.map(lambda found: f" else {found}") | st.just("")
    return st.tuples(then, elsifs, orelse).map(lambda t: f"if {t[0]}{t[1]}{t[2]}")


commands = st.recursive(_action, _control, max_leaves=6)


@st.composite
def valid(draw: st.DrawFn) -> str:
    """A script without a mistake."""
    found = draw(st.lists(commands, max_size=5))
    pieces = [draw(_spaces).lstrip("\t "), REQUIRE]
    for command in found:
        pieces += [draw(_spaces), command]
    return "".join(pieces) + "\n"


SNIPPETS = (
    ";", "{", "}", "(", ")", "[", "]", ",", '"', "'", ":", "#", "/*", "*/", "text:\n", ".\n", "\n", "\\", "${", "1K", "9" * 30,
    ":is ", ":matches ", ":copy ", ":zzz ", "if ", "elsif ", "else ", "not ", "anyof (", "stop", "keep;", "true", " 5 ", '"a" ',
    'require "x";', 'require "ihave";', 'if ihave "x" {', "${unicode:d800}", "é", "\0", "\r", "\ufeff",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A script with some characters taken out, doubled, or something put in between."""
    script = draw(valid())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(script)))
        size = draw(st.integers(0, 6))
        script = script[:at] + draw(st.sampled_from(["", *SNIPPETS, script[at : at + size] * 2])) + script[at + size :]
    return script


soup = st.lists(st.sampled_from(SNIPPETS) | st.sampled_from(["header ", '"b" ', " "]), max_size=60).map("".join)


def _all_words() -> tuple[list[str], list[str]]:
    names = [name for _file, brings, _capabilities in TABLE for name in brings.split()]
    tags = {name for name in names if name.startswith(":")}
    found = [name for name in names if not name.startswith(":")]
    vocabulary = Vocabulary()
    for name in found:
        word = vocabulary.word(name, test=True)
        tags |= {tag.name for tag in word.tags} if word else set()
    return [*found, "if", "elsif", "else", "stop"], sorted(tags)


NAMES, TAGS = _all_words()
EVERYTHING = "require [" + ", ".join(quoted(name) for name in sorted(CAPABILITIES)) + "];\n"

_values = st.sampled_from(
    ["", "a", "from", "to", "Subject", "a@b.c", "${1}", "${a}", "*", "[", "(", "gt", "i;octet", "i;ascii-numeric", "INBOX",
     "\\Seen", "${hex:00}", "${hex:ff}", "text/plain", "a b", "é", "../x", "domain", "1", ":", "x" * 300, "a.b.c"]
)  # fmt: skip
_argument = _strings(_values) | st.sampled_from(["5", "0", "[]"])


@st.composite
def any_words(draw: st.DrawFn) -> str:
    """Words of all extensions, with tags and arguments that may or may not belong to them."""

    def phrase() -> str:
        name = draw(st.sampled_from(NAMES))
        tags = " ".join(draw(st.lists(st.sampled_from(TAGS), max_size=2)))
        return f"{name} {tags} {' '.join(draw(st.lists(_argument, max_size=3)))}"

    pieces = [EVERYTHING]
    for _ in range(draw(st.integers(1, 4))):
        end = draw(st.sampled_from([";", ";", "{ keep; }", "{ break; }", "{ stop; }"]))
        pieces.append(draw(st.sampled_from(["", "if ", "if not "])) + phrase() + end)
    return "\n".join(pieces)


@st.composite
def any_use(draw: st.DrawFn) -> str:
    """One word with tags and arguments of the right kinds and any content."""
    word = Vocabulary().word(draw(st.sampled_from(NAMES[:-4])), test=True)
    assert word is not None
    kinds = {"string": _string(_values), "strings": _strings(_values), "number": st.just("5"), "test": st.just("true")}
    kinds["tests"] = st.just("(true)")
    vocabulary = Vocabulary()
    pieces = [word.name]
    for name in draw(st.lists(st.sampled_from(TAGS), max_size=3, unique=True)):
        if (tag := vocabulary.tag(name, word)) is not None:
            pieces += [tag.name, draw(kinds[tag.argument]) if tag.argument else ""]
    pieces += [draw(kinds[kind]) for kind in word.arguments]
    use = " ".join(pieces)
    return EVERYTHING + (
        f"if {use} {{ keep; }}" if word.kind == "test" else use + (" { keep; }" if word.block else ";")
    )
