"""Conditions with weights that nobody has written, by procmail and by mdafilter: the same $=, decision and MATCH.

Left out is what makes procmail itself run for ever or end by a signal: repetitions of what may be empty. And where the
two differ on purpose: what has the weight of a program that a signal ends.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import oracle

pytestmark = pytest.mark.skipif(bool(oracle.MISSING), reason=oracle.MISSING)

MESSAGE = b"""From ann@example.org  Sun Nov 22 11:00:00 2026
From: Ann <ann@example.org>
To: bob@example.net
Subject: Make MONEY fast!!!
  and faster
X-Empty:

Free money, free money!!! $100 and $2000

> quoted
> quoted again
plain


>
Viagra viagra via aaaa
-- \x20
end
"""
EXAMPLES = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
HANDFUL = 20

PURE = "1^1 1^0 5^.5 100^.9 -3^1 -1^0 2^2 -2^1.5 7^-1 3^-.5 0^1 .4^0 -.4^1 1.5^1 2147483647^0 -2147483647^0 1e3^.1"
WEIGHTS = st.sampled_from([*PURE.split(), "+10 ^ 1", "0x10^0", "${W}^1", "$W^${W}"])
ATOMS = "a e x ! > . money free [a-z] [^a-z] \\$[0-9] ^ $ ^> \\< \\> (via|viagra) (a|ag) (free|money|fast) (^|e) a? [0-9]+ !+ a* .* ()"
FIXED = ["", "^.*$", "^>", "^[^>]", "^$", ".|$", "^Subject:.*money", "^TO_bob", "^FROM_DAEMON", "m\\/o.", "^^"]
EXPRESSIONS = st.one_of(
    st.lists(st.sampled_from([*ATOMS.split(), " "]), min_size=1, max_size=4).map("".join),
    st.sampled_from(FIXED),
).map(lambda text: f"()\\{text}" if text.startswith(("\\<", "\\>")) else text)
SIZES = st.builds("{} {}".format, st.sampled_from("<>"), st.sampled_from([0, 1, 10, 200, 300, 5000]))
PROGRAMS = st.sampled_from(["? true", "? false", "? exit 3;", "? grep -q money", "? exit 200;"])
PLAIN = st.sampled_from(["^From:.*ann", "! ^X-None", "^X-None", "> 10", "? true", "A ?? x"])


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """One line."""
    if draw(st.integers(0, 5)) == 0:
        return f"* {draw(PLAIN)}"
    weight = draw(WEIGHTS)
    sign = draw(st.sampled_from(["", "", "", "! ", "B ?? ", "H ?? ", "HB ?? ", "A ?? ", "! ! "]))
    question = draw(st.one_of(EXPRESSIONS, EXPRESSIONS, EXPRESSIONS, SIZES, PROGRAMS))
    line = f"{sign}{weight} {question}" if draw(st.booleans()) else f"{weight} {sign}{question}"
    filled = "$ " if "$W" in weight or "${W}" in weight else ""
    if filled:
        line = line.replace("\\$", "[$]").replace("\\", "\\\\")
    return f"* {filled}{line}".rstrip()


RECIPES = st.builds(
    lambda flags, lines: "\n".join([f":0 {flags}", *lines, "{ H=yes }", 'OUT="$OUT $=$H" H', ""]),
    st.sampled_from(["", "B", "HB", "HBD"]),
    st.lists(conditions(), min_size=1, max_size=4),
)


def file(recipes: list[str]) -> str:
    return "W=3 A=xaxx\n" + "".join(recipes) + ':0 c\n| cat >/dev/null; echo "$OUT [$MATCH]" >out\n:0\nMaildir/\n'


@given(st.lists(st.lists(RECIPES, min_size=HANDFUL, max_size=HANDFUL), min_size=5, max_size=5))
@EXAMPLES
def test_scores(handfuls: list[list[str]]) -> None:
    files = [file(recipes) for recipes in handfuls]
    for text, wanted in zip(files, oracle.judged([(text, MESSAGE) for text in files]), strict=True):
        assert oracle.of_mdafilter(text, MESSAGE) == wanted, text
