"""The aliases of training on a real Postfix: what it says of each report, who that is, and that nothing ever bounces."""

from __future__ import annotations

import base64
import os
import pwd
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.teaching import Options
from mdafilter.train import Report, Reporter, spool
from mdafilter.train.reporter import reporter
from tests.support import dovecot, postfix
from tests.support.house import ROOT
from tests.support.postfix import DOMAIN, Postfix

MESSAGE = b"From: root@stage.test\nTo: spam@stage.test\nSubject: Fwd: pills\n\nPlease learn.\nFrom here on.\n"
FOREIGN = "192.0.2.66"
XCLIENT = (
    "-o smtpd_authorized_xclient_hosts=127.0.0.0/8,[::1]/128 -o smtpd_relay_restrictions=permit_auth_destination,reject"
)


@pytest.fixture(scope="module")
def stage(installation: Path) -> Iterator[Postfix]:
    """Aliases as the manual has them, but for the place of the installation and of the configuration."""
    if reason := postfix.why_not():
        pytest.skip(reason)
    made = Postfix()
    for user in ("bob", "eve", "learner"):
        made.user(user)
    program = f"{installation}/bin/mdafilter train"
    (made.top / "train.toml").write_text(f'[train]\nspool = "{made.top}/spool"\nstate = "{made.top}/state"\n')
    made.main |= {
        "alias_maps": "hash:" + made.table("aliases", aliases(program, made.top / "train.toml")),
        "recipient_delimiter": "+",
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": "private/auth",
        "virtual_transport": "trainpipe",
        "virtual_mailbox_domains": "virtual.test",
        "virtual_mailbox_maps": "static:x",
        "trainpipe_destination_recipient_limit": "1",
    }
    made.put("bob", ".forward+spam", f'"|{program} spam -c {made.top}/train.toml"\n')
    made.master += [
        f"trainsmtp unix - - n - - smtpd {XCLIENT}",
        f"trainlogin unix - - n - - smtpd {XCLIENT} -o smtpd_sasl_auth_enable=yes",
        f"trainpipe unix - n n - - pipe flags=F user=nobody argv={program} ham -c {made.top}/train.toml -f ${{sender}}"
        " -r ${recipient} -e ${extension} --client-address=${client_address} --sasl-username=${sasl_username}",
    ]
    try:
        made.start()
        made.run("postalias", "/etc/postfix/aliases")
        spool.make(str(made.top / "spool"), made.users["learner"], made.users["learner"])
        yield made
    finally:
        made.stop()


def aliases(program: str, config: Path) -> str:
    return f"""\
spam: "|{program} spam -c {config}"
ham: "|{program} ham -c {config} || exit 75"
mistaken: "|{program} spam --folder x"
broken: "|/nonexistent/mdafilter train spam || exit 75"
unconfigured: "|{program} spam -c /nonexistent.toml"
"""


