"""LMTP from Postfix into mailboxes, with main.cf.lmtp and main.cf.virtual_lmtp: to local users, and to virtual mailboxes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import postfix
from tests.support.postfix import DOMAIN, Postfix, messages

RULES = """\
require ["fileinto", "mailbox", "reject", "envelope", "envelope-dsn", "subaddress", "variables"];
if allof(envelope "notify" "never", envelope "ret" "hdrs", envelope "orcpt" "rfc822;carol@virtual.test") {
    fileinto :create "quiet";
}
if allof(envelope :detail :matches "to" "*", not string "${1}" "") { fileinto :create "plus.${1}"; }
if envelope :localpart "to" "dave" { reject "We do not want this.\r\nNor that."; }
"""
LARGE = b"Subject: large\n\n" + b"A line of a large message, which does not stay in memory.\n" * 100_000


def message(subject: str) -> bytes:
    return f"From: a@example.org\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <{subject}@example.org>\nSubject: {subject}\n\nHello.\n.\n..\nFrom here on.\n".encode()


@contextmanager
def stage_with(installation: Path, main: str, *options: str) -> Iterator[Postfix]:
    if reason := postfix.why_not():
        pytest.skip(reason)
    stage = Postfix()
    try:
        for user in ("alice", "bob", "sender", "vmail"):
            stage.user(user)
        for user in ("alice", "vmail"):
            stage.put(user, ".mdafilter.sieve", RULES)
        os.chown(stage.top / "mail", stage.users["vmail"], -1)
        stage.add_main(main.replace("example.org", "virtual.test"))
        stage.table("vmailbox", "".join(f"{name}@virtual.test x\n" for name in ("carol", "dave", "erin")))
        virtual = stage.table(
            "valiases", "all@virtual.test carol+all@virtual.test, dave@virtual.test, erin@virtual.test\n"
        )
        aliases = stage.table("aliases", "team alice+team, bob\n")
        stage.main |= {"virtual_alias_maps": f"texthash:{virtual}", "alias_maps": f"texthash:{aliases}"}
        stage.master += ["lmtp unix - - n - - lmtp"]
        stage.start()
        stage.serve(installation, "--lmtp", f"unix:{stage.top}/queue/private/mdafilter", *options)
        yield stage
    finally:
        stage.stop()


@pytest.fixture(scope="module")
def local(installation: Path, shipped: dict[str, str]) -> Iterator[Postfix]:
    with stage_with(installation, shipped["main.cf.lmtp"]) as stage:
        yield stage


@pytest.fixture(scope="module")
def virtual(installation: Path, shipped: dict[str, str]) -> Iterator[Postfix]:
    options = ["--virtual", "vmail:/var/mail/%d/%n"]
    with stage_with(installation, shipped["main.cf.virtual_lmtp"], *options) as stage:
        (stage.top / "mail/virtual.test").mkdir()
        os.chown(stage.top / "mail/virtual.test", stage.users["vmail"], stage.users["vmail"])
        yield stage


def delivered(maildir: Path, subject: str) -> dict[str, list[Path]]:
    """The folders that hold messages with this subject; what is in tmp/ is taken away when Postfix has its answer."""
    found = {}
    for folder, files in messages(maildir).items():
        if folder == "tmp":
            continue
        if same := [f for f in files if f"\nSubject: {subject}\n".encode() in f.read_bytes()]:
            found[folder] = same
    return found


def maildir(stage: Postfix, user: str) -> Path:
    return stage.top / "home" / user / "Maildir"


def journal(stage: Postfix, user: str, queue_id: str) -> list[dict[str, object]]:
    file = stage.top / "home" / user / ".local/state/mdafilter/journal.jsonl"
    return [entry for entry in map(json.loads, file.read_text().splitlines()) if entry.get("id") == queue_id]


def fates(stage: Postfix, queue_id: str) -> dict[str, tuple[str, str]]:
    """The dsn and the status of each recipient."""
    line = re.compile(rf" {queue_id}: to=<(.*?)@.*?, dsn=([\d.]+), status=(\w+)")
    return {to: (dsn, status) for to, dsn, status in line.findall(stage.log())}


def signalled(stage: Postfix, user: str, name: str) -> None:
    """A signal to the broker, who is root, or to the door, who is nobody."""
    pid = stage.run("pgrep", "--oldest", "--euid", user, "--full", "mdafilter serve").stdout.decode().strip()
    stage.run("kill", f"-{name}", pid)


def test_a_message_arrives_octet_for_octet(local: Postfix) -> None:
    queue_id = local.send("alice", message("plain"))
    fate = local.fate(queue_id)
    assert (fate.status, fate.dsn) == ("sent", "2.0.0"), fate
    ((folder, (file,)),) = delivered(maildir(local, "alice"), "plain").items()
    assert folder == ""
    assert file.read_bytes().endswith(message("plain"))
    top = f"Return-Path: <sender@{DOMAIN}>\nX-Original-To: alice@{DOMAIN}\nDelivered-To: alice@{DOMAIN}\nReceived: "
    assert file.read_bytes().startswith(top.encode()), "as local(8) puts it there"
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (local.users["alice"], 0o600)
    (entry,) = journal(local, "alice", queue_id)
    assert (entry["status"], entry["sender"]) == ("delivered", f"sender@{DOMAIN}")


def test_a_large_message_arrives_octet_for_octet(local: Postfix) -> None:
    assert local.fate(local.send("bob", LARGE)).status == "sent"
    ((_folder, (file,)),) = delivered(maildir(local, "bob"), "large").items()
    assert file.read_bytes().endswith(LARGE.partition(b"\n\n")[2])
    assert file.read_bytes().startswith(f"Return-Path: <sender@{DOMAIN}>\n".encode())


def test_the_extension_reaches_the_rules_also_behind_an_alias(local: Postfix) -> None:
    for to in ("alice+direct", "team"):
        assert local.fate(local.send(to, message(f"to-{to}"))).status == "sent"
    local.until(lambda: bool(delivered(maildir(local, "bob"), "to-team")), "bob has no message")
    assert set(delivered(maildir(local, "alice"), "to-alice+direct")) == {".plus.direct"}
    assert set(delivered(maildir(local, "alice"), "to-team")) == {".plus.team"}


def test_the_name_of_a_user_is_folded(local: Postfix) -> None:
    assert local.fate(local.send("Bob", message("folded"))).status == "sent"
    assert set(delivered(maildir(local, "bob"), "folded")) == {""}


def test_a_bounce_is_delivered(local: Postfix) -> None:
    queue_id = local.send("alice", message("null"), sender="<>")
    assert local.fate(queue_id).status == "sent"
    assert [entry.get("sender", "") for entry in journal(local, "alice", queue_id)] == [""]


def test_nobody_of_that_name_is_a_bounce(local: Postfix) -> None:
    fate = local.fate(local.send("nobody.here", message("nobody")))
    assert (fate.status, fate.dsn) == ("bounced", "5.1.1"), fate


@pytest.mark.parametrize(("policy", "status", "dsn"), [("defer", "deferred", "4.2.2"), ("refuse", "bounced", "5.2.2")])
def test_a_full_mailbox_is_answered_as_its_user_has_set(local: Postfix, policy: str, status: str, dsn: str) -> None:
    """And the setting counts for the next message, without a restart."""
    local.put("sender", ".config/mdafilter/mdafilter.toml", f'[delivery]\nquota = "100S"\nover_quota = "{policy}"\n')
    fate = local.fate(local.send("sender", message(f"full-{policy}"), sender=f"alice@{DOMAIN}"))
    assert (fate.status, fate.dsn) == (status, dsn), fate
    assert delivered(maildir(local, "sender"), f"full-{policy}") == {}


def test_while_no_service_runs_mail_waits_and_comes_once(local: Postfix, installation: Path) -> None:
    assert local.service is not None
    signalled(local, "root", "TERM")
    assert local.service.wait(60) == 0
    queue_id = local.send("bob", message("waits"))
    assert local.fate(queue_id).status == "deferred"
    local.serve(installation, "--lmtp", f"unix:{local.top}/queue/private/mdafilter")
    assert local.retry(queue_id).status == "sent"
    ((_folder, files),) = delivered(maildir(local, "bob"), "waits").items()
    assert len(files) == 1


def test_a_door_that_was_killed_is_another_one(local: Postfix) -> None:
    signalled(local, "nobody", "KILL")
    local.until(lambda: "starting another one" in local.served(), "it was not started again")
    queue_id = local.send("bob", message("another"))
    if local.fate(queue_id).status == "deferred":  # it came in between
        assert local.retry(queue_id).status == "sent"
    assert set(delivered(maildir(local, "bob"), "another")) == {""}


def test_each_recipient_of_one_message_has_a_fate_of_its_own(virtual: Postfix) -> None:
    """carol has it, dave refuses it, erin's mailbox is broken: that is a bounce to dave's alone, and erin's waits."""
    broken = virtual.top / "mail/virtual.test/erin"
    broken.write_text("no mailbox")
    queue_id = virtual.send("all@virtual.test", message("all"))
    virtual.until(lambda: len(fates(virtual, queue_id)) == 3, "not all is decided")
    found = fates(virtual, queue_id)
    assert found["carol+all"] == ("2.0.0", "sent")
    assert found["dave"] == ("5.7.1", "bounced")
    assert "550-5.7.1 We do not want this. 550 5.7.1 Nor that." in virtual.log()  # RFC 5429 section 2.5
    assert found["erin"][1] == "deferred"
    assert found["erin"][0].startswith("4.")
    broken.unlink()
    assert virtual.retry(queue_id).status == "sent"
    top = virtual.top / "mail/virtual.test"
    assert {name: set(delivered(top / name, "all")) for name in ("carol", "dave", "erin")} == {
        "carol": {".plus.all"},
        "dave": set(),
        "erin": {""},
    }
    assert sum(len(files) for files in delivered(top / "carol", "all").values()) == 1


