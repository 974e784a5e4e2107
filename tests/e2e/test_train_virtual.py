"""Virtual mailboxes teach: real Postfix, by pipe(8) and LMTP, root's learner and watcher, and no account but vmail.

Two domains have a carol each, and this host has a user carol, too: three people, whose mail must not be taken for each
other's. What a delivery asks, the counts of vmail, is what their reports teach.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mdafilter.train import Report, door
from tests.support import postfix, salearn
from tests.support.classroom import block, letter
from tests.support.postfix import Postfix, messages
from tests.support.training import forward

CAROL, OTHER = "carol@virtual.test", "carol@second.test"
VIRTUAL = "vmail:/var/mail/%d/%n"
SMTPD = "trainsmtp unix - - n - - smtpd -o smtpd_relay_restrictions=permit_auth_destination,reject"
# For deliveries: the home of vmail has what is for all of its mailboxes.
OWN = '[spamd]\nenabled = "off"\n[bayes]\nminimum = 1\n'


class Site:
    """Postfix, and root's commands."""

    def __init__(self, stage: Postfix, installation: Path) -> None:
        self.stage = stage
        self.program = (str(installation / "bin/python"), str(installation / "bin/mdafilter"))
        self.config = stage.top / "train.toml"
        self.home = stage.top / "home/vmail"
        self.spool = f"{stage.top}/train-spool"

    def command(self, *words: str, check: bool = True) -> str:
        done = self.stage.run(*self.program, *words, "-c", str(self.config), check=check)
        return (done.stdout + done.stderr).decode()

    def learned(self, number: int) -> list[dict[str, Any]]:
        """Has learned what waits, one report at least; the lines of it, in their order."""
        self.stage.until(lambda: bool(os.listdir(self.spool)), "there is no report")
        self.command("train", "learn")
        return self.status(number)

    def status(self, number: int) -> list[dict[str, Any]]:
        """The newest lines of the ledger."""
        lines = self.command("train", "status", "--json", "-n", str(number)).splitlines()
        return [json.loads(line) for line in reversed(lines)]

    def receive(self, word: str, number: int, to: str) -> bytes:
        """A message that is delivered to a virtual mailbox."""
        sent = letter(word, number, to.partition("@")[0])
        fate = self.stage.fate(self.stage.send(to, sent))
        assert fate.status == "sent", fate
        return sent

    def report(self, to: str, sender: str, *originals: bytes) -> None:
        """From a client of the network: the reporter is whom the envelope names."""
        reply = self.stage.smtp("trainsmtp", to, forward(*originals), sender)
        assert reply.startswith("250"), reply
        fate = self.stage.fate(reply.split()[-1])
        assert fate.status == "sent", fate

    def mailbox(self, address: str) -> Path:
        local, _, domain = address.partition("@")
        return self.stage.top / "mail" / domain / local

    def owners(self) -> set[int]:
        """Whose the files in the home and the mail of vmail are."""
        tops = (self.home, self.stage.top / "mail/virtual.test", self.stage.top / "mail/second.test")
        return {path.lstat().st_uid for top in tops for path in (top, *top.rglob("*"))}


