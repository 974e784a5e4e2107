"""Teaching as contrib/postfix/README.md says, with the real parts: Postfix, Dovecot, mutt, sa-learn.

What a reader sends is learned as it arrived; who may not is refused, and nobody hears of it but the ledger; what the
ledger counts is what `sa-learn --dump magic` counts.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.train.identity import identity
from tests.support import dovecot, mutt, salearn
from tests.support import maze as support
from tests.support import submission as logins
from tests.support.classroom import DOOR, Classroom, block, letter
from tests.support.maze import send

SPAM, HAM = "spam@example.org", "ham@example.org"
ATTACH, IN_THE_TEXT = "set mime_forward=yes", "set mime_forward=no"


@pytest.fixture(scope="module")
def stage(installation: Path) -> Iterator[Classroom]:
    if reason := support.why_not() or dovecot.why_not() or salearn.missing() or mutt.why_not():
        pytest.skip(reason)
    made = Classroom(installation)
    try:
        made.zone = [*support.ZONE, *logins.ZONE]
        made.start()
        made.set_up()
        with dovecot.running(made, made.shipped("dovecot-auth.conf")):
            yield made
    finally:
        made.stop()


def submitted(stage: Classroom, user: str, keys: str, *settings: str, to: str = SPAM, sender: str = "") -> None:
    """What mutt sends, by the user's login, from far away."""
    keep, sent = mutt.saving(stage, user)
    mutt.press(stage, user, keys, *settings, sendmail=keep)
    wire = sent.read_bytes().replace(b"\n", b"\r\n")
    sent.unlink()
    with logins.session(stage) as client:
        client.login(user, dovecot.PASSWORD)
        reply = logins.write(client, sender or f"{user}@example.org", to, content=wire)
    assert reply.code == 250, reply


def attached(raw: bytes, head: bytes = b"") -> bytes:
    """A letter with this message attached."""
    head += b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
    return head + raw + b"\n--b--\n"


def learned(stage: Classroom, *sent: bytes, result: str = "learned", verdict: str = "spam", how: str = "sasl") -> None:
    """Learns, and sees that these messages were, as they arrived, and counted by sa-learn."""
    spam, ham = stage.magic()
    said = stage.learn()
    assert said == f"{len(sent)} {result}\n", (said, stage.train("status"))
    lines = stage.status(len(sent))
    assert {line["hash"] for line in lines} == {identity(raw).hash for raw in sent}, lines
    for line in lines:
        assert (line["result"], line["verdict"], line["how"]) == (result, verdict, how), line
        assert (line["reporter"], line["database"], line["teacher"]) == ("bob", "site", "sa-learn")
    first, last = lines[0], lines[-1]
    assert (first["before_spam"] or 0, first["before_ham"] or 0) == (spam, ham), lines
    assert (last["after_spam"], last["after_ham"]) == stage.magic(), lines


def refused(stage: Classroom, why: str) -> None:
    """Learns; the report was refused, nothing was learned, nobody has got a letter, nothing has bounced."""
    before, inboxes, log = stage.magic(), [stage.inbox(user) for user in ("alice", "bob")], len(stage.log())
    assert stage.learn() == "1 refused\n"
    (line,) = stage.status(1)
    assert (line["result"], line["teacher"], line["why"]) == ("refused", "", why)
    assert stage.magic() == before
    stage.idle()
    assert [stage.inbox(user) for user in ("alice", "bob")] == inboxes
    assert not re.search(r"notification|postfix/pickup", stage.log()[log:])


# --- the text -------------------------------------------------------------------------------------------------------


def test_the_doctor_is_content(stage: Classroom) -> None:
    assert "WRONG" not in stage.train("doctor")


def test_the_aliases_are_those_of_the_text() -> None:
    shipped = {" ".join(line.split()) for line in (support.SHIPPED / "aliases.example").read_text().splitlines()}
    for line in block("Folders, learner, aliases", "spam:").splitlines():
        assert " ".join(line.split()) in shipped


# --- by login -------------------------------------------------------------------------------------------------------


