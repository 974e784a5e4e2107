"""Flags as scripts name them, and letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.events.flags import letters_of, names_of, without


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "dovecot-keywords").write_text("0 $Work\n3 NonJunk\n")
    return str(tmp_path)


def test_names(folder: str) -> None:
    """A letter that nothing is known of has no name."""
    assert names_of(folder, "DFPRSTadzX") == (
        *("\\Draft", "\\Flagged", "$Forwarded", "\\Answered", "\\Seen", "\\Deleted"),
        *("$Work", "NonJunk"),
    )
    assert names_of(folder, "") == ()


def test_a_folder_without_keywords(tmp_path: Path) -> None:
    assert names_of(str(tmp_path), "Sa") == ("\\Seen",)


def test_letters(folder: str) -> None:
    assert letters_of(folder, ("\\Seen", "$work", "New")) == ("Sae", "")
    assert letters_of(folder, ()) == ("", "")


def test_what_has_no_letter_any_more_is_told(tmp_path: Path) -> None:
    (tmp_path / "dovecot-keywords").write_text("".join(f"{n} k{n}\n" for n in range(26)))
    found, note = letters_of(str(tmp_path), ("\\Seen", "one-more"))
    assert found == "S"
    assert "one-more" in note


def test_without_is_about_names_in_any_case() -> None:
    assert without(("\\Seen", "$Work"), ("\\SEEN",)) == ("$Work",)
