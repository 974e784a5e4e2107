"""A request by mail: to the postmaster alone, whatever was typed in."""

from __future__ import annotations

import asyncio
import email
import email.policy
from pathlib import Path

import pytest

from mdafilter_policyd.web.mail import MailError, letter, send
from mdafilter_policyd.web.requests import Asked

NASTY = "x\r\nBcc: victim@example.net\r\n\r\nhello\n.\nQUIT \x00 ä"


def test_what_was_typed_in_is_in_the_body_alone() -> None:
    asked = Asked("1", "192.0.2.1", NASTY, NASTY, "198.51.100.7", 0.0)
    message = email.message_from_bytes(
        letter(asked, "pm@example.org", "mx.example.org", "https://x/decide?token=t", NASTY),
        policy=email.policy.default,
    )
    assert set(message.keys()) == {
        *("To", "From", "Subject", "Auto-Submitted"),
        *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
    }
    assert message["To"] == message["From"] == "pm@example.org"
    assert message["Subject"] == "192.0.2.1 asks mx.example.org for an exception"
    assert "victim@example.net" in message.get_content() and "https://x/decide?token=t" in message.get_content()


def test_lines_are_short_and_ascii() -> None:
    """RFC 5322 section 2.1.1: "Each line of characters MUST be no more than 998 characters"."""
    content = letter(Asked("1", "192.0.2.1", "ä" * 200, "ö" * 2000, "::1", 0.0), "pm@example.org", "mx", "", "")
    assert content.isascii() and max(map(len, content.split(b"\n"))) < 998 and b"\r" not in content


def test_without_a_link_it_names_the_page() -> None:
    assert b"/admin, request abc" in letter(Asked("abc", "192.0.2.1", "", "", "", 0.0), "pm@x", "mx", "", "")


def test_sendmail_gets_it(tmp_path: Path) -> None:
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/got\ncat >>{tmp_path}/got\n')
    program.chmod(0o755)
    asyncio.run(send(str(program), "pm@example.org", b"Subject: x\n\n.\ny\n"))
    assert (tmp_path / "got").read_bytes() == b"-i -f pm@example.org -- pm@example.org\nSubject: x\n\n.\ny\n"


def test_a_sendmail_that_fails_says_so(tmp_path: Path) -> None:
    program = tmp_path / "sendmail"
    program.write_text("#!/bin/sh\ncat >/dev/null\necho full >&2\nexit 75\n")
    program.chmod(0o755)
    with pytest.raises(MailError, match="ended with 75: full"):
        asyncio.run(send(str(program), "pm@example.org", b""))


def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdafilter_policyd.web.mail.SECONDS", 0.1)
    program = tmp_path / "sendmail"
    program.write_text("#!/bin/sh\nexec sleep 100\n")
    program.chmod(0o755)
    with pytest.raises(TimeoutError):
        asyncio.run(send(str(program), "pm@example.org", b""))
