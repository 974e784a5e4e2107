"""Rule files that nobody has written, by procmail and by mdafilter: chains of recipes, and strings of all kinds.

Left out is where the two differ on purpose: a program that fails without flag w, a header or a body alone that is no
copy, and one mailbox in several recipes.
"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import oracle

pytestmark = pytest.mark.skipif(bool(oracle.MISSING), reason=oracle.MISSING)

MESSAGE = b"""From ann@example.org  Sun Nov 22 11:00:00 2026
From: Ann <ann@example.org>
To: bob@example.net, list@lists.example.com
Subject: [dev] a test of Something
  and a second line
Precedence: list

Hello,
Free money inside
Bye
"""
# Each example is a handful of files, which procmail has all at once: it sleeps for each second delivery.
EXAMPLES = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
HANDFUL = 20

TESTS = st.sampled_from(
    [
        "* ^Subject:.*test",
        "* ^X-None",
        "* ! ^X-None",
        "* ! ^Subject",
        "* ^TO_bob",
        "* B ?? money",
        "* ? true",
        "* ? false",
        "* ! ? grep -q money",
        "* A ?? x",
        "* $ ^From:.*$WHO",
        "* $ $NOT ^X-None",
        "* > 10",
        "* < 10",
        "* B ?? < 30",
        "* ^FROM_DAEMON",
        "* ^Subject: *\\/[^ ]+",
        "* MATCH ?? dev",
    ]
)
ASSIGNMENTS = st.sampled_from(
    ["A=x", "A=y", "A", "WHO=ann", "WHO=zoe", "B=`echo x`", 'A="$B"', "NOT=!", "NOT=", "A=$MATCH", "{ A=x }"]
)
# what an action is: the flags that it needs, and the lines; {n} is a number of its own
ACTIONS = [
    ("c", "Maildir/.c{n}/"),
    ("c", "box{n}"),
    ("c", "new{n}/. Maildir/.l{n}/"),
    ("c", "none/{n}"),
    ("c", "$NONE"),
    ("wc", "| cat >/dev/null; echo $A >p{n}"),
    ("wc", "| cat >/dev/null; echo >p{n}; false"),
    ("c", "| cat >p{n}"),
    ("hc", "| cat >p{n}"),
    ("bc", "| cat >p{n}"),
    ("rc", "| cat >p{n}"),
    ("c", "! a{n}@example.net"),
    ("hc", "! h{n}@example.net"),
    ("fw", "| formail -I 'X-{n}: y'"),
    ("fw", "| cat; false"),
    ("f", "| cat; false"),
    ("fbw", "| sed s/Hello/Hello{n}/"),
    ("fhw", "| sed s/test/test{n}/"),
    ("", "A=| sed -n 's/^From: //p'"),
    ("w", "A=| cat >/dev/null; false"),
    ("w", "| cat >/dev/null; false"),
    ("", "box{n}"),
]


@st.composite
def recipes(draw: st.DrawFn, numbers: itertools.count[int], depth: int = 0) -> str:
    """Some recipes and assignments, one after the other."""
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        number = next(numbers)
        if draw(st.integers(0, 3)) == 0:
            line = draw(ASSIGNMENTS)
            lines += [":0", line] if line.startswith("{") else [line]
        chained = draw(st.sampled_from(["", "", "", "A", "a", "E", "e"]))
        searched = draw(st.sampled_from(["", "", "", "B", "HB", "D"]))
        conditions = draw(st.lists(TESTS, max_size=2))
        if depth < 3 and draw(st.integers(0, 3)) == 0:
            copy = "c" * draw(st.booleans())
            lines += [f":0 {chained}{searched}{copy}", *conditions, "{", draw(recipes(numbers, depth + 1)), "}"]
        else:
            flags, action = draw(st.sampled_from(ACTIONS))
            lines += [f":0 {flags}{searched}{chained}", *conditions, action.replace("{n}", str(number))]
    return "\n".join(lines)


def compared(files: list[str]) -> None:
    theirs = oracle.judged([(text, MESSAGE) for text in files])
    for text, wanted in zip(files, theirs, strict=True):
        assert oracle.of_mdafilter(text, MESSAGE) == wanted, text


@given(rcs=st.lists(st.builds(itertools.count).flatmap(recipes), min_size=HANDFUL, max_size=HANDFUL))
@EXAMPLES
def test_recipes(rcs: list[str]) -> None:
    compared([f"{rc}\n:0\nMaildir/.end/\n" for rc in rcs])


PIECES = st.one_of(
    st.sampled_from([*"a~=. ", "b c", "\\ ", "\\\\", "x#y", "{z}", "(w)", "a\\\nb", '""', "$\\P", "\\$A", "$1"]),
    st.sampled_from(["$A", '"$A"', "${A}", "$E", "${N:-d e}", '"${N:-d  e}"', "${A:+f}", "'g  $A'"]),
    st.sampled_from(["`echo j  k`", '"`echo l  m`"', '"h \\" \\\\ \\$ i"', '"\\n"']),
)


@given(words=st.lists(st.lists(PIECES, min_size=1, max_size=8).map("".join), min_size=HANDFUL, max_size=HANDFUL))
@EXAMPLES
def test_strings(words: list[str]) -> None:
    """A value, a condition and the words of a line without a shell, as they reach a program."""
    compared([with_string(text) for text in words])


def with_string(text: str) -> str:
    return f"""A="1  2" E= P=a.b*c
B={text.replace("d e", "d")}
C="{text.replace('"', "").replace("'", "").replace("`", "")}"
:0 c
| argv {text} end
:0
* $ ! ^X-None$B
| cat >/dev/null; echo "$B|$C" >out
"""
