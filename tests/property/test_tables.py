"""Any octets as a Postfix table, and any table on any message."""

from __future__ import annotations

import marshal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mdafilter import compiled, limits
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.lang import Compiled
from mdafilter.lang.tables import compile
from mdafilter.matching.patterns import Budget
from mdafilter.message import Message
from mdafilter.message.lines import KINDS, lines
from mdafilter.plan import Plan
from tests.support import tables
from tests.support.clock import linear
from tests.support.scene import StillWorld, scene

NAMES = st.sampled_from(["t.regexp", "t.pcre", "header_checks", "body_checks", "mime_header_checks.pcre"])
PIECES = [
    "/", "/a/", "/(a)/ ", "//", "!", "if ", "endif", "\n", "\n ", "\n#", " ", "\t", "\\", "$1", "${1}", "$(", "$", "REJECT", "REJECT 4.7.1 x",
    "PREPEND X: $1", "REPLACE", "DUNNO", "HOLD", "BCC a@b.c", "i", "m", "x", "[", "[[:alpha:]]", "(", ")", "(?i)", "(?<n>", "\\Q", "\\g{-1}",
    "{2}", "*", "+", "|", "^", "\\(", "\\)", "é", "\r", "\v", "\0", "\udcff", "a", ".", "(?x)", "#", "\\p{L}", "(?<=", "\\x{41}", "[^", "]",
]  # fmt: skip
SOUP = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def check(table: bytes, name: str) -> Compiled | None:
    """Compiles; what is reported has a place in the table, and what is made can be kept."""
    try:
        made = compile(table, name)
    except RuleErrors as wrong:
        look_at(table, wrong)
        return None
    marshal.dumps(compiled.freeze(made.plan, {}))
    return made


def look_at(table: bytes, wrong: RuleErrors) -> None:
    """Each problem has a place in the table, and a text."""
    source = table.decode("utf-8", "surrogateescape").split("\n")
    assert wrong.problems
    for problem in wrong.problems:
        assert 1 <= problem.line <= len(source)
        assert 1 <= problem.column <= len(problem.source) + 1
        assert problem.text
        assert problem.show()


@given(st.binary(), NAMES)
@example(b"/\xff/ REJECT \xff", "t.regexp")
@example(b"\xff", "t.pcre")
def test_any_octets(table: bytes, name: str) -> None:
    check(table, name)


@given(SOUP, NAMES)
@settings(max_examples=300)
def test_any_pieces_of_tables(table: str, name: str) -> None:
    check(table.encode("utf-8", "surrogateescape"), name)


@given(st.text("ab()[]{}*+?|^$\\.,12-:=<>!#P'gkxQEdwpKRiUms \xe4", max_size=30), NAMES, st.text("imxsAEU", max_size=3))
@settings(max_examples=500)
def test_any_pattern(pattern: str, name: str, flags: str) -> None:
    check(f"/{pattern}/{flags} WARN\n".encode(), name)


LONG = ["/a/ OK\n", "/", "\n ", "# a\n", "if /a/\n", "if /a/\nendif\n", "!", "/a/ WARN $1", "$", "$$", "\\", "(", "/(/ x\n", "a", "\r", "/a/ REJECT\n b\n", "\v", "/a/ "]  # fmt: skip


