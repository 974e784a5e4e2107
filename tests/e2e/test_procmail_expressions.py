"""Regular expressions, by procmail and by mdafilter: the same yes or no, and the same MATCH.

One procmail answers for many: each question is a recipe of one file that writes its number and MATCH into the log. What
matching/egrep.py lists as known bugs is left out, and so are repetitions of what may be empty: procmail goes round in
circles on them.
"""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdafilter.matching import egrep, patterns
from tests.support import oracle

pytestmark = pytest.mark.skipif(bool(oracle.MISSING), reason=oracle.MISSING)

EXAMPLES = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
MANY = 60
NOT_FOUND, NO_MATCH = None, b"\1"

# --- expressions ---------------------------------------------------------------------------------------------------

SINGLE = st.sampled_from(
    [
        *"aaabbbcABé .-_{}#/!,",
        *"\\. \\* \\+ \\? \\( \\| \\[ \\\\ \\a \\$ \\^ \\- \\< \\> ^ $".split(),
        *"[ab] [^a] [a-c] [^a-b] []a] [^]a] [b-a] [a-] [\\] [é] [A-Z] [a-b-d]".split(),
    ]
)
SIGN = st.sampled_from(["", "", "", "", "*", "+", "?", "**", "+?", "?+"])


@st.composite
def atoms(draw: st.DrawFn, depth: int = 1) -> str:
    """Something with a repetition behind it, or none."""
    if depth and draw(st.integers(0, 4)) == 0:
        inner = draw(st.lists(sequences(depth - 1, solid=True), min_size=1, max_size=3))
        empty = draw(st.sampled_from(["", "", "|"]))
        sign: str = draw(st.sampled_from(["", "?"] if empty else ["", "?", "*", "+"]))
        return f"({'|'.join(inner)}{empty}){sign}"
    single: str = draw(SINGLE)
    return single + draw(SIGN)


@st.composite
def sequences(draw: st.DrawFn, depth: int = 1, *, solid: bool = False) -> str:
    """Atoms in a row; a solid one begins with what cannot be empty."""
    rest = "".join(draw(st.lists(atoms(depth), max_size=4)))
    return draw(SINGLE) + rest if solid else rest


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """Without a \\/, with the edges where they stand in files."""
    alternatives = draw(st.lists(sequences(2), min_size=1, max_size=3))
    before, behind = (
        draw(st.sampled_from(["", "", "", "^^", "()^^", "^", "(^|b)"])),
        draw(st.sampled_from(["", "", "$", "^^"])),
    )
    return f"{before}{'|'.join(alternatives)}{behind if alternatives[-1][-1:] not in ('*', '+', '?', ')') else ''}"


EASY = st.sampled_from([*"aabbc..", "[ab]", "[^a]", "$", "\\<"])
PIECE = st.builds(str.__add__, EASY, st.sampled_from(["", "", "*", "+", "?"]))


@st.composite
def extractions(draw: st.DrawFn) -> str:
    """With a \\/: what is behind it takes something, and has no alternatives but plain words."""
    left, right = ("".join(draw(st.lists(PIECE, max_size=3))) for _ in range(2))
    left = left.replace("+", "*")
    words = draw(st.sampled_from(["", "", "", "(a|ab|abc)", "(b|bc)?"]))
    return f"{left}{draw(st.sampled_from(['', '', '(a|bc)', '(b|)']))}\\/{draw(EASY)}{words}{right}"


SHORT = st.text("aaabbbc \n", max_size=9)
TEXTS = st.text("aaabbcABé .-_{}#/!,*+?()[]\\^$|\n\n", max_size=12)
HEADERS = st.lists(
    st.builds(
        "{}: {}".format,
        st.sampled_from(["Subject", "X-A", "To", "From", "List-Id"]),
        st.text("aabc @<>.-[]é", max_size=15),
    ),
    min_size=1,
    max_size=4,
).map("\n".join)
FIELDS = st.builds(
    str.__add__,
    st.sampled_from(
        [
            "^Subject:",
            "^X-A: *",
            "^(To|From):.*",
            "^List-Id:.*<",
            "^TO_",
            "^Subject:.*\\[",
            "^FROM_DAEMON|",
            "(^TO|^X-A:)",
        ]
    ),
    st.one_of(
        sequences(1),
        st.sampled_from(["\\/[^ ].*", "\\/[^>]+", "\\/[-a-z.]+@[a-z.]+", ".*\\<\\/[a-z]+", "\\/.*$", ".*\\/b"]),
    ),
)


# --- the two judges --------------------------------------------------------------------------------------------------


def theirs(questions: list[tuple[str, str]]) -> list[bytes | None]:
    """What procmail says of (expression, text): MATCH, NO_MATCH where it has none, or NOT_FOUND."""
    lines = ["LINEBUF=65536"]
    for number, (pattern, text) in enumerate(questions):
        lines += [f"MATCH='\1' T='{text}'", ":0", f"* T ?? {pattern}", f'{{ LOG="\2{number}|$MATCH\3" }}']
    with oracle.folder() as top:
        home = oracle.prepared(top, "LOGFILE=$HOME/log\n" + "\n".join(lines) + "\n")
        assert oracle.theirs(home, b"Subject: x\n\nx\n") == 0
        log = (home / "log").read_bytes()
    found = {int(number): match for number, match in re.findall(rb"\x02(\d+)\|([^\x03]*)\x03", log)}
    return [found.get(number) for number in range(len(questions))]


def ours(pattern: str, text: str) -> bytes | None:
    compiled = patterns.compile(pattern, ignore_case=True, syntax="procmail")
    found = compiled.find(egrep.area(text.encode()))
    match = egrep.extracted(found) if found else None
    return NOT_FOUND if found is None else NO_MATCH if match is None else match.encode("utf-8", "surrogateescape")


def compared(questions: list[tuple[str, str]]) -> None:
    """A sign of a condition in front is quoted by what finds nothing, as people do it; blanks behind it would go."""
    asked = [
        (f"(){pattern}" if pattern[:1] in "!$?<>\\ *+-.0123456789" else pattern, text) for pattern, text in questions
    ]
    asked = [(f"{pattern}()" if pattern[-1:] in " \\" else pattern, text) for pattern, text in asked]
    try:
        answers = theirs(asked)
    except subprocess.TimeoutExpired:
        return  # procmail goes round in circles
    for (pattern, text), wanted in zip(asked, answers, strict=True):
        assert (pattern, text, ours(pattern, text)) == (pattern, text, wanted)


@given(st.lists(st.tuples(expressions(), TEXTS), min_size=MANY, max_size=MANY))
@EXAMPLES
def test_whether_something_is_found(questions: list[tuple[str, str]]) -> None:
    compared(questions)


@given(st.lists(st.tuples(extractions(), SHORT), min_size=MANY, max_size=MANY))
@EXAMPLES
def test_what_is_extracted(questions: list[tuple[str, str]]) -> None:
    compared(questions)


@given(st.lists(st.tuples(FIELDS, HEADERS), min_size=MANY, max_size=MANY))
@EXAMPLES
def test_headers(questions: list[tuple[str, str]]) -> None:
    compared(questions)
