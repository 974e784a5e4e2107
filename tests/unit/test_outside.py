"""The real World, as far as it needs no server."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import VERSION
from mdafilter.message import Envelope, Message
from mdafilter.outside import Outside
from mdafilter.settings import Settings

ENVELOPE = Envelope("s@example.org", "r@example.net", client_name="mx.example.org", client_address="192.0.2.1")


def outside(mailbox: Path, **changes: object) -> Outside:
    return Outside(Settings(hostname="host.example.net").replace(**changes), ENVELOPE, str(mailbox))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "host.example.net"),
        ("domain", "example.net"),
        ("location", "MDA"),
        ("phase", "during"),
        ("name", "mdafilter"),
        ("version", VERSION),
        ("remote-host", "mx.example.org"),
        ("remote-ip", "192.0.2.1"),
        ("vnd.mdafilter.recipient-delimiter", "+"),
        ("vnd.mdafilter.trusted-upstream", "no"),
        ("unheard-of", None),
    ],
)
def test_environment_items(tmp_path: Path, name: str, value: str | None) -> None:
    """RFC 5183, 4.1 names the items."""
    assert outside(tmp_path).environment(name) == value


def test_a_folder_exists_when_it_is_a_maildir_folder(tmp_path: Path) -> None:
    (tmp_path / ".Work" / "cur").mkdir(parents=True)
    (tmp_path / "cur").mkdir()
    world = outside(tmp_path)
    assert [world.has_folder(n) for n in ("Work", "INBOX", "INBOX.Work", "Play", "..", "")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_scorer_that_is_off_is_not_asked(tmp_path: Path) -> None:
    settings = Settings()
    world = outside(tmp_path, spamd=settings.spamd.replace(enabled="off"))
    scored = world.score(Message.parse(b"Subject: x\n\n"))
    assert (scored.verdict, scored.note) == (None, "spamd was not asked")


def test_a_spamd_that_is_not_there_is_a_note(tmp_path: Path) -> None:
    settings = Settings()
    world = outside(tmp_path, spamd=settings.spamd.replace(hosts=("127.0.0.1:1",)))
    scored = world.score(Message.parse(b"Subject: x\n\n"))
    assert scored.verdict is None
    assert "127.0.0.1:1" in scored.note


def test_the_clock_goes(tmp_path: Path) -> None:
    assert outside(tmp_path).now() > 1_700_000_000
