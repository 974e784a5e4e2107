"""Any text as a procmailrc: errors with their places or a plan, in linear time; and any plan makes a decision."""

from __future__ import annotations

import marshal
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.compiled import freeze
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.files import Pourable
from mdafilter.lang import Compiled, procmail
from mdafilter.message import Envelope, Message, Octets
from mdafilter.plan import Scene
from mdafilter.world import Ran
from tests.support.clock import linear
from tests.support.scene import StillWorld

LINES = st.sampled_from(
    [
        ":0",
        ":0 c",
        ":0 fw",
        ":0 E:",
        ":0 A",
        ":0 a",
        ":0 e",
        ":2",
        ":",
        "{",
        "}",
        "} }",
        "{ A=b }",
        "* ^Subject:.*\\/[a-z]+",
        "* $ ^$A$\\A${B:-`c`}",
        "* ! A ?? ^^$^^",
        "* B ?? > 5",
        "* ? test -f x",
        "* 1^1 x",
        "* (((",
        "* [",
        "lists/",
        "mbox",
        '$A `b` "c',
        "! a@b $A",
        "! -oi $A",
        '| cat $A "$@" >x',
        "A=| sed x",
        "A=$MATCH",
        'A="b',
        "A='c",
        "B=${A:-${C+d}}",
        "A=`b `",
        "A",
        "INCLUDERC=x",
        'LOG="a',
        "TRAP=x",
        "SWITCHRC",
        "SWITCHRC=x",
        "INCLUDERC=$A.rc",
        "HOST",
        "HOST=$A",
        "EXITCODE=67",
        "* -1^.5 ! a\\/b",
        "* $ $A^2 > 7",
        "* 3^1 ? b",
        "A=$=",
        "# c \\",
        "\\",
        "* a \\",
        "x y z",
        "^x",
        "",
    ]
)
FILES = st.lists(LINES | st.text(" :0*{}|!$`'\"\\#=AbcEe\n\t<>?-+^()[]", max_size=15), max_size=25).map("\n".join)
MESSAGES = st.lists(
    st.sampled_from([b"From: a@b", b"Subject: x", b" y", b"", b"To: c", b"\xff\0", b"From x", b"body"]), max_size=10
).map(b"\n".join)


class DeafWorld(StillWorld):
    """Programs are not run here; one says no, another one yes, and what they write is something."""

    def run(self, command: str, given: Pourable, variables: Mapping[str, str], lock: str = "") -> Ran:
        return Ran(len(command) % 2 or None, Octets.of(command.encode("utf-8", "replace")[:20] + b"\n\n"))


def compiled(text: bytes) -> Compiled | None:
    """The plan, which can be kept, or None after looking at the errors."""
    try:
        made = procmail.compile(text, "rc")
        marshal.dumps(freeze(made.plan, {}))
        return made
    except RuleErrors as wrong:
        source = text.decode("utf-8", "surrogateescape").split("\n")
        for problem in wrong.problems:
            assert 1 <= problem.line <= len(source)
            assert 1 <= problem.column <= len(source[problem.line - 1]) + 1
            assert problem.text
            assert problem.show()
        return None


def decision(plan: Compiled, message: bytes) -> Decision:
    return run([plan.plan], Scene(Message.parse(message), Envelope("s@a", "r@b", extension="x"), DeafWorld()))


@given(st.binary(max_size=200))
def test_any_octets_are_compiled_or_refused(text: bytes) -> None:
    compiled(text)


@given(FILES, MESSAGES)
def test_any_lines_are_compiled_or_refused_and_decide(text: str, message: bytes) -> None:
    if plan := compiled(text.encode()):
        assert decision(plan, message).decided


@given(FILES)
def test_warnings_have_a_place_too(text: str) -> None:
    if plan := compiled(text.encode()):
        source = text.split("\n")
        for warning in plan.warnings:
            assert 1 <= warning.line <= len(source)
            assert 1 <= warning.column <= len(source[warning.line - 1]) + 1


@given(FILES)
def test_the_same_text_makes_the_same_plan(text: str) -> None:
    """Its line ends may be CRLF as well."""
    if plan := compiled(text.encode()):
        assert compiled(text.replace("\n", "\r\n").encode()) == plan


@pytest.mark.parametrize(
    "piece",
    [
        b":0\n* ^a\nb\n",
        b":0 E\n* ^a\nb\nA=b\n",
        b":0 E\n* ^a\nb\n",
        b":0 ac\n* ^a\n| b\n",
        b":0\n{\n",
        b":0\n{ A=b } ",
        b"} ",
        b"{ ",
        b"A=b ",
        b'A="b\n',
        b"A='b\n",
        b"A=`b\n",
        b"`",
        b"${A:-",
        b"$\\A$B${C}",
        b"* $ $A`b`\n",
        b":0\n* $ $A`b`\nc\n",
        b"\\\n",
        b"# a \\\n",
        b":9999999\n",
        b":0\n* a\\\n",
        b"((((a|",
        b"x y ^z\n",
        b":0\n| a \\\n  b\n",
        b':0\n! a $B "c" `d`\n',
        b":0\n$A $B/ c/ `d`/\n",
        b"INCLUDERC=$A\n",
        b"SWITCHRC=$A\nSWITCHRC\nHOST\n",
        b":0\n* 1^1 2^2 a\nb\n",
        b"1^1 ",
        b"A=$A$A$A\n",
    ],
)
def test_the_time_is_linear(piece: bytes) -> None:
    assert linear(compiled, piece * (60_000 // len(piece)))


@pytest.mark.parametrize("begin", [b"A=", b'A="', b":0\n* ^", b":0\n* $ ", b":0\n| ", b":0\n! ", b":0\n", b":0 ", b"x"])
@pytest.mark.parametrize("piece", [b"a", b"$A", b"`b`", b"(", b"[", b"\\", b"a ", b"'", b'"', b"{", b"|", b"*"])
def test_one_line_of_a_megabyte_is_linear(begin: bytes, piece: bytes) -> None:
    assert linear(lambda text: compiled(begin + text), piece * (200_000 // len(piece)))


def test_ten_thousand_recipes_decide_in_linear_time() -> None:
    plan = compiled(b":0\n* ^X-Nothing: y\nmbox\n:0 E\n* B ?? nothing\nlists/\n" * 10_000)
    assert plan
    assert len(decision(plan, b"Subject: x\n\nbody\n").decided) == 1
    assert linear(lambda text: compiled(b":0\n* ^a\nb\n" * len(text)), b"x" * 10_000)
