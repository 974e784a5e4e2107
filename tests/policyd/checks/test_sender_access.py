"""sender_access: tables and lists about the envelope sender."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from mdafilter_policyd.checks import Scene
from mdafilter_policyd.checks.sender_access import Options, SenderAccess, judge, make
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.opinion import Accept, Opinion, Pass, Reject
from mdafilter_policyd.request import Request
from mdafilter_policyd.tables import Entry
from tests.support.policyd_tables import house

TEXT = "<> DUNNO\n.bad.example REJECT\ngood@x.bad.example OK\nbulk@ 554 5.7.1 No bulk mail\n"


@pytest.fixture
def check(tmp_path: Path) -> SenderAccess:
    """With one table and one list."""
    (tmp_path / "senders").write_text(TEXT)
    (tmp_path / "list").write_text("# others say\nspammer@example.org\n@spam.example\n")
    options = Options(tables=(str(tmp_path / "senders"),), lists=(str(tmp_path / "list"),), recipient_delimiter="+")
    return make(options, house())


def ask(check: SenderAccess, sender: str, state: str = "RCPT", user: str = "") -> Sequence[Opinion]:
    """What it says of a sender."""
    request = Request({"protocol_state": state, "sender": sender, "sasl_username": user})
    return asyncio.run(check.check(request, Scene()))


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("", Pass),
        ("a@x.bad.example", Reject),
        ("good@x.bad.example", Accept),
        ("good+ext@x.bad.example", Accept),
        ("bulk@anywhere.example", Reject),
        ("Spammer@example.org", Reject),
        ("a@spam.example", Reject),
        ("a@b.spam.example", Reject),
    ],
)
def test_the_most_specific_entry_wins(check: SenderAccess, sender: str, kind: type) -> None:
    (opinion,) = ask(check, sender)
    assert isinstance(opinion, kind)


def test_a_sender_that_is_nowhere_passes(check: SenderAccess) -> None:
    assert ask(check, "a@example.org") == ()
    assert len(check.files) == 2


def test_who_has_logged_in_is_not_looked_up(check: SenderAccess) -> None:
    assert ask(check, "a@x.bad.example", user="ann") == ()


@pytest.mark.parametrize("state", ["CONNECT", "EHLO", "HELO", "VRFY", "ETRN"])
def test_before_mail_there_is_no_null_sender(check: SenderAccess, state: str) -> None:
    assert ask(check, "", state) == ()


def test_a_refusal_without_text_names_the_sender() -> None:
    (opinion,) = judge(Entry("/t", 3, "REJECT"), "a@b.example", "https://x/")
    assert opinion == Reject("<a@b.example> may not send mail to this server; see https://x/", "/t:3: REJECT")


def test_a_broken_table_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("a@b.example\n")
    with pytest.raises(ConfigError, match=r"t:1:12: there is no result"):
        make(Options(tables=(str(tmp_path / "t"),)), house())