def test_as_an_attachment(stage: Classroom) -> None:
    sent = stage.receive("pills", 1)
    submitted(stage, "bob", mutt.forward("pills", SPAM), ATTACH)
    learned(stage, sent)


def test_in_the_text(stage: Classroom) -> None:
    sent = stage.receive("watches", 2)
    submitted(stage, "bob", mutt.forward("watches", SPAM), IN_THE_TEXT)
    learned(stage, sent)


def test_several_at_once(stage: Classroom) -> None:
    sent = [stage.receive("lottery", number) for number in (3, 4, 5)]
    submitted(stage, "bob", mutt.forward("lottery", SPAM), ATTACH)
    learned(stage, *sent)


def test_redirected(stage: Classroom) -> None:
    sent = stage.receive("minutes", 6)
    submitted(stage, "bob", mutt.bounce("minutes", HAM), to=HAM)
    learned(stage, sent, verdict="ham")


def test_once_more_it_is_known(stage: Classroom) -> None:
    before = stage.magic()
    submitted(stage, "bob", mutt.forward("pills", SPAM), ATTACH)
    assert stage.learn() == "1 known\n"
    assert stage.magic() == before


def test_what_was_not_received_is_not_learned(stage: Classroom) -> None:
    """Carol forwards what bob has got: she has a copy that nobody delivered."""
    with logins.session(stage) as client:
        client.login("carol", dovecot.PASSWORD)
        content = attached(letter("pills", 1)).replace(b"\n", b"\r\n")
        assert logins.write(client, "carol@example.org", SPAM, content=content).code == 250
    stage.learn()
    (line,) = stage.status(1)
    assert (line["result"], line["reporter"]) == ("refused", "carol")
    assert "not delivered to you" in line["why"]


def test_the_reporter_hears_what_became_of_it(stage: Classroom) -> None:
    sent = stage.receive("casino", 7)
    submitted(stage, "bob", mutt.forward("casino", SPAM), ATTACH)
    before = stage.inbox("bob")
    learned(stage, sent)
    stage.until(lambda: stage.inbox("bob") == before + 1, "bob has got no answer")
    answer = max((stage.top / "home/bob/Maildir/new").iterdir(), key=lambda path: path.stat().st_ctime_ns).read_text()
    assert "casino number 7: learned as spam" in answer
    assert "Auto-Submitted:" in answer and "Return-Path: <>" in answer


def test_in_the_text_and_gone(stage: Classroom) -> None:
    stage.receive("gone", 8)
    submitted(stage, "bob", mutt.forward("gone", SPAM), IN_THE_TEXT)
    for path in stage.mail("bob"):
        if b"Subject: gone" in path.read_bytes():
            path.unlink()
    assert stage.learn() == "1 refused\n"
    (line,) = stage.status(1)
    assert "forward it as an attachment" in line["why"]
    stage.idle()


# --- who is on this host --------------------------------------------------------------------------------------------


def test_a_user_of_this_host(stage: Classroom) -> None:
    sent = stage.receive("loans", 9)
    mutt.press(stage, "bob", mutt.forward("loans", SPAM), ATTACH)
    learned(stage, sent, how="local")


def test_a_user_of_this_host_redirects(stage: Classroom) -> None:
    sent = stage.receive("agenda", 10)
    mutt.press(stage, "bob", mutt.bounce("agenda", HAM))
    learned(stage, sent, verdict="ham", how="local")


# --- the other doors ------------------------------------------------------------------------------------------------


def test_a_forward_file(stage: Classroom) -> None:
    """bob+spam@ is bob's own: others are refused."""
    text = stage.placed(block("Other doors", '"|/opt')).rstrip("\n")
    stage.put("bob", ".forward+spam", text.removesuffix('"') + f' -c {stage.config}"\n')
    sent = stage.receive("stocks", 12)
    submitted(stage, "bob", mutt.forward("stocks", "bob+spam@example.org"), ATTACH, to="bob+spam@example.org")
    learned(stage, sent, how="local")
    stage.idle()
    with logins.session(stage) as client:
        client.login("carol", dovecot.PASSWORD)
        content = attached(sent).replace(b"\n", b"\r\n")
        assert logins.write(client, "carol@example.org", "bob+spam@example.org", content=content).code == 250
    refused(stage, "bob reports for himself alone, and this came from carol")
    (stage.top / "home/bob/.forward+spam").unlink()


