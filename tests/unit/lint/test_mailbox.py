"""Folders that are not there, and that nobody creates."""

from __future__ import annotations

from tests.support.lints import REQUIRE, found

SCRIPT = 'fileinto "A"; fileinto :create "B"; if mailboxexists "C" { fileinto "C"; } fileinto "A"; fileinto "There"; fileinto "${1}";'


def test_each_folder_once() -> None:
    assert found("mailbox", REQUIRE + SCRIPT, has_folder=lambda name: name == "There") == [
        '2:10 there is no folder "A", and it is not created here | it is made with the first message; if it is meant so, write: fileinto :create (require "mailbox")'
    ]


def test_nothing_is_said_without_a_maildir() -> None:
    assert found("mailbox", REQUIRE + SCRIPT) == []
