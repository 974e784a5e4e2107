"""recipient_access: tables and lists about the recipient."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from mdafilter_policyd.checks import Scene
from mdafilter_policyd.checks.recipient_access import Options, RecipientAccess, judge, make
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.opinion import Accept, Opinion, Reject
from mdafilter_policyd.request import Request
from mdafilter_policyd.tables import Entry
from tests.support.policyd_tables import house


@pytest.fixture
def check(tmp_path: Path) -> RecipientAccess:
    """With one table and one list."""
    (tmp_path / "recipients").write_text("postmaster@ OK\nuser+shop@example.org REJECT sold\nuser@example.org DUNNO\n")
    (tmp_path / "gone").write_text("former@example.org\nuser+shop@example.org\n")
    options = Options(
        tables=(str(tmp_path / "recipients"),),
        lists=(str(tmp_path / "gone"),),
        lists_action="550 5.1.6 Has moved away",
        recipient_delimiter="+-",
    )
    return make(options, house())


def ask(check: RecipientAccess, recipient: str, user: str = "") -> Sequence[Opinion]:
    """What it says of a recipient."""
    request = Request({"protocol_state": "RCPT", "recipient": recipient, "sasl_username": user})
    return asyncio.run(check.check(request, Scene()))


def test_the_most_specific_entry_wins(check: RecipientAccess) -> None:
    """access(5): "user+foo@domain, user@domain, domain, user+foo@, and user@"."""
    (sold,) = ask(check, "user+shop@example.org")
    (gone,) = ask(check, "former-x@example.org")
    assert isinstance(sold, Reject)
    assert sold.text == "sold"
    assert isinstance(gone, Reject)
    assert gone.text == "550 5.1.6 Has moved away"
    assert isinstance(ask(check, "postmaster@example.com")[0], Accept)
    assert ask(check, "other@example.org") == ()


def test_who_has_logged_in_is_not_looked_up(check: RecipientAccess) -> None:
    assert ask(check, "user+shop@example.org", user="ann") == ()


def test_without_a_recipient_there_is_nothing_to_say(check: RecipientAccess) -> None:
    """SMTPD_POLICY_README: "recipient ... empty in the DATA ... when there is more than one"."""
    assert ask(check, "") == ()
    assert len(check.files) == 2


def test_a_refusal_without_text_names_the_recipient() -> None:
    assert judge(Entry("/t", 3, "REJECT"), "a@b.example") == (Reject("<a@b.example> takes no mail", "/t:3: REJECT"),)


def test_a_broken_table_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("a@b.example REFUSE\n")
    with pytest.raises(ConfigError, match=r"t:1:13: there is no action"):
        make(Options(tables=(str(tmp_path / "t"),)), house())
