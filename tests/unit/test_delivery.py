"""What is found for a delivery: envelope, mailbox, journal, from arguments and the environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter import settings
from mdafilter.arguments import Arguments
from mdafilter.delivery import prepare
from mdafilter.errors import TryAgain

FROM_LINE = b"From sender@example.org  Sun Nov 22 10:00:00 2026"
NOBODY = 65534


@pytest.fixture(autouse=True)
def _no_site_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SITE_FILE", str(tmp_path / "no-site-file"))


def environ(home: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(home), "USER": "alice", **more}


@pytest.fixture
def as_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests look at what is found for a user; that root has to name one is tested by itself."""
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)


@pytest.mark.usefixtures("as_a_user")
class TestPrepare:
    def test_the_envelope_comes_from_postfix(self, tmp_path: Path) -> None:
        given = environ(tmp_path, SENDER="s@example.org", RECIPIENT="alice+x@example.net", EXTENSION="x")
        _setup, envelope = prepare(Arguments(rules=()), given)
        assert (envelope.sender, envelope.recipient, envelope.extension) == (
            "s@example.org",
            "alice+x@example.net",
            "x",
        )

    def test_options_say_it_before_the_environment(self, tmp_path: Path) -> None:
        given = environ(tmp_path, SENDER="s@example.org", RECIPIENT="alice@example.net")
        _setup, envelope = prepare(Arguments(sender="", recipient="bob@example.net"), given)
        assert (envelope.sender, envelope.recipient) == ("", "bob@example.net")

    def test_without_either_the_from_line_tells_the_sender(self, tmp_path: Path) -> None:
        _setup, envelope = prepare(Arguments(), environ(tmp_path), FROM_LINE)
        assert envelope.sender == "sender@example.org"

    @pytest.mark.parametrize(
        ("there", "mailbox"),
        [((), "Maildir"), ((".maildir",), ".maildir"), (("Maildir",), "Maildir"), (("Maildir", ".maildir"), "Maildir")],
    )
    def test_the_usual_mailbox(self, tmp_path: Path, there: tuple[str, ...], mailbox: str) -> None:
        for name in there:
            (tmp_path / name).mkdir()
        assert prepare(Arguments(), environ(tmp_path))[0].mailbox == str(tmp_path / mailbox)

    def test_a_template_for_virtual_mailboxes(self, tmp_path: Path) -> None:
        arguments = Arguments(maildir="/var/mail/%d/%n", recipient="Alice@Example.NET")
        assert prepare(arguments, environ(tmp_path))[0].mailbox == "/var/mail/example.net/Alice"

    @pytest.mark.parametrize("recipient", ["../../etc/x@example.net", "a@../b", "x@", ""])
    def test_an_address_that_leaves_the_template_is_try_again(self, tmp_path: Path, recipient: str) -> None:
        with pytest.raises(TryAgain):
            prepare(Arguments(maildir="/var/mail/%d/%n", recipient=recipient), environ(tmp_path))

    def test_a_broken_configuration_is_try_again(self, tmp_path: Path) -> None:
        config = tmp_path / "c.toml"
        config.write_text("maildir = 3")
        with pytest.raises(TryAgain, match=r"c\.toml:1: maildir must be a text"):
            prepare(Arguments(config=str(config)), environ(tmp_path))

    def test_the_journal_is_in_the_users_state_folder(self, tmp_path: Path) -> None:
        assert prepare(Arguments(), environ(tmp_path))[0].journal.path.startswith(f"{tmp_path}/.local/state/mdafilter/")
