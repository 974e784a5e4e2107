"""From folder names of rules to Maildir++ directories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.errors import BadFolder
from mdafilter.targets.foldername import folder_name, folder_path, plain, spelled, utf7


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("INBOX", "/m"),
        ("inbox", "/m"),
        ("Trash", "/m/.Trash"),
        (".Trash", "/m/.Trash"),
        ("INBOX.Trash", "/m/.Trash"),
        ("INBOX/Trash", "/m/.Trash"),
        ("Inbox/Trash", "/m/.Trash"),
        (".INBOX.Trash", "/m/.Trash"),
        ("lists.debian", "/m/.lists.debian"),
        ("lists/debian", "/m/.lists.debian"),
        ("inboxes", "/m/.inboxes"),
        ("With blanks", "/m/.With blanks"),
        ("Müll", "/m/.M&APw-ll"),
        ("a&b", "/m/.a&-b"),
        ("cur", "/m/.cur"),
        ("\u53f0\u5317", "/m/.&U,BTFw-"),
        ("😀", "/m/.&2D3eAA-"),
    ],
)
def test_the_directory_of_a_folder(name: str, wanted: str) -> None:
    assert folder_path("/m", name) == wanted


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "..",
            "/",
            "a..b",
            "a//b",
            "a.",
            "a/",
            "../../etc/passwd",
            "a/../b",
            "/etc/passwd",
            "INBOX.",
            "INBOX//a",
        ),
        *("a\nb", "a\0b", "\x7f", "\x85", "\udc80", "x" * 201, "ü" * 90, ".".join(["x" * 100] * 3), "x" * 100_000),
    ],
)
def test_names_that_no_folder_can_have(name: str) -> None:
    with pytest.raises(BadFolder):
        folder_path("/m", name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x" * 251, f"the folder name {'x' * 60 + '...'!r} is longer than 250 octets"),
        ("a..b", "the folder name 'a..b' has an empty level in it"),
        ("a\n", "the folder name 'a\\n' has a control character in it"),
        ("\udc80", "the folder name '\\udc80' has octets in it that are no text"),
        ("x" * 201, f"a part of the folder name {'x' * 60 + '...'!r} is longer than 200 octets"),
    ],
)
def test_what_is_said_of_it(name: str, text: str) -> None:
    with pytest.raises(BadFolder) as caught:
        folder_path("/m", name)
    assert str(caught.value) == text


def test_an_error_shows_little_of_a_long_name() -> None:
    with pytest.raises(BadFolder) as caught:
        folder_name("\n" * 200)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("&", "&-"),
        ("-", "-"),
        ("ü-", "&APw--"),
        ("a\u00e4&\u00f6b", "a&AOQ-&-&APY-b"),
    ],
)
def test_modified_utf7(text: str, wanted: str) -> None:
    """RFC 3501 section 5.1.3: 'For example, here is a mailbox name which mixes English, Chinese, and Japanese text'."""
    assert utf7(text) == wanted


@given(st.text(max_size=60))
def test_no_name_leaves_the_maildir(name: str) -> None:
    try:
        path = folder_path("/m", name)
    except BadFolder:
        return
    assert path == "/m" or (path.startswith("/m/.") and path.count("/") == 2)
    assert path.isascii()
    assert path.isprintable()
    assert len(path) <= 255 + 3
    assert "/.." not in path


@pytest.mark.parametrize("name", ["Trash", "lists.debian", "Entwürfe.Größe", "a&b", "日本語", "&", "Ents ü&- x"])
def test_and_back(name: str) -> None:
    assert spelled(folder_name(name)) == name


@pytest.mark.parametrize("encoded", ["Entw&APw", "&x-", "&AGE-", "Entwürfe", "&APw-&APw-", "&====-", "&2AA-"])
def test_what_no_name_is_encoded_as(encoded: str) -> None:
    """RFC 3501 section 5.1.3: printable ASCII is represented by itself, and runs are not split."""
    assert spelled(encoded) == ""


@given(st.text(max_size=40))
def test_any_name_of_a_directory_has_a_name_or_none(encoded: str) -> None:
    text = spelled(encoded)
    assert text == "" or utf7(text) == encoded


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_people_see_the_name_that_was_encoded(text: str) -> None:
    assert plain(utf7(text)) == text


@pytest.mark.parametrize("name", ["a&b", "&2D0-", "&!!-x", "&AA-", "M&APw"])
def test_what_is_no_modified_utf7_is_shown_as_it_is(name: str) -> None:
    assert plain(name) == name