def test_what_the_sender_wants_to_hear_of_it(virtual: Postfix) -> None:
    """RFC 3461, and RFC 6009 of a rule that asks for it."""
    own = ("sendmail", "-i", "-N", "never", "-R", "hdrs", "-f", f"sender@{DOMAIN}", "--", "carol@virtual.test")
    virtual.run(*own, data=message("quiet"))
    carol = virtual.top / "mail/virtual.test/carol"
    virtual.until(lambda: set(delivered(carol, "quiet")) == {".quiet"}, "it is not filed for its NOTIFY")


def test_the_mailbox_of_an_address_belongs_to_the_user_of_all(virtual: Postfix) -> None:
    assert virtual.fate(virtual.send("carol@virtual.test", message("carol"))).status == "sent"
    ((_folder, (file,)),) = delivered(virtual.top / "mail/virtual.test/carol", "carol").items()
    assert file.stat().st_uid == virtual.users["vmail"]
    assert not maildir(virtual, "vmail").exists()


def test_nothing_is_left_in_tmp(local: Postfix, virtual: Postfix) -> None:
    for stage, top in ((local, "home"), (virtual, "mail")):
        stage.until(lambda left=(stage.top / top): not list(left.rglob("tmp/*")), "something is left")  # type: ignore[misc]


def test_a_new_version_takes_over_while_mail_comes(virtual: Postfix) -> None:
    """Each message is there, and once."""
    before = virtual.served().count("ready on")
    signalled(virtual, "root", "HUP")
    sent: list[str] = []
    while len(sent) < 12 or virtual.served().count("ready on") == before:
        sent.append(virtual.send("erin@virtual.test", message(f"hup-{len(sent)}")))
        assert len(sent) < 1000, "it did not take over"
    for queue_id in sent:
        if virtual.fate(queue_id).status == "deferred":
            assert virtual.retry(queue_id).status == "sent"
    for number in range(len(sent)):
        found = delivered(virtual.top / "mail/virtual.test/erin", f"hup-{number}")
        assert [len(files) for files in found.values()] == [1]
