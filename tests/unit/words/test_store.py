"""A mailbox that a path names."""

from __future__ import annotations

import pytest

from mdafilter.acts import Box, Discard, File, Keep
from mdafilter.errors import RuleFailed
from mdafilter.lang.procmail.strings import Reader
from mdafilter.texts import Template, Var
from mdafilter.words.assign import Preset
from mdafilter.words.store import StoreIn
from tests.support.scene import scene


@pytest.mark.parametrize(
    ("path", "copy", "wanted"),
    [
        (".maildir/.Trash/", False, (File("Trash", create=True),)),
        ("/home/ann/Maildir/.a.b/", True, (File("a.b", copy=True, create=True),)),
        ("Maildir/", False, (Keep(),)),
        ("Maildir/", True, (File("INBOX", copy=True),)),
        ("Mail/lists", False, (Box("/home/ann/Mail/lists"),)),
        ("Mail/lists/", True, (Box("/home/ann/Mail/lists/", True),)),
        ("Mail/lists/.", False, (Box("/home/ann/Mail/lists/."),)),
        ("Maildir/.", False, (Box("/home/ann/Maildir/."),)),
        (".", False, (Box("/home/ann"),)),
        ("/var/mail/ann", False, (Box("/var/mail/ann"),)),
        ("/dev/null", False, (Discard(),)),
        ("/dev/null", True, ()),
    ],
)
def test_paths(path: str, copy: bool, wanted: object) -> None:
    """procmailrc(5): "If the mailbox name ends in "/.", then this directory is presumed to be an MH folder ... in "/", then
    this directory is presumed to be a maildir folder".
    """
    made = scene()
    Preset().assign(made)
    assert tuple(StoreIn(path, copy).acts(made)) == wanted


def test_it_is_relative_to_maildir() -> None:
    made = scene()
    made.set("MAILDIR", "Mail")
    made.set("BOX", "lists")
    assert StoreIn(Template((Var("BOX"), "/"))).acts(made) == [Box("/home/ann/Mail/lists/")]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a/ b/.", ["/home/ann/a/", "/home/ann/b/."]),
        ("$TWO", ["/home/ann/c/", "/home/ann/d/"]),
        ("a b", ["/home/ann/a"]),
        ("$E", [""]),
        ('"x y"', ["/home/ann/x y"]),
        ("there b", ["/home/ann/there", "/home/ann/b"]),
    ],
)
def test_several_folders(text: str, wanted: list[str]) -> None:
    """procmailrc(5): "you can specify multiple directories to deliver to"; behind a file they are passed over."""
    made = scene()
    Preset().assign(made)
    made.variables.update(TWO="c/ d/", E="")
    assert list(StoreIn(Reader(text).line().words).acts(made)) == [Box(path) for path in wanted]
    assert made.value("LASTFOLDER") == " ".join(path.removeprefix("/home/ann/") for path in wanted)


@pytest.mark.parametrize("path", ["Maildir/.a..b/"])
def test_what_cannot_be(path: str) -> None:
    made = scene()
    Preset().assign(made)
    with pytest.raises(RuleFailed):
        StoreIn(path).acts(made)