def smtp(stage: Postfix, recipient: str, sender: str, client: str = "", login: str = "") -> str:
    """A message by smtpd(8), which sees the client 127.0.0.1, or what XCLIENT says; its queue id."""
    before = [f"XCLIENT ADDR={client} NAME=mua.example"] if client else []
    plain = base64.b64encode(f"\0{login}\0test".encode()).decode()
    after = [f"AUTH PLAIN {plain}"] if login else []
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(stage.top / "queue/private" / ("trainlogin" if login else "trainsmtp")))
        answers = connection.makefile("rb")
        wire = MESSAGE.replace(b"\n", b"\r\n") + b".\r\n"
        envelope = [f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"]
        said = [f"{line}\r\n".encode() for line in (*before, "EHLO mua", *after, *envelope)]
        reply = answers.readline()
        for command in (*said, b"DATA\r\n", wire):
            connection.sendall(command)
            while (reply := answers.readline())[3:4] == b"-":
                pass
            assert reply[:1] in b"23", (command, reply)
    return reply.decode().split()[-1]


@pytest.fixture(scope="module")
def logins(stage: Postfix) -> Iterator[None]:
    """Dovecot inside, which Postfix asks who may log in."""
    if reason := dovecot.why_not():
        pytest.skip(reason)
    auth = (ROOT / "contrib/postfix/dovecot-auth.conf").read_text()
    with dovecot.running(stage, auth.replace("/var/spool/postfix", str(stage.top / "queue"))):
        yield


def taken(stage: Postfix) -> Report:
    """The one report in the spool, which is empty then."""
    folder = str(stage.top / "spool")
    (found,) = spool.take(folder)
    assert isinstance(found, Report), found
    spool.finish(folder, found.id)
    return found


def who(stage: Postfix, report: Report, **options: object) -> Reporter | str:
    names = {uid: name for name, uid in stage.users.items()}
    chosen = Options().replace(**options)
    return reporter(report, chosen, lambda uid: names.get(uid) or pwd.getpwuid(uid).pw_name)


def sent(stage: Postfix, queue_id: str) -> None:
    fate = stage.fate(queue_id)
    assert (fate.status, fate.dsn) == ("sent", "2.0.0"), fate


def test_a_client_of_the_network(stage: Postfix) -> None:
    sent(stage, smtp(stage, f"spam@{DOMAIN}", f"bob@{DOMAIN}"))
    report = taken(stage)
    assert report.uid == pwd.getpwnam("nobody").pw_uid
    assert report.verdict == "spam"
    assert dict(report.facts) == {
        "sender": f"bob@{DOMAIN}",
        "recipient": f"spam@{DOMAIN}",
        "original_recipient": f"spam@{DOMAIN}",
        "domain": DOMAIN,
        "client_address": "127.0.0.1",
        "client_name": "localhost",
        **({"user": report.facts["user"]} if "user" in report.facts else {}),
    }
    assert report.message.endswith(MESSAGE)
    assert not report.message.startswith(b"From ")
    assert who(stage, report) == Reporter("bob", "network", False, "bob")


def test_a_client_from_outside_is_queued_and_is_nobody(stage: Postfix) -> None:
    """It is the learner who refuses, so that the ledger has it; a bounce would go to whoever was forged."""
    sent(stage, smtp(stage, f"spam@{DOMAIN}", f"bob@{DOMAIN}", FOREIGN))
    assert who(stage, taken(stage)) == f"it came from outside ({FOREIGN})"


@pytest.mark.usefixtures("logins")
def test_who_has_logged_in_is_the_reporter_from_wherever(stage: Postfix) -> None:
    sent(stage, smtp(stage, f"ham@{DOMAIN}", f"bob@{DOMAIN}", FOREIGN, login="eve"))
    report = taken(stage)
    assert (report.facts["sasl_username"], report.facts["client_address"]) == ("eve", FOREIGN)
    assert who(stage, report) == Reporter("eve", "sasl", False, "eve")
    sent(stage, smtp(stage, f"ham+bob@{DOMAIN}", f"eve@{DOMAIN}", FOREIGN, login="eve"))
    report = taken(stage)
    assert who(stage, report) == "eve teaches nobody but himself, and this was sent for bob"
    assert who(stage, report, trusted=("eve",)) == Reporter("eve", "sasl", True, "bob")
    sent(stage, smtp(stage, "ham@virtual.test", "", FOREIGN, login="bob"))
    assert who(stage, taken(stage)) == Reporter("bob", "sasl", False, "bob")


def test_a_user_of_sendmail_is_himself_whatever_sender_he_gives(stage: Postfix) -> None:
    for sender in (f"bob@{DOMAIN}", f"root@{DOMAIN}", "<>"):
        before = len(stage.log())
        stage.run_as("eve", "/usr/sbin/sendmail", "-i", "-f", sender, "--", f"spam@{DOMAIN}", data=MESSAGE)
        stage.until(lambda before=before: "status=" in stage.log()[before:], "nothing became of it")  # type: ignore[misc]
        assert who(stage, taken(stage)) == Reporter("eve", "local", False, "eve")


def test_an_extension_names_for_whom(stage: Postfix) -> None:
    sent(stage, smtp(stage, f"ham+eve@{DOMAIN}", f"bob@{DOMAIN}"))
    report = taken(stage)
    assert (report.verdict, report.facts["extension"]) == ("ham", "eve")
    assert who(stage, report) == "bob teaches nobody but himself, and this was sent for eve"


def test_the_null_sender_is_nobody(stage: Postfix) -> None:
    sent(stage, smtp(stage, f"spam@{DOMAIN}", ""))
    assert who(stage, taken(stage)) == "it has the null sender: no person sent it"


def test_a_forward_file_reports_for_its_user_alone(stage: Postfix) -> None:
    sent(stage, smtp(stage, f"bob+spam@{DOMAIN}", f"bob@{DOMAIN}"))
    report = taken(stage)
    assert report.uid == stage.users["bob"]
    assert who(stage, report) == Reporter("bob", "local", False, "bob")
    sent(stage, smtp(stage, f"bob+spam@{DOMAIN}", f"eve@{DOMAIN}"))
    assert who(stage, taken(stage)) == "bob reports for himself alone, and this came from eve"
    sent(stage, smtp(stage, f"bob+spam@{DOMAIN}", f"bob@{DOMAIN}", FOREIGN))
    assert who(stage, taken(stage)) == f"it came from outside ({FOREIGN})"


def test_by_pipe(stage: Postfix) -> None:
    """pipe(8): "${sasl_username} ... This macro expands to the SASL user name" ("" here); "${client_address}"."""
    sent(stage, smtp(stage, "ham@virtual.test", "bob@virtual.test"))
    report = taken(stage)
    assert report.verdict == "ham"
    assert (report.facts["recipient"], report.facts["client_address"]) == ("ham@virtual.test", "127.0.0.1")
    assert who(stage, report) == Reporter("bob@virtual.test", "network", False, "bob@virtual.test")
    sent(stage, smtp(stage, "ham@virtual.test", "bob@virtual.test", FOREIGN))
    assert who(stage, taken(stage)) == f"it came from outside ({FOREIGN})"


@pytest.mark.parametrize(
    ("alias", "text"),
    [
        ("mistaken", "mdafilter: unknown argument; see mdafilter train spam --help"),
        ("broken", ""),
        ("unconfigured", "there is no such configuration file"),
    ],
)
def test_what_cannot_be_queued_stays_with_Postfix(stage: Postfix, alias: str, text: str) -> None:
    queue_id = smtp(stage, f"{alias}@{DOMAIN}", f"bob@{DOMAIN}")
    fate = stage.fate(queue_id)
    assert fate.status == "deferred", fate
    assert text in fate.text
    assert not stage.bounce_of(queue_id)
    stage.run("postsuper", "-d", queue_id)


def test_without_a_spool_it_is_tried_again_until_there_is_one(stage: Postfix) -> None:
    (stage.top / "spool").rename(stage.top / "away")
    queue_id = smtp(stage, f"spam@{DOMAIN}", f"bob@{DOMAIN}")
    fate = stage.fate(queue_id)
    assert (fate.status, fate.dsn) == ("deferred", "4.3.0")
    assert "No such file or directory" in fate.text
    (stage.top / "away").rename(stage.top / "spool")
    assert stage.retry(queue_id).status == "sent"
    assert taken(stage).facts["sender"] == f"bob@{DOMAIN}"


def test_a_hundred_reports_are_a_hundred_files(stage: Postfix) -> None:
    ids = [smtp(stage, f"spam@{DOMAIN}", f"bob@{DOMAIN}") for _ in range(100)]
    for queue_id in ids:
        sent(stage, queue_id)
    folder = str(stage.top / "spool")
    assert len(spool.names(folder)) == 100
    for name in spool.names(folder):
        spool.finish(folder, name)
    assert os.listdir(folder) == []
