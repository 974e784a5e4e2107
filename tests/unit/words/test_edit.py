"""Lines replaced, left out, or with another one before."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleFailed
from mdafilter.message import lines
from mdafilter.texts import Template, Var
from mdafilter.words.edit import EditLine, label_fault
from tests.support.scene import scene


def edited(edit: EditLine, kind: str = "header") -> bytes:
    one = scene(b"Subject: a\n\nbody")
    one.line = next(lines.lines(one.message, (kind,)))
    one.matched = ("", "X-A: 1\nX-B: 2\n\ty")
    edit.assign(one)
    return one.edits[0].octets if one.edits else b"-"


@pytest.mark.parametrize(
    ("edit", "kind", "expected"),
    [
        (EditLine(""), "header", b""),
        (EditLine("X: y"), "header", b"X: y\n"),
        (EditLine("X: y", keep=True), "header", b"X: y\nSubject: a\n"),
        (EditLine("y", keep=True), "body", b"y\nbody\n"),
        (EditLine("no field"), "header", b"-"),
        (EditLine(Template((Var("1"),))), "header", b"X-A: 1 X-B: 2\n\ty\n"),
    ],
)
def test_what_takes_the_place_of_a_line(edit: EditLine, kind: str, expected: bytes) -> None:
    assert edited(edit, kind) == expected


def test_without_a_line() -> None:
    with pytest.raises(RuleFailed):
        EditLine("").assign(scene())


@pytest.mark.parametrize("text", ["", "a", ": b", "a b: c", "ä: b", "a\nb: c"])
def test_what_is_no_field(text: str) -> None:
    assert label_fault(text)


def test_descriptions() -> None:
    assert EditLine("").describe() == "leave the line out"
    assert EditLine("a: b").describe() == 'in place of the line: "a: b"'
    assert EditLine("a: b", keep=True).describe() == 'before the line: "a: b"'
