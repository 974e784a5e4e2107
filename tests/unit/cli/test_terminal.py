"""Nothing that a message says reaches the terminal as it is."""

from __future__ import annotations

import pytest

from mdafilter.cli.terminal import printable, short, size, style


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße, 你好", "Grüße, 你好"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x9b31m", "\\x9b31m"),  # CSI as one character of C1
        ("gpj\u202eexe", "gpj\\u202eexe"),  # the right-to-left override, with which "exe.jpg" is made of this
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_does_not_print_is_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_what_is_kept_is_kept() -> None:
    assert printable("a\nb\x07", "\n") == "a\nb\\x07"


def test_short_text_stays_and_long_text_is_cut() -> None:
    assert short("x" * 10, 10) == "x" * 10
    assert short("x" * 11, 10) == "x" * 7 + "..."
    assert len(short("\x00" * 1_000_000, 40)) == 40


def test_a_style_is_there_only_with_colour() -> None:
    assert style("x", "red", False) == "x"
    assert style("x", "red", True) == "\x1b[31mx\x1b[0m"
    assert style("", "red", True) == ""


@pytest.mark.parametrize(("octets", "shown"), [(0, "0"), (1023, "1023"), (1024, "1.0K"), (1536 * 1024, "1.5M")])
def test_sizes(octets: int, shown: str) -> None:
    assert size(octets) == shown
