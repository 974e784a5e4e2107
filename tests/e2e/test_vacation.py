"""`vacation` and `duplicate` behind a real Postfix: who is answered, by which letter, how often; and what is a loop."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.support.postfix import DOMAIN, Postfix, messages

pytestmark = pytest.mark.e2e

ANN = """\
require ["vacation", "fcc", "mailbox", "duplicate", "fileinto"];
if duplicate { fileinto :create "Again"; stop; }
vacation :subject "Fort — bis Juni" :addresses "ann@else.test" :fcc "Sent" :create "Ich bin fort.

Ann";
"""
CONFIG = '[spamd]\nenabled = "off"\n'
DAVE = 'require "vacation"; vacation "Dave is away, too.";'


@pytest.fixture(scope="module")
def running(stage: Postfix, shipped: dict[str, str]) -> Postfix:
    for user, rules in (("ann", ANN), ("bob", "keep;"), ("carol", "keep;"), ("dave", DAVE)):
        stage.user(user)
        stage.put(user, ".mdafilter.sieve", rules)
        stage.put(user, ".config/mdafilter/mdafilter.toml", CONFIG)
    stage.add_main(shipped["main.cf.mailbox_command"])
    stage.start()
    return stage


def mail(number: int, to: str = f"ann@{DOMAIN}", more: str = "") -> bytes:
    head = f"From: Bob <bob@{DOMAIN}>\nTo: {to}\nMessage-ID: <{number}@b.test>\nSubject: number {number}\n{more}\n"
    return head.encode() + b"hello\n"


def sent(running: Postfix, octets: bytes, sender: str = "bob", to: str = "ann") -> None:
    fate = running.fate(running.send(to, octets, f"{sender}@{DOMAIN}" if sender else "<>"))
    assert (fate.status, fate.dsn) == ("sent", "2.0.0"), fate


def inbox(running: Postfix, user: str, folder: str = "") -> list[EmailMessage]:
    found = messages(running.top / "home" / user / "Maildir").get(folder, [])
    letters = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]
    assert all(isinstance(one, EmailMessage) for one in letters)
    return letters


def answers(running: Postfix, user: str) -> list[EmailMessage]:
    """When nothing is on its way any more."""
    running.until(lambda: b"queue is empty" in running.run("postqueue", "-p").stdout, "the queue does not empty")
    return [one for one in inbox(running, user) if str(one["Auto-Submitted"] or "").startswith("auto-replied")]


def test_who_writes_is_answered_once_and_both_have_the_letter(running: Postfix) -> None:
    sent(running, mail(1))
    sent(running, mail(2))
    (answer,) = answers(running, "bob")
    assert answer["Subject"] == "Fort — bis Juni"
    assert (answer["From"], answer["To"]) == (f"ann@{DOMAIN}", f"Bob <bob@{DOMAIN}>")
    assert answer["In-Reply-To"] == answer["References"] == "<1@b.test>"
    assert answer.get_content() == "Ich bin fort.\n\nAnn\n"
    (copy,) = inbox(running, "ann", ".Sent")
    assert copy["Message-ID"] == answer["Message-ID"]
    assert sorted(one["Subject"] for one in inbox(running, "ann")) == ["number 1", "number 2"]


def test_what_comes_again_is_a_duplicate_and_is_not_answered(running: Postfix) -> None:
    sent(running, mail(7), "carol")
    sent(running, mail(7), "carol")
    assert len(answers(running, "carol")) == 1
    assert [one["Subject"] for one in inbox(running, "ann", ".Again")] == ["number 7"]


def test_another_address_of_hers(running: Postfix) -> None:
    sent(running, mail(8, "ann@else.test"), "eve.carol")
    running.until(lambda: f"to=<eve.carol@{DOMAIN}>" in running.log(), "nobody was answered")


@pytest.mark.parametrize(
    ("sender", "octets"),
    [
        ("", mail(20)),
        ("owner-list", mail(21)),
        ("new1", mail(22, more="List-Id: <l.test>\n")),
        ("new2", mail(23, more="Auto-Submitted: auto-replied\n")),
        ("new3", mail(24, to="undisclosed-recipients:;")),
    ],
)
def test_who_is_not_answered(running: Postfix, sender: str, octets: bytes) -> None:
    """RFC 3834 section 2, RFC 5230 section 4.5 and 4.6."""
    before = running.log()
    sent(running, octets, sender)
    running.until(lambda: b"queue is empty" in running.run("postqueue", "-p").stdout, "the queue does not empty")
    later = running.log()[len(before) :]
    assert later.count("postfix/pickup") == 1, later


def test_two_who_are_away_do_not_answer_each_other_for_ever(running: Postfix) -> None:
    """RFC 3834 section 4: "auto-replied", so that the answer is not answered."""
    sent(running, mail(30).replace(b"bob@", b"dave@"), "dave")
    assert len(answers(running, "dave")) == 1
    sent(running, mail(31, f"dave@{DOMAIN}").replace(b"Bob <bob@", b"Ann <ann@"), "ann", "dave")
    (answer,) = [one for one in answers(running, "ann") if "dave" in one["From"]]
    assert answer["In-Reply-To"] == "<31@b.test>"
    assert len(answers(running, "dave")) == 1


def test_why_is_told(running: Postfix, installation: object) -> None:
    done = running.run_as("ann", f"{installation}/bin/mdafilter", "why", "<22@b.test>")
    assert b"a list has sent it (List-Id)" in done.stdout, done
