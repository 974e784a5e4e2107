"""`notify`, `report` and the tags of `redirect` behind a real Postfix: what arrives, with which envelope, and what ends."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.support.postfix import DOMAIN, Postfix, messages

pytestmark = pytest.mark.e2e

ANN = f"""\
require ["enotify", "variables", "vnd.dovecot.report", "redirect-dsn", "copy", "fcc", "mailbox"];
if header :matches "subject" "news: *" {{
    notify :importance "1" :message "Neu: ${{1}} — schnell" :fcc "Sent" :create "mailto:bob@{DOMAIN}?cc=carol@{DOMAIN}";
}} elsif header "subject" "spam" {{
    report "abuse" "Das ist Spam." "bob@{DOMAIN}"; discard;
}} elsif header "subject" "never" {{
    redirect :copy :notify "never" "nobody@elsewhere.test";
}} elsif header "subject" "success" {{
    redirect :notify "success" :ret "hdrs" "bob@{DOMAIN}";
}}
"""
# who is notified of a notification must not notify in turn
BOB = f'require "enotify"; notify "mailto:ann@{DOMAIN}";'
CONFIG = '[spamd]\nenabled = "off"\n'


@pytest.fixture(scope="module")
def running(stage: Postfix, shipped: dict[str, str]) -> Postfix:
    for user, rules in (("ann", ANN), ("bob", BOB), ("carol", "keep;"), ("dave", "keep;")):
        stage.user(user)
        stage.put(user, ".mdafilter.sieve", rules)
        stage.put(user, ".config/mdafilter/mdafilter.toml", CONFIG)
    stage.add_main(shipped["main.cf.mailbox_command"])
    stage.start()
    return stage


def mail(subject: str, more: str = "") -> bytes:
    head = f"From: Dave <dave@{DOMAIN}>\nTo: ann@{DOMAIN}\nMessage-ID: <{subject[:5]}@d.test>\nSubject: {subject}\n"
    return f"{head}{more}\nhello\n".encode()


def sent(running: Postfix, octets: bytes, sender: str = f"dave@{DOMAIN}") -> str:
    """The log of what became of it, when nothing is on its way any more."""
    before = len(running.log())
    fate = running.fate(running.send("ann", octets, sender))
    assert (fate.status, fate.dsn) == ("sent", "2.0.0"), fate
    running.until(lambda: b"queue is empty" in running.run("postqueue", "-p").stdout, "the queue does not empty")
    return running.log()[before:]


def inbox(running: Postfix, user: str, folder: str = "") -> list[EmailMessage]:
    found = messages(running.top / "home" / user / "Maildir").get(folder, [])
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]


def test_a_notification(running: Postfix) -> None:
    log = sent(running, mail("news: Grüße"))
    (letter,) = inbox(running, "bob")
    assert letter["Subject"] == "Neu: Grüße — schnell"
    assert letter["Auto-Submitted"] == f'auto-notified; owner-email="ann@{DOMAIN}"'
    assert (letter["From"], letter["To"], letter["Cc"]) == (f"postmaster@{DOMAIN}", f"bob@{DOMAIN}", f"carol@{DOMAIN}")
    assert (letter["Return-Path"], letter["Importance"]) == (f"<postmaster@{DOMAIN}>", "High")
    (copy,) = inbox(running, "ann", ".Sent")
    assert copy["Message-ID"] == letter["Message-ID"] == inbox(running, "carol")[0]["Message-ID"]
    assert [one["Subject"] for one in inbox(running, "ann")] == ["news: Grüße"]
    assert log.count("postfix/pickup") == 2, log  # bob's rules notified nobody of it


def test_a_bounce_notifies_with_the_null_sender(running: Postfix) -> None:
    """RFC 5436 section 2.7."""
    assert log_senders(sent(running, mail("news: bounce"), "<>")) == ["", ""]


def log_senders(log: str) -> list[str]:
    return re.findall(r"qmgr\[\d+\]: \w+: from=<(.*?)>", log)


def test_a_report_arrives_whole(running: Postfix) -> None:
    sent(running, mail("spam"))
    (letter,) = [one for one in inbox(running, "bob") if one["Subject"] == "Report: spam"]
    assert (letter.get_content_type(), letter["Return-Path"]) == ("multipart/report", f"<postmaster@{DOMAIN}>")
    text, facts, message = letter.iter_parts()
    assert (text.get_content(), facts.get_content_type()) == ("Das ist Spam.\n", "message/feedback-report")
    inner = message.get_content()
    assert (inner["Subject"], inner.get_content()) == ("spam", "hello\n")
    assert not [one for one in inbox(running, "ann") if one["Subject"] == "spam"]


def test_never_is_heard_of_what_was_redirected_so(running: Postfix) -> None:
    """RFC 3461 section 4.1: NEVER, and so no bounce."""
    log = sent(running, mail("never"))
    assert "to=<nobody@elsewhere.test>" in log
    assert "status=bounced" in log
    assert "sender non-delivery notification" not in log
    assert not [one for one in inbox(running, "dave") if "Undelivered" in str(one["Subject"])]


def test_success_is_told_to_the_sender(running: Postfix) -> None:
    sent(running, mail("success"))
    assert [one for one in inbox(running, "bob") if one["Subject"] == "success"]
    (told,) = [one for one in inbox(running, "dave") if one.get_content_type() == "multipart/report"]
    assert b"hello" not in bytes(told)  # :ret "hdrs"


def test_why_is_told(running: Postfix, installation: object) -> None:
    done = running.run_as("ann", f"{installation}/bin/mdafilter", "why", "<spam@d.test>")
    assert b"report" in done.stdout, done
