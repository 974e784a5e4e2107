"""One fact as one line of JSON that every parser reads and that is never too long."""

from __future__ import annotations

import json

import pytest

from mdafilter import limits
from mdafilter.journal import Entry, Event, Filed
from mdafilter.journal.line import CUT, START, encode
from mdafilter.journal.line import json as as_json


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -7,
        10**30,
        1.5,
        "",
        'a"b\\c\n\t\x00\x7f',
        "Grüße \U0001f600",
        "\udcff",
        [],
        [1, ["x"]],
        {"a": {"b": None}},
    ],
)
def test_what_is_written_is_read_back(value: object) -> None:
    assert json.loads(as_json(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_null(value: float) -> None:
    """RFC 8259 section 6: "Numeric values that cannot be represented in the grammar below (such as Infinity and NaN)
    are not permitted."
    """
    assert as_json(value) == "null"


def test_other_types_are_a_defect_of_the_caller() -> None:
    with pytest.raises(TypeError, match="set"):
        as_json({1})


def test_a_line_begins_with_its_time_and_is_ascii() -> None:
    line = encode(Entry(12.5, "Ä", notes=("ö",)))
    assert line.startswith(START + b'12.5,"id":"\\u00c4"')
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1


def test_no_text_can_look_like_the_beginning_of_a_line() -> None:
    line = encode(Entry(1.0, notes=('{"time":2}', '\n{"time":3}\n')))
    assert line.count(START) == 1


def test_empty_members_are_left_out() -> None:
    assert json.loads(encode(Event(1.0, "rules", ""))) == {"time": 1.0, "event": "rules"}


@pytest.mark.parametrize(
    "entry",
    [
        Entry(1.0, reason="x" * 1_000_000),
        Entry(1.0, reason="\U0001f600" * 100_000),
        Entry(1.0, notes=("\x00" * 400,) * 5000),
        Entry(1.0, defects=("a",) * 1_000_000),
        Entry(1.0, acts=(Filed("file", "\x00" * 9000, "\x00" * 9000, "\x00" * 9000, "\x00" * 9000),) * 5000),
    ],
    ids=["text", "astral", "notes", "items", "acts"],
)
def test_a_line_is_never_longer_than_its_limit(entry: Entry) -> None:
    line = encode(entry.replace(message_id="<short@example.org>"))
    assert len(line) <= limits.JOURNAL_LINE
    read = json.loads(line)
    assert CUT in line.decode("ascii").encode().decode("unicode-escape")
    assert read["time"] == 1.0


def test_only_what_is_long_is_shortened() -> None:
    read = json.loads(encode(Entry(1.0, message_id="<" + "m" * 900 + "@example.org>", reason="x" * 1_000_000)))
    assert read["message_id"] == "<" + "m" * 900 + "@example.org>"
    assert read["reason"].startswith("xxx")
    assert read["reason"].endswith(CUT)
