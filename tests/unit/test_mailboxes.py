"""What is known of the folders of a Maildir: our own file, and Dovecot's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.mailboxes import for_use, metadata, with_id

FILE = r"""
["lists/debian"]
id = "F1"
special-use = ["\\Archive", "\\Flagged"]
metadata = { "/private/Comment" = "read", "/shared/x" = "" }

[""]
metadata = { "/private/away" = "no" }

["INBOX"]
metadata."/private/comment" = "inbox"

["Entwürfe"]
id = "F2"
"""
USUAL = ("\\Junk Junk", "\\Sent Sent", "\\Sent Sent Messages", "\\Archive Archive", "\\Odd")


def maildir(top: Path, *folders: str) -> str:
    for name in ("", *folders):
        (top / name / "cur").mkdir(parents=True)
    return str(top)


@pytest.fixture
def root(tmp_path: Path) -> str:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "mailboxes.toml").write_text(FILE)
    return maildir(tmp_path / "m", ".lists.debian", ".Entw&APw-rfe", ".Work")


def test_ids_of_our_own_file(root: str) -> None:
    assert with_id(root, "F1") == "lists/debian"
    assert with_id(root, "F2") == "Entwürfe"
    assert with_id(root, "f1") is None
    (Path(root) / ".lists.debian" / "cur").rmdir()
    assert with_id(root, "F1") is None


def test_ids_are_dovecots_guids(root: str) -> None:
    """The first line of dovecot-uidlist: "3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1"."""
    for name, guid in (("", "aa"), (".Work", "bb"), (".Entw&APw-rfe", "cc")):
        (Path(root) / name / "dovecot-uidlist").write_text(f"3 V1275660208 N2 G{guid}\n1 W3 :1.M2\n2 Gdd :2.M2\n")
    assert [with_id(root, one) for one in ("aa", "bb", "cc", "dd", "")] == [
        "INBOX",
        "Work",
        "Entwürfe",
        None,
        None,
    ]


@pytest.mark.parametrize("line", ["", "1 V1 N2", "3 V1 N2", "x Gaa", "3\n Gaa"])
def test_what_is_no_uidlist(root: str, line: str) -> None:
    (Path(root) / "dovecot-uidlist").write_text(line)
    assert with_id(root, "aa") is None


@pytest.mark.parametrize(
    ("use", "folders"),
    [
        ("\\junk", ("Junk",)),
        ("\\Sent", ("Sent", "Sent Messages")),
        ("\\archive", ("lists/debian", "Archive")),
        ("\\Flagged", ("lists/debian",)),
        ("\\Odd", ()),
        ("Junk", ()),
    ],
)
def test_special_uses(root: str, use: str, folders: tuple[str, ...]) -> None:
    assert for_use(root, USUAL, use) == folders


@pytest.mark.parametrize(
    ("folder", "name", "value"),
    [
        ("lists/debian", "/private/comment", "read"),
        ("INBOX.lists.debian", "/PRIVATE/comment", "read"),
        ("lists/debian", "/shared/x", ""),
        ("inbox", "/private/comment", "inbox"),
        ("", "/private/away", "no"),
        ("INBOX", "/private/away", None),
        ("", "/private/comment", None),
        ("Work", "/private/comment", None),
        ("..", "/private/comment", None),
    ],
)
def test_annotations(root: str, folder: str, name: str, value: str | None) -> None:
    assert metadata(root, folder, name) == value


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert metadata(str(tmp_path), "INBOX", "/private/comment") is None
    assert for_use(str(tmp_path), (), "\\Junk") == ()
    assert with_id(str(tmp_path / "none"), "x") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1", 'mailboxes.toml: ["x"] is a table with id, special-use, metadata'),
        ("[x]\nids = 1", "is a table with"),
        ("[x]\nid = 1", 'mailboxes.toml: the id of ["x"] is a text'),
        ("[x]\nspecial-use = 'a'", 'mailboxes.toml: the special-use of ["x"] is a list of texts'),
        ("[x]\nspecial-use = [1]", "is a list of texts"),
        ("[x]\nmetadata = 1", 'mailboxes.toml: the metadata of ["x"] are names with texts'),
        ("[x]\nmetadata = {a = 1}", "are names with texts"),
        ("[x\n", "line 1"),
        ("x = " + 5000 * "9", "digits"),
        ("x = " + 5000 * "[", "recursion"),
        ("\udcff", "utf-8"),
        ("['..']", "has an empty level in it"),
    ],
)
def test_a_wrong_file_is_no_answer(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "mailboxes.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RuleFailed, match=re.escape(says)):
        metadata(str(tmp_path), "INBOX", "/private/x")


TOKENS = ["[", "]", '"', "=", "\n", "a", ".", "id", "special-use", "metadata", "{", "}", "1", ",", " ", "'", "INBOX"]


@settings(deadline=None)
@given(
    st.binary(max_size=100) | st.lists(st.sampled_from(TOKENS), max_size=40).map(lambda all_: "".join(all_).encode())
)
def test_any_file_is_read_or_wrong(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    folder = tmp_path_factory.mktemp("m")
    (folder / "mailboxes.toml").write_bytes(text)
    try:
        assert metadata(str(folder), "a", "/private/x") is None
    except RuleFailed:
        with pytest.raises(RuleFailed, match=r"mailboxes\.toml"):
            for_use(str(folder), (), "\\Junk")


def test_it_is_bounded(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAILBOXES_OCTETS", 10)
    with pytest.raises(RuleFailed, match=r"mailboxes\.toml is longer than 10 octets"):
        for_use(root, (), "\\Junk")


def test_what_others_may_write_is_not_believed(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(root, "mailboxes.toml").chmod(0o666)
    monkeypatch.setattr("mdafilter.rulebook.is_users", lambda path: True)
    with pytest.raises(RuleFailed, match=r"mailboxes\.toml is not used: everybody may write to this file"):
        for_use(root, (), "\\Junk")