@pytest.fixture(scope="module", params=["pipe", "lmtp"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def stage(way: str) -> Iterator[Postfix]:
    """A Postfix for each way of delivery."""
    if reason := postfix.why_not():
        pytest.skip(reason)
    made = Postfix()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def site(stage: Postfix, way: str, installation: Path, shipped: dict[str, str]) -> Iterator[Site]:
    if reason := salearn.missing():
        pytest.skip(reason)
    for user in ("vmail", "carol", "eve"):
        stage.user(user)
    stage.put("vmail", ".config/mdafilter/mdafilter.toml", OWN)
    made = Site(stage, installation)
    main = shipped["main.cf.virtual_lmtp" if way == "lmtp" else "main.cf.virtual"]
    stage.add_main(main.replace("example.org", "virtual.test, second.test"))
    (stage.top / "etc/vmailbox").write_text(f"{CAROL} x\n{OTHER} x\nspam@virtual.test x\nham@virtual.test x\n")
    doors = block("Other doors", "train-spam unix").replace(
        "/opt/mdafilter/bin/mdafilter train spam", f"{installation}/bin/mdafilter train spam -c {made.config}"
    )
    stage.master += [SMTPD, "lmtp unix - - n - - lmtp" if way == "lmtp" else shipped["master.cf.pipe"], doors]
    stage.master.append(doors.replace("train-spam", "train-ham").replace("train spam", "train ham"))
    stage.main |= {
        "transport_maps": "inline:{ {spam@virtual.test = train-spam:}, {ham@virtual.test = train-ham:} }",
        "train-spam_destination_recipient_limit": "1",
        "train-ham_destination_recipient_limit": "1",
        "recipient_delimiter": "+",
    }
    for domain in ("virtual.test", "second.test"):
        folder = stage.top / "mail" / domain
        folder.mkdir()
        os.chown(folder, stage.users["vmail"], stage.users["vmail"])
    (stage.top / "spamassassin").mkdir()
    teacher = salearn.command(stage.top / "spamassassin")
    (stage.top / "spamassassin/site/local.cf").write_text("use_bayes 1\n")  # so that the data are in the user's home
    made.config.write_text(
        f'[train]\nspool = "{made.spool}"\nstate = "{stage.top}/train-state"\nscope = "user"\n'
        f'teacher = ["sa-learn", "bayes"]\nsa_learn = {json.dumps(teacher)}\nvirtual = "{VIRTUAL}"\n'
    )
    stage.start()
    if way == "lmtp":
        stage.serve(installation, "--lmtp", f"unix:{stage.top}/queue/private/mdafilter", "--virtual", VIRTUAL)
    made.command("train", "learn")  # makes the folders
    yield made
    shutil.rmtree(stage.top / "spamassassin")


def test_a_virtual_user_teaches_what_his_deliveries_ask(site: Site) -> None:
    spam, ham = site.receive("pills", 1, CAROL), site.receive("minutes", 2, CAROL)
    site.report("spam@virtual.test", CAROL, spam)
    site.report("ham@virtual.test", CAROL, ham)
    lines = site.learned(4)
    assert {(line["reporter"], line["how"], line["database"], line["result"]) for line in lines} == {
        (CAROL, "network", "vmail", "learned")
    }, lines
    assert sorted((line["teacher"], line["verdict"]) for line in lines) == [
        (teacher, verdict) for teacher in ("bayes", "sa-learn") for verdict in ("ham", "spam")
    ]
    assert (site.home / ".local/state/mdafilter/bayes.db").exists()
    assert (site.home / ".spamassassin/bayes_toks").exists()
    assert site.owners() == {site.stage.users["vmail"]}, "nothing there is root's"
    site.receive("pills", 3, OTHER)
    entries = (site.home / ".local/state/mdafilter/journal.jsonl").read_text().splitlines()
    assert json.loads(entries[-1])["score"]["scorer"] == "bayes"


def test_three_people_of_one_name(site: Site) -> None:
    """What one of them has got is not the others'."""
    one = site.receive("pills", 11, CAROL)
    site.report("spam@virtual.test", OTHER, one)
    site.stage.run_as("carol", "/usr/sbin/sendmail", "-i", "spam@virtual.test", data=forward(one))
    site.stage.until(lambda: len(os.listdir(site.spool)) == 2, "there are no two reports")
    lines = site.learned(2)
    assert [(line["reporter"], line["result"]) for line in lines] == [(OTHER, "refused"), ("carol", "refused")]
    site.report("spam+carol@virtual.test", CAROL, one)  # for herself
    assert [line["result"] for line in site.learned(2)] == ["learned", "learned"]
    other = site.receive("pills", 12, OTHER)
    site.report("spam@virtual.test", OTHER, other)
    assert {(line["reporter"], line["result"]) for line in site.learned(2)} == {(OTHER, "learned")}


def test_moved_messages(site: Site) -> None:
    """As root, for all: vmail's mailboxes are among them, without being named."""
    site.receive("pills", 21, OTHER)
    site.command("watch", "--once", "--no-events")
    junk = site.mailbox(OTHER) / ".Junk"
    for part in ("cur", "new", "tmp"):
        (junk / part).mkdir(parents=True)
    for path in (junk, *junk.iterdir()):
        os.chown(path, site.stage.users["vmail"], site.stage.users["vmail"])
    (path,) = (one for one in messages(site.mailbox(OTHER))[""] if b"<pills.21@" in one.read_bytes())
    path.rename(junk / "cur" / f"{path.name}:2,S")
    site.command("watch", "--once", "--no-events")
    lines = site.learned(2)
    assert {(line["reporter"], line["source"], line["verdict"], line["result"]) for line in lines} == {
        (OTHER, "watch", "spam", "learned")
    }, lines
    assert site.owners() == {site.stage.users["vmail"]}
    undone = site.command("train", "undo", str(lines[0]["id"]), str(lines[1]["id"]))
    assert undone.count("forgotten") == 2, undone
    assert site.owners() == {site.stage.users["vmail"]}


def test_nobody_else_reports_for_a_virtual_user(site: Site) -> None:
    """eve puts into the spool what only vmail may say."""
    sent = site.receive("minutes", 31, CAROL)
    name = door.write(site.spool, Report("spam", "watch", {"user": CAROL}, sent))
    os.chown(f"{site.spool}/{name}", site.stage.users["eve"], site.stage.users["eve"])
    (line,) = site.learned(1)
    assert (line["reporter"], line["result"]) == ("eve", "refused")
    assert line["why"].startswith("this message was not delivered to you")


def test_the_doctor_tells_whose_data_they_are(site: Site) -> None:
    said = site.command("train", "doctor", check=False)
    assert "ok    virtual mailboxes /var/mail/%d/%n of vmail: 2" in said
    assert "sa-learn, bayes: virtual users teach the data of vmail together" in said
    assert "WRONG" not in said


def test_an_archive_for_a_virtual_user(site: Site) -> None:
    """By root, who is trusted; the data are vmail's, and so are their files."""
    site.receive("minutes", 41, CAROL)
    said = site.command("train", "ham", str(site.mailbox(CAROL)), "-e", CAROL)
    assert "learned" in said
    lines = site.status(2)
    assert {(line["reporter"], line["database"]) for line in lines} == {("root", "vmail")}
    assert site.owners() == {site.stage.users["vmail"]}
