"""All plausible readings of an attachment's name."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.message import Message, Reading
from tests.support.clock import linear


def readings(header: str | bytes) -> tuple[Reading, ...]:
    raw = header if isinstance(header, bytes) else header.encode()
    return Message.parse(raw + b"\n\nx").parts[0].readings()


def texts(header: str | bytes) -> list[str]:
    return [reading.text for reading in readings(header)]


def test_where_a_name_stands_and_how_it_was_read() -> None:
    header = "Content-Type: image/x; name=b.exe\nContent-Disposition: attachment; filename*=utf-8''a.exe"
    assert readings(header) == (
        Reading("a.exe", "Content-Disposition filename, RFC 2231"),
        Reading("utf-8''a.exe", "Content-Disposition filename, RFC 2231, not decoded"),
        Reading("b.exe", "Content-Type name"),
    )


@pytest.mark.parametrize(
    "header",
    [
        "Content-Disposition: inline; filename=evil.exe",
        "Content-Type: text/plain; name=evil.exe",
        "Content-Type: text/plain; filename=evil.exe",
        "Content-Disposition: attachment; name=evil.exe",
        "content-disposition:attachment;filename=evil.exe",
        "Content-Disposition : attachment; filename=evil.exe",
        "Content-Disposition: attachment;\n\tfilename=evil.exe",
        "Content-Disposition: attachment;\nfilename=evil.exe",  # not folded
        "Content-Disposition: attachment, filename=evil.exe",
        "Content-Disposition: attachment filename=evil.exe",
        'Content-Disposition: attachment filename="evil.exe"',
        "Content-Disposition: inline\nContent-Disposition: attachment; filename=evil.exe",
        "Content-Type: a/b; name=a.txt\nContent-Type: a/b; name=evil.exe",
        "Content-Disposition: attachment; filename=a.txt; filename=evil.exe",
        "X: y\rContent-Disposition: attachment; filename=evil.exe",
        "Content-Location: http://x.example/a/evil.exe?b#c",
        'Content-Type: a/b; name="evil.exe."',
        'Content-Type: a/b; name="evil.exe . . "',
        'Content-Type: a/b; name="evil.exe\u00a0"',
        'Content-Type: a/b; name="../x/evil.exe"',
        'Content-Type: a/b; name="C:\\\\x\\\\evil.exe"',
        'Content-Type: a/b; name="C:\\x\\evil.exe"',
        'Content-Type: a/b; name="C:evil.exe"',
        'Content-Type: a/b; name="evil.exe::$DATA"',
        'Content-Type: a/b; name="ev\u200bil.e\u200dxe\ufeff"',
        'Content-Type: a/b; name="evil\uff0e\uff45\uff58\uff45"',
        'Content-Type: a/b; name="\u202eevil.exe"',
        'Content-Type: a/b; name="exe.live\u202e"',
        'Content-Type: a/b; name="\u202eexe.live"',
        'Content-Type: a/b; name="evil.exe\0.txt"',
        'Content-Type: a/b; name="evil\t.exe"',
        "Content-Type: a/b; name='evil.exe'",
        'Content-Type: a/b; name="evil.exe" "x"',
    ],
)
def test_no_spelling_hides_a_name(header: str) -> None:
    found = texts(header)
    if header.endswith('live\u202e"'):
        assert "exe.live" in found  # nothing is turned behind the override
    else:
        assert "evil.exe" in found


def test_a_right_to_left_override_shows_another_name() -> None:
    found = {reading.text: reading.how for reading in readings('Content-Type: a/b; name="ann\u202egpj.exe"')}
    assert found["anngpj.exe"] == "Content-Type name, as it is saved"
    assert found["annexe.jpg"] == "Content-Type name, right-to-left override"


def test_a_double_extension_is_kept_whole() -> None:
    assert texts("Content-Type: a/b; name=invoice.pdf.exe") == ["invoice.pdf.exe"]


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: text/plain",
        "Subject: name=a.exe",
        "Content-Description: a.exe",
        "Content-Location: http://x.example/a/",
        "Content-Disposition: attachment",
        'Content-Type: a/b; name=""',
        "",
    ],
)
def test_what_has_no_name(header: str) -> None:
    assert readings(header) == ()


def test_the_readings_are_bounded_and_that_is_known() -> None:
    header = b"Content-Disposition: attachment" + b"".join(b"; filename=%d.txt" % n for n in range(1000))
    message = Message.parse(header + b"\n\n")
    assert len(message.parts[0].readings()) == limits.NAME_READINGS
    assert "too-many-names" in [defect.name for defect in message.defects]


def test_a_very_long_name_keeps_its_end() -> None:
    (reading,) = readings("Content-Type: a/b; name=" + "x" * 1_000_000 + ".exe")
    assert len(reading.text) == limits.NAME_OCTETS
    assert reading.text.endswith(".exe")


@pytest.mark.parametrize(
    "body",
    [
        "\u0315\u0300" * 200_000,
        "\u202e" * 300_000,
        "a:" * 500_000,
        "name=" * 200_000,
        "\ufdfa" * 300_000,
        "." * 1_000_000,
    ],
)
def test_linear(body: str) -> None:
    """Ordering combining marks (NFKC) is quadratic, for one."""
    assert linear(lambda text: readings("Content-Type: a/b, name=" + text), body)
