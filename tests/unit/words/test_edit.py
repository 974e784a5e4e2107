"""Lines replaced, left out, or with another one before."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.message import lines
from mdafilter.message.lines import Edit
from mdafilter.texts import Template, Var
from mdafilter.words.edit import EditLine, label_fault
from tests.support.scene import scene

MAIL = b"Subject: a\n\nbody"


def edited(
    edit: EditLine, kind: str = "header", message: bytes = MAIL, group: str = "X-A: 1\nX-B: 2\n\ty"
) -> list[Edit]:
    one = scene(message)
    one.line = next(lines.lines(one.message, (kind,)))
    one.matched = ("", group)
    edit.assign(one)
    return one.edits


@pytest.mark.parametrize(
    ("edit", "kind", "expected"),
    [
        (EditLine(None), "header", Edit(0, 11, b"")),
        (EditLine("X: y"), "header", Edit(0, 11, b"X: y\n")),
        (EditLine("X: y", keep=True), "header", Edit(0, 0, b"X: y\n")),
        (EditLine("y", keep=True), "body", Edit(12, 12, b"y\n")),
        (EditLine("y"), "body", Edit(12, 16, b"y")),
        (EditLine(Template((Var("1"),))), "header", Edit(0, 11, b"X-A: 1\n\tX-B: 2\n\ty\n")),
    ],
)
def test_what_takes_the_place_of_a_line(edit: EditLine, kind: str, expected: Edit) -> None:
    assert edited(edit, kind) == [expected]
    crlf = MAIL.replace(b"\n", b"\r\n")
    assert [one.octets for one in edited(edit, kind, crlf)] == [expected.octets.replace(b"\n", b"\r\n")]


@pytest.mark.parametrize(
    ("group", "octets"),
    [
        ("X: a\rY: b", b"X: a Y: b\n"),
        ("X: a\r\nY: b", b"X: a\n\tY: b\n"),
        ("X: a\n", b"X: a\n\t\n"),
        ("X: a\n\nb", b"X: a\n\t\n\tb\n"),
        ("X: \udcff\xe4", b"X: \xff\xc3\xa4\n"),
    ],
)
def test_a_group_makes_no_other_field(group: str, octets: bytes) -> None:
    assert [one.octets for one in edited(EditLine(Template((Var("1"),))), group=group)] == [octets]


@pytest.mark.parametrize(
    ("text", "kind", "note"),
    [("no field", "header", '"no field" is no header field'), (Template((Var("2"),)), "body", "there is no text")],
)
def test_a_text_that_cannot_stand_there_changes_nothing(text: str | Template, kind: str, note: str) -> None:
    """Postfix: "bad REPLACE header text", "REPLACE action without text"."""
    one = scene(MAIL)
    one.line = next(lines.lines(one.message, (kind,)))
    for _ in range(limits.NOTES + 1):
        EditLine(text).assign(one)
    assert not one.edits
    assert len(one.notes) == limits.NOTES
    assert one.notes[0].startswith(note)
    assert one.notes[0].endswith("; the line stays")


def test_edits_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TABLE_EDITS", 2)
    one = scene(MAIL)
    one.line = next(lines.lines(one.message, ("header",)))
    for _ in range(2):
        EditLine(None).assign(one)
    with pytest.raises(RuleFailed, match="more than 2 edited lines"):
        EditLine(None).assign(one)


def test_without_a_line() -> None:
    with pytest.raises(RuleFailed, match="there is no line to edit"):
        EditLine(None).assign(scene())


@pytest.mark.parametrize("text", ["", "a", ": b", "a b: c", "ä: b", "a\nb: c", " a: b"])
def test_what_is_no_field(text: str) -> None:
    assert label_fault(text)


def test_descriptions() -> None:
    assert EditLine(None).describe() == "leave the line out"
    assert EditLine("a: b").describe() == 'in place of the line: "a: b"'
    assert EditLine("a: b", keep=True).describe() == 'before the line: "a: b"'
