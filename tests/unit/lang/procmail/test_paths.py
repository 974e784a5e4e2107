"""Which folder a path is."""

from __future__ import annotations

import pytest

from mdafilter.lang.procmail.paths import NoFolder, Places


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        (".maildir/.Trash/", "Trash"),
        ("$HOME/Maildir/.Trash/", "Trash"),
        ("${HOME}/.maildir/.lists.debian/", "lists.debian"),
        ("~/Maildir/", "INBOX"),
        (".maildir/", "INBOX"),
        ("./.maildir/.Trash/", "Trash"),
        ("/home/ann/Maildir/.Trash/", "Trash"),
    ],
)
def test_in_the_home_directory(path: str, folder: str) -> None:
    assert Places().folder(path) == folder


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        (".Trash/", "Trash"),
        ("./", "INBOX"),
        ("./.Trash/", "Trash"),
        ("$MAILDIR/.Trash/", "Trash"),
        ("$MAILDIR/", "INBOX"),
        ("$DEFAULT", "INBOX"),
        ("${DEFAULT}", "INBOX"),
        ("$HOME/mail/.Trash/", "Trash"),
    ],
)
def test_in_maildir(path: str, folder: str) -> None:
    assert Places("mail", "mail").folder(path) == folder


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("mail/inbox", "mbox files"),
        ("mail/.", "MH folders"),
        ("spam/", "not in the Maildir"),
        (".Trash/", "not in the Maildir"),
        (".maildir/spam/", "a Maildir of its own"),
        ("/var/mail/ann/.Trash/", "not in the Maildir"),
        ("$FOLDER/", "variables in paths"),
        ("`date`/", "variables in paths"),
        ("", "mbox files"),
        ("/", "not in the Maildir"),
    ],
)
def test_no_folder_of_the_maildir(path: str, text: str) -> None:
    with pytest.raises(NoFolder, match=text):
        Places().folder(path)