@pytest.mark.parametrize("piece", LONG, ids=repr)
@pytest.mark.parametrize("name", ["t.regexp", "t.pcre"])
def test_the_time_is_linear(piece: str, name: str) -> None:
    assert linear(lambda table: check(table, name), piece.encode() * (60_000 // len(piece)))


@pytest.mark.parametrize(
    "piece", ["(", "()", "[a]", "(?i)", "(?i)|", "a|", "\\Qa", "\\p{L}", "(?#)", "a{2}", "[[:^alpha:]]", "\\1", "(?<a"]
)
def test_patterns_are_translated_in_linear_time(piece: str) -> None:
    pattern = piece * (limits.REGEX_OCTETS // len(piece))
    assert linear(lambda text: check(b"/" + text + b"/ OK\n", "t.pcre"), pattern.encode())


# --- on messages -----------------------------------------------------------------------------------------------------

PLAIN = (
    "REJECT no", "REJECT 4.7.1 no", "DISCARD", "HOLD", "FILTER x:y", "REDIRECT a@example.org", "BCC a@example.org", "PREPEND X-P: p",
    "REPLACE X-R: r", "REPLACE X-R:", "IGNORE", "STRIP", "WARN #", "INFO", "DUNNO", "OK", "PASS",
)  # fmt: skip
GROUPED = (
    "PREPEND X-G: $1",
    "REPLACE X-G: $1$1",
    "REPLACE $1",
    "PREPEND $1: x",
    "BCC $1@example.org",
    "REJECT $1",
    "WARN $1",
)


@st.composite
def picks(draw: st.DrawFn) -> tables.Pick:
    return lambda choices: draw(st.sampled_from(list(choices)))


LINES = st.lists(st.sampled_from([*tables.SOUP, "\r", "a\rb", "\0", "X: \0", "é\r", "X: a\r\n b", "\x85"]), max_size=30)
MESSAGES = st.one_of(
    st.binary(max_size=300),
    LINES.map(lambda found: "\n".join(found).encode()),
    LINES.map(lambda found: "\r\n".join(found).encode()),
    picks().map(tables.message),
)


def decide(table: str, name: str, message: bytes, *, decoded: bool = False) -> Decision:
    items = {"vnd.mdafilter.quarantine": "Q", "vnd.mdafilter.decoded": "yes" if decoded else "no"}
    return run([compile(table.encode(), name).plan], scene(message, world=StillWorld(environment=items)))


def octets(message: Message) -> bytes:
    return b"".join(p if isinstance(p, bytes) else message.octets.slice(p.start, p.end) for p in message.pieces())


@given(picks(), NAMES, MESSAGES, st.booleans())
@settings(max_examples=400)
def test_any_table_on_any_message(pick: tables.Pick, name: str, message: bytes, decoded: bool) -> None:
    """A Decision, which every act and every note of is something that can be done and written."""
    table = tables.table(pick, "pcre" if name.endswith("pcre") else "regexp", PLAIN, GROUPED)
    decision = decide(table, name, message, decoded=decoded)
    assert decision.decided
    for one in decision.decided:
        octets(one.message)
        one.why.encode("utf-8", "surrogateescape")
    for note in decision.notes:
        note.encode("utf-8", "surrogateescape")


SOME = st.sampled_from(["a", "^", "X", "^--", "[^a]", "b$", "\\r", "^.{2,5}$", "[[:space:]]"])


@given(MESSAGES, SOME, st.sampled_from(["t.regexp", "body_checks", "mime_header_checks", "nested_header_checks"]))
@settings(max_examples=300)
def test_what_is_no_matching_line_stays_octet_for_octet(message: bytes, pattern: str, name: str) -> None:
    plan = compile(f"/{pattern}/m WARN".encode(), name).plan
    assert octets(decide(f"/{pattern}/m WARN", name, message).decided[0].message) == message
    expected, at = b"", 0
    for start, end in places(plan, message):
        expected += message[at:start]
        at = end
    (one,) = decide(f"/{pattern}/m IGNORE", name, message).decided
    assert octets(one.message) == expected + message[at:]


def places(plan: Plan, message: bytes) -> list[tuple[int, int]]:
    """Where the lines stand that the first entry matches."""
    step = plan.steps[0]
    one, found = scene(message), []
    for _ in step.source.hits(one):  # type: ignore[union-attr]
        assert one.line is not None
        found.append((one.line.start, one.line.end))
    return found


GROUPS = st.sampled_from(
    ["(.*)", "([^:]*)", ".(.*)", "^[^:]*:(.*)", "(\\n.*)", "([[:space:]])", "(.)(.*)", "((.|\\n)*)"]
)


@given(MESSAGES, GROUPS, st.sampled_from(["$1", "X-New: $1", "X-New:$1", "${1}: x", "$1$1", "X-New: a${1}b$1"]))
@settings(max_examples=500)
def test_a_text_is_one_field(message: bytes, pattern: str, text: str) -> None:
    """No PREPEND and no REPLACE makes a second field, or the end of a header.

    A Content-Type stays what it is: else there would be other parts.
    """
    before = fields(message)
    for action, most in (("PREPEND", 2), ("REPLACE", 1)):
        table = f"/^content-type/ DUNNO\n/{pattern}/m {action} {text}\n"
        (one,) = decide(table, "header_checks", message).decided
        after = octets(one.message)
        assert len(before) <= len(fields(after)) <= most * len(before)
        assert bodies(after) == bodies(message)


def fields(message: bytes) -> list[str]:
    return [line.text for line in lines(Message.parse(message), KINDS[:3], 0)]


def bodies(message: bytes) -> list[str]:
    return [line.text for line in lines(Message.parse(message), KINDS[3:], 1 << 30)]


NASTY = ["(a+)+$", "(a*)*b", "(a|a)*$", "(a|aa)+$", "^(.*a){20}$", "(x+x+)+y", "([a-z]+)*=", "((a+)?)+$", "(.*)*c"]


@given(st.lists(st.sampled_from(NASTY), min_size=1, max_size=2), st.sampled_from(["t.regexp", "t.pcre"]))
@settings(max_examples=10)
def test_a_hostile_pattern_stalls_within_its_budget(patterns: list[str], name: str) -> None:
    """And the entries behind it, and the lines behind that one, are looked at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Budget.__init__, "__defaults__", (0.02,))
        table = "".join(f"/{pattern}/ REJECT\n" for pattern in patterns) + "/^Last/ HOLD\n"
        message = b"X: " + b"a" * 5000 + b"!\nX: " + b"ax" * 2000 + b"!\nLast: 1\n\n"
        decision = decide(table, name, message)
    acts = [type(one.act).__name__ for one in decision.decided]
    assert acts in (["File"], ["Reject"])
    assert all("the rule was skipped" in note for note in decision.notes)
