"""The whole way of one who was refused: by a real Postfix, the page in a real browser, the admin, and in again.

Postfix asks the daemon; the browser has no JavaScript; the client is one by XCLIENT (Postfix' XCLIENT_README).
"""

from __future__ import annotations

import email
import email.policy
import re
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter_policyd.web.password import hashed
from tests.support import postfix
from tests.support.daemons import free_port
from tests.support.policyd_browser import Chromium, chromium, why_not
from tests.support.policyd_daemon import SECONDS, daemon
from tests.support.policyd_pages import pages

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(bool(postfix.why_not() or why_not()), reason=postfix.why_not() or why_not()),
]
PASSWORD = "a long horse"
CLIENT = "192.0.2.77"
REFUSED = 554
TAKEN = 250


def say(port: int, recipient: str = "bob@stage.test") -> tuple[int, str]:
    """What Postfix answers to RCPT of this client."""
    with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS) as smtp:
        assert smtp.docmd("XCLIENT", f"ADDR={CLIENT} NAME=mail.example.net")[0] == 220
        smtp.ehlo("mail.example.net")
        smtp.mail("alice@example.net")
        code, text = smtp.rcpt(recipient)
        return code, text.decode()


def until(browser: Chromium, text: str, button: str) -> None:
    """Presses a button until the page has the text: who is too fast is asked to press it once more."""
    end = time.monotonic() + SECONDS
    browser.press(button)
    while text not in browser.text:
        assert time.monotonic() < end, browser.text
        time.sleep(0.5)
        browser.press(button)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[tuple[int, Path, str]]:
    """The port of Postfix, the folder of the daemon, the address of the pages."""
    mail, ask, page = free_port(), free_port(), free_port()
    (tmp_path / "clients").write_text("192.0.2.0/24 554 Too much spam from there\n")
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/mail\ncat >>{tmp_path}/mail\n')
    sendmail.chmod(0o755)
    configuration = f"""\
hostname = "mail.stage.test"
[client_access]
mode = "on"
tables = ["./clients"]
url = "http://127.0.0.1:{page}/blocked"
[web]
url = "http://127.0.0.1:{page}"
password = "{hashed(PASSWORD)}"
sendmail = "{sendmail}"
patience = 1.0
"""
    stage = postfix.Postfix()
    stage.user("bob")
    stage.main |= {
        "smtpd_authorized_xclient_hosts": "127.0.0.0/8",
        "smtpd_recipient_restrictions": f"reject_unauth_destination, check_policy_service inet:127.0.0.1:{ask}",
        "smtpd_error_sleep_time": "0",
    }
    stage.master.append(f"127.0.0.1:{mail} inet n - n - - smtpd")
    with daemon(tmp_path, configuration, "--listen", f"inet:127.0.0.1:{ask}"), pages(tmp_path, page) as url:
        try:
            stage.start()
            yield mail, tmp_path, url
        finally:
            stage.stop()


def ask(visitor: Chromium, port: int, url: str) -> None:
    """Is refused, reads why, and asks for an exception."""
    code, text = say(port)
    assert code == REFUSED
    page = re.search(r"see (http\S+)", text)
    assert page and page[1] == f"{url}/blocked?ip={CLIENT}"
    visitor.open(page[1])
    end = time.monotonic() + SECONDS
    while "Refused by client_access" not in visitor.text:  # decisions are written a moment later
        assert time.monotonic() < end, visitor.text
        visitor.open(page[1])
    assert "Too much spam from there" in visitor.text and "alice@" not in visitor.text
    assert "clients:1: 554 Too much spam" in visitor.text and visitor.barriers() == []
    visitor.type("How you can be reached", "+49 30 1234")
    visitor.type("What you send, and to whom it is of use", "Invoices <script>alert(1)</script>")
    until(visitor, "has arrived", "Ask")
    assert say(port)[0] == REFUSED


def test_refused_asked_approved_and_in_again(stage: tuple[int, Path, str]) -> None:
    port, _folder, url = stage
    with chromium() as visitor:
        ask(visitor, port, url)
        assert visitor.problems() == []
    with chromium() as admin:
        admin.open(f"{url}/admin")
        assert admin.barriers() == []
        admin.type("Password", "wrong")
        admin.press("Log in")
        assert "That is not the password" in admin.text
        admin.type("Password", PASSWORD)
        admin.press("Log in")
        assert CLIENT in admin.text and "Invoices <script>alert(1)</script>" in admin.text
        assert admin.barriers() == []
        admin.press("Approve")
        assert "None is open." in admin.text and "by admin, " in admin.text
        assert say(port)[0] == TAKEN  # at once
        for path in ("decisions", "plots"):
            admin.open(f"{url}/admin/{path}")
            assert CLIENT in admin.text
            assert admin.barriers() == []
        admin.open(f"{url}/blocked?ip={CLIENT}")
        assert "There is an exception for this address" in admin.text
        assert admin.problems() == []


def test_approved_by_the_link_in_the_mail(stage: tuple[int, Path, str]) -> None:
    port, folder, url = stage
    with chromium() as browser:
        ask(browser, port, url)
        arguments, _, message = (folder / "mail").read_text().partition("\n")
        assert arguments == "-i -f postmaster -- postmaster"
        text = email.message_from_string(message, policy=email.policy.default).get_content()
        link = re.search(rf"^{url}/decide\?token=\S+$", text, re.MULTILINE)
        assert link
        browser.open(link[0])
        assert "+49 30 1234" in browser.text and say(port)[0] == REFUSED
        browser.press("Approve")
        assert "The request is approved" in browser.text
        assert browser.barriers() == []
        assert say(port)[0] == TAKEN  # at once
        assert browser.problems() == []


def test_by_the_keyboard_in_the_dark_and_in_the_light(stage: tuple[int, Path, str]) -> None:
    from selenium.webdriver.common.keys import Keys

    _port, _folder, url = stage
    grounds = []
    for arguments in ((), ("--force-dark-mode",)):
        with chromium(*arguments) as visitor:
            visitor.open(f"{url}/blocked?ip={CLIENT}")
            grounds.append(visitor.ground())
            order = []
            for _ in range(5):
                visitor.key(Keys.TAB)
                order.append(visitor.focused())
            assert order[:4] == ["Skip to the content", "contact", "text", "Ask"]
    assert len(set(grounds)) == 2, grounds
