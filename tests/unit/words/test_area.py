"""What the conditions of a procmailrc look at."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.matching.egrep import EDGE
from mdafilter.message import Message
from mdafilter.plan import Scene
from mdafilter.words.area import OVERLAP, header, pieces, size, windows
from tests.support.scene import scene

MESSAGE = b"From: a@b\r\nSubject: x\r\n and\r\n\tmore\r\n\r\nbody\r\n"
FROM = b"From a@b  Mon Jan  1 00:00:00 2024"


def made(message: bytes = MESSAGE, from_line: bytes = FROM) -> Scene:
    one = scene(message)
    one.envelope = one.envelope.replace(from_line=from_line)
    return one


@pytest.mark.parametrize(
    ("area", "wanted"),
    [
        ("header", FROM + b"\nFrom: a@b\nSubject: x  and  \tmore\n\n"),
        ("body", b"body\n"),
        ("both", FROM + b"\nFrom: a@b\nSubject: x  and  \tmore\n\nbody\n"),
        ("$A", b"value"),
        ("$NONE", b""),
    ],
)
def test_areas(area: str, wanted: bytes) -> None:
    """procmail(1): "procmail concatenates all continued header fields; but only internally"."""
    one = made()
    one.set("A", "value")
    assert b"".join(pieces(one, area)) == wanted.replace(b"  \t", b" \t")


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (b"A: b\n\nx", b"A: b\n\n"),
        (b"A: b\n", b"A: b\n"),
        (b"A: b", b"A: b"),
        (b"\nx", b"\n"),
        (b"", b""),
        (b"A: b\n\n\n", b"A: b\n\n"),
    ],
)
def test_the_empty_line_belongs_to_the_header(message: bytes, wanted: bytes) -> None:
    assert header(Message.parse(message)) == wanted


@pytest.mark.parametrize("area", ["header", "body", "both", "$A"])
def test_sizes(area: str) -> None:
    """They count the octets as they came."""
    message = MESSAGE.replace(b"\r\n", b"\n").replace(b"\n and\n\tmore", b"")
    one = made(message)
    one.set("A", "\u00e4")
    assert size(one, area) == len(b"".join(pieces(one, area)))


def test_windows_overlap() -> None:
    line = b"0123456 89\n"
    body = line * (3 * limits.REGEX_SUBJECT // len(line))
    found = list(windows(made(b"A: b\n\n" + body), "body"))
    assert (found[0][0], found[-1][-1]) == (EDGE, EDGE)
    assert EDGE not in "".join(found)[1:-1]
    assert all(len(text) <= limits.REGEX_SUBJECT + 1 for text in found)
    whole = found[0] + "".join(text[OVERLAP:] for text in found[1:])
    assert whole == EDGE + body.decode() + EDGE


def test_a_body_past_the_limit_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GREP_OCTETS", 1000)
    assert sum(map(len, pieces(made(b"A: b\n\n" + b"a" * 5000), "body"))) == 1000