@pytest.mark.parametrize("program", ["mdafilter", "procmail"])
def test_a_procmailrc(stage: Classroom, program: str) -> None:
    """procmail(1), -p: "Preserve any old environment"; mdafilter does so by itself."""
    if program == "procmail" and not shutil.which("procmail"):
        pytest.skip("procmail is not installed")
    text = stage.placed(block("Other doors", "EXTENSION")).rstrip("\n")
    stage.put("bob", ".procmailrc", f"{text} -c {stage.config}\n")
    sent = stage.receive(f"coins{program}", 13)
    if program == "procmail":
        stage.put("bob", ".forward", '"|/usr/bin/procmail -p"\n')
    to = "bob+spam@example.org"
    submitted(stage, "bob", mutt.forward(f"coins{program}", to), ATTACH, to=to)
    learned(stage, sent, how="local")
    stage.idle()
    (stage.top / "home/bob/.procmailrc").unlink()
    (stage.top / "home/bob/.forward").unlink(missing_ok=True)


# --- who may not ----------------------------------------------------------------------------------------------------


def test_strangers_are_refused_while_they_listen(stage: Classroom) -> None:
    assert send(stage, b"Subject: x\n\nx\n", to=SPAM).code == 550


def test_by_another_way_the_learner_refuses_them(stage: Classroom) -> None:
    """An alias that leads there; the stranger says that he is bob, and attaches what bob has got."""
    content = attached(letter("pills", 1), b"From: bob@example.org\nTo: junkmail@example.org\n")
    assert send(stage, content, to="junkmail@example.org", sender="bob@example.org").code == 250
    refused(stage, "it came from outside (192.0.2.10)")


def test_the_null_sender_is_nobody(stage: Classroom) -> None:
    with stage.client() as client:
        client.ehlo()
        assert logins.write(client, "", "spam@example.org").code == 250
    refused(stage, "it has the null sender: no person sent it")


# --- what can be seen -----------------------------------------------------------------------------------------------


def test_status_and_undo(stage: Classroom) -> None:
    before = stage.magic()
    sent = stage.receive("shares", 11)
    submitted(stage, "bob", mutt.forward("shares", SPAM), ATTACH)
    learned(stage, sent)
    stage.idle()
    (line,) = stage.status(1)
    (spam, ham) = before
    shown = stage.train("status", "-n", "1")
    assert f"{spam}+{ham} -> {spam + 1}+{ham}" in shown and "shares number 11" in shown and "bob (sasl)" in shown
    stage.train("undo", str(line["id"]))
    assert stage.magic() == before
    (taken,) = stage.status(1)
    assert (taken["result"], taken["after_spam"], taken["after_ham"]) == ("forgotten", spam, ham)


def test_the_ledger_has_everything_once(stage: Classroom) -> None:
    """Spam and ham that stand in it are what sa-learn counts."""
    standing: dict[str, str] = {}
    for line in stage.status(1000):
        if line["result"] in ("learned", "changed", "known"):
            standing[line["hash"]] = line["verdict"]
        elif line["result"] == "forgotten":
            del standing[line["hash"]]
    verdicts = list(standing.values())
    assert (verdicts.count("spam"), verdicts.count("ham")) == stage.magic()


def test_a_door_of_its_own_user(stage: Classroom) -> None:
    """local(8): "In the absence of a user context, the local(8) daemon uses the owner rights of the :include: file or alias
    database." """
    stage.own_door()
    sent = stage.receive("bonds", 14)
    submitted(stage, "bob", mutt.forward("bonds", SPAM), ATTACH)
    stage.waiting(1)
    (report,) = (stage.top / "train-spool/train").iterdir()
    assert report.stat().st_uid == stage.users[DOOR]
    learned(stage, sent)


def test_nothing_has_bounced(stage: Classroom) -> None:
    assert "status=bounced" not in stage.log()
