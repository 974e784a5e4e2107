"""A Postfix from the shipped files, unchanged but for paths and addresses: who must not come in does not, and hears why.

The lists of main.cf are asked in their order, so each client here is good in all but one thing. What the policy service
says is a table (tests/support/policytable.py): here it matters when it is asked, and what of.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mdafilter_policyd import openrelay, postfixcheck
from tests.support import maze as support
from tests.support import postfix
from tests.support.maze import GOOD, Maze, ask, send
from tests.support.policytable import PolicyTable


@pytest.fixture(scope="module")
def stage() -> Iterator[Maze]:
    if reason := support.why_not():
        pytest.skip(reason)
    with support.started(Maze()) as made:
        yield made


@pytest.fixture
def policy(stage: Maze) -> Iterator[PolicyTable]:
    made = PolicyTable(stage.policy)
    yield made
    made.close()


def maildir(stage: Maze) -> Path:
    return stage.top / "home/alice/Maildir"


# --- who may come in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who",
    [
        {},
        {"address": "2001:db8::7"},
        {"sender": ""},
        {"sender": "bob@onlyaddress.test"},
        {"to": "alice+shop@example.org"},
        {"to": "postmaster@example.org"},
        {"to": "postmaster"},
        {"to": "abuse@mail.example.org"},
        {"helo": "[192.0.2.10]"},
        {"helo": "AM5PR04MB3282.eurprd04.prod.exchange.corp.microsoft.com"},
        {"helo": "nobody.knows.this.name.test"},
        {"address": "", "sender": "root@printer", "to": "spam@example.org"},
        {"address": "", "to": "someone@elsewhere.test"},
    ],
    ids=str,
)
def test_the_good_come_in(stage: Maze, policy: PolicyTable, who: dict[str, str]) -> None:
    assert ask(stage, **who).line == "250 2.1.5 Ok"


# --- each restriction -------------------------------------------------------------------------------------------------

REFUSED = [
    ({"helo": "no_-..name"}, "501 5.5.2 <no_-..name>: Helo command rejected: Invalid name"),
    ({"helo": "192.0.2.10"}, "504 5.5.2 <192.0.2.10>: Helo command rejected: need fully-qualified hostname"),
    ({"helo": "[192.0.2.999]"}, "501 5.5.2 <[192.0.2.999]>: Helo command rejected: invalid ip address"),
    ({"helo": "pc"}, "504 5.5.2 <pc>: Helo command rejected: need fully-qualified hostname"),
    ({"helo": "mail.example.org"}, "550 5.7.1 <mail.example.org>: Helo command rejected: You are not mail.example.org"),
    ({"helo": "EXAMPLE.org"}, "550 5.7.1 <EXAMPLE.org>: Helo command rejected: You are not example.org"),
    ({"helo": "localhost"}, "550 5.7.1 <localhost>: Helo command rejected: You are not localhost"),
    ({"sender": "bob@pc"}, "504 5.5.2 <bob@pc>: Sender address rejected: need fully-qualified address"),
    ({"sender": "bob@unknown.test"}, "550 5.1.8 <bob@unknown.test>: Sender address rejected: Domain not found"),
    ({"sender": "bob@takesnomail.test"}, "550 5.7.27 <bob@takesnomail.test>: Sender address rejected: Domain takesnomail.test does not accept mail (nullMX)"),
    ({"to": "alice"}, "504 5.5.2 <alice>: Recipient address rejected: need fully-qualified address"),
    ({"to": "bob@friend.test"}, "554 5.7.1 <bob@friend.test>: Relay access denied"),
    ({"to": "nobody.here@example.org"}, "550 5.1.1 <nobody.here@example.org>: Recipient address rejected: User unknown in local recipient table"),
    ({"to": "spam@example.org"}, "550 5.7.1 <spam@example.org>: Recipient address rejected: This address is for the users of this server"),
    ({"to": "ham@mail.example.org"}, "550 5.7.1 <ham@mail.example.org>: Recipient address rejected: This address is for the users of this server"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "line"), REFUSED, ids=[str(who) for who, _ in REFUSED])
def test_each_restriction_refuses_what_it_should(
    stage: Maze, policy: PolicyTable, who: dict[str, str], line: str
) -> None:
    assert ask(stage, **who).line == line
    assert policy.asked == []  # what is refused by then costs the policy service nothing


def test_without_a_name_there_is_no_mail(stage: Maze) -> None:
    with stage.client(GOOD["address"]) as client:
        assert client.docmd("MAIL FROM:<bob@friend.test>") == (503, b"5.5.1 Error: send HELO/EHLO first")


def test_nobody_learns_which_addresses_there_are(stage: Maze) -> None:
    with stage.client(GOOD["address"]) as client:
        client.ehlo(GOOD["helo"])
        assert not client.has_extn("vrfy")
        assert client.docmd("VRFY alice") == (502, b"5.5.1 VRFY command is disabled")


def test_a_helo_is_refused_only_when_the_recipient_is_known(stage: Maze, policy: PolicyTable) -> None:
    with stage.client(GOOD["address"]) as client:
        assert client.docmd("EHLO pc")[0] == 250
        assert client.docmd("MAIL FROM:<bob@friend.test>")[0] == 250
        assert client.docmd("RCPT TO:<alice@example.org>")[0] == 504
    assert "from=<bob@friend.test> to=<alice@example.org> proto=ESMTP helo=<pc>" in stage.log()


# --- the policy service ------------------------------------------------------------------------------------------------


def test_the_policy_service_is_asked_last_and_of_everything(stage: Maze, policy: PolicyTable) -> None:
    assert send(stage, b"Subject: hello\n\nhello\n").code == 250
    at_rcpt, at_data = policy.asked
    assert at_rcpt["protocol_state"] == "RCPT" and at_data["protocol_state"] == "DATA"
    assert at_rcpt["instance"] == at_data["instance"]
    assert at_rcpt["client_address"] == "192.0.2.10" and at_rcpt["helo_name"] == "mail.friend.test"
    assert (at_rcpt["sender"], at_rcpt["recipient"]) == ("bob@friend.test", "alice@example.org")
    assert at_data["recipient_count"] == "1"


def test_what_it_refuses_is_refused_with_its_text(stage: Maze, policy: PolicyTable) -> None:
    policy.answer = lambda a: "554 5.7.1 130.117.0.0/16 is blocked, see https://example.org/blocked"
    assert ask(stage).line == (
        "554 5.7.1 <alice@example.org>: Recipient address rejected: 130.117.0.0/16 is blocked, "
        "see https://example.org/blocked"
    )
    policy.answer = lambda a: "DEFER_IF_PERMIT 4.7.1 Greylisted, come back in 300 seconds"
    assert ask(stage).line == (
        "450 4.7.1 <alice@example.org>: Recipient address rejected: Greylisted, come back in 300 seconds"
    )


def test_its_yes_opens_no_relay_and_no_mailbox(stage: Maze, policy: PolicyTable) -> None:
    policy.answer = lambda a: "OK"
    assert ask(stage, to="bob@friend.test").line == "554 5.7.1 <bob@friend.test>: Relay access denied"
    assert ask(stage, to="nobody.here@example.org").code == 550


def test_at_data_it_may_refuse_too_and_our_own_hosts_are_asked_about(stage: Maze, policy: PolicyTable) -> None:
    policy.answer = lambda a: "DEFER 4.7.1 Too much mail" if a["protocol_state"] == "DATA" else "DUNNO"
    assert send(stage, b"", address="").line == "450 4.7.1 <DATA>: Data command rejected: Too much mail"
    assert [a["protocol_state"] for a in policy.asked] == ["DATA"]  # rates, also of a trusted client


def test_it_can_give_two_header_fields(stage: Maze, policy: PolicyTable) -> None:
    """access(5), PREPEND: one action in an answer; "this action must execute before the message content is received"."""
    policy.answer = lambda a: f"PREPEND X-{a['protocol_state']}: yes"
    before = len(postfix.messages(maildir(stage)).get("", []))
    assert send(stage, b"Subject: two fields\n\nhello\n").code == 250
    stage.until(lambda: len(postfix.messages(maildir(stage)).get("", [])) > before, "nothing was delivered")
    newest = max(postfix.messages(maildir(stage))[""], key=lambda p: p.stat().st_mtime_ns).read_text()
    assert "X-RCPT: yes\n" in newest and "X-DATA: yes\n" in newest


def test_without_it_mail_goes_on(stage: Maze) -> None:
    assert not stage.policy.exists()
    assert ask(stage).line == "250 2.1.5 Ok"
    assert send(stage, b"Subject: hello\n\nhello\n").code == 250
    assert ask(stage, to="bob@friend.test").code == 554


# --- how a client talks ------------------------------------------------------------------------------------------------


def test_who_talks_without_listening_is_cut_off(stage: Maze) -> None:
    with socket.create_connection((stage.address, 25), 60) as connection:
        connection.sendall(b"HELO mail.friend.test\r\nMAIL FROM:<bob@friend.test>\r\nRCPT TO:<alice@example.org>\r\n")
        said = connection.makefile("rb").read()
    assert said.endswith(b"554 5.5.0 Error: SMTP protocol synchronization\r\n")


def test_a_message_ends_at_a_dot_between_proper_line_ends_and_nowhere_else(stage: Maze, policy: PolicyTable) -> None:
    """RFC 5321 section 4.1.1.4: the end is CR LF . CR LF; section 2.3.8: servers MUST NOT take a bare LF for a line end."""
    inside = b"MAIL FROM:<boss@example.org>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\nSubject: forged\r\n\r\n"
    for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n"):
        policy.asked.clear()
        with stage.client(GOOD["address"]) as client:
            client.ehlo(GOOD["helo"])
            client.mail(GOOD["sender"])
            client.rcpt(GOOD["to"])
            client.docmd("DATA")
            client.send(b"Subject: one\r\n\r\nhello" + end + inside + b"\r\n.\r\n")
            assert client.getreply()[0] == 250
            assert client.noop() == (250, b"2.0.0 Ok")  # one message, one answer
        assert [a["sender"] for a in policy.asked] == ["bob@friend.test"] * 2


# --- attachments -------------------------------------------------------------------------------------------------------


def attached(field: str) -> bytes:
    part = f"--b\n{field}\n\nAAAA\n"
    return f"Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n{part}--b--\n".encode()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ('Content-Type: application/octet-stream; name="setup.exe"', "A program (exe) is attached, and programs"),
        ("Content-Type: application/octet-stream;\n\tname=invoice.pdf.SCR", "A program (SCR) is attached"),
        ('Content-Disposition: attachment; filename="a.b.pif . "', "A program (pif) is attached"),
        ("Content-Disposition: attachment; filename*=utf-8''rechnung.vbs", "A script (vbs) is attached"),
        ('Content-Disposition: attachment; filename*0="set"; filename*1="up.exe"', "A program (exe) is attached"),
        ('Content-Disposition: attachment; filename="invoice.lnk"; size=7', "A file that starts programs (lnk)"),
        ('Content-Disposition: inline; filename="i.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}"', "under a hidden name"),
        ("Content-Type: application/x-msdownload", "A program is attached"),
        ("Content-Type: message/partial; id=1; number=1; total=2", "Messages in pieces are not accepted"),
    ],
)
def test_programs_are_refused_at_the_end_of_the_message(
    stage: Maze, policy: PolicyTable, field: str, text: str
) -> None:
    reply = send(stage, attached(field))
    assert reply.line.startswith("550 5.7.1 ") and text in reply.text
    alone = f"Subject: x\nMIME-Version: 1.0\n{field}\n\nAAAA\n"
    assert send(stage, alone.encode()).line == reply.line
    forwarded = attached(f"Content-Type: message/rfc822\n\n{alone}")
    assert send(stage, forwarded).line == reply.line


@pytest.mark.parametrize(
    "field",
    [
        'Content-Type: application/pdf; name="setup.exe.pdf"',
        'Content-Disposition: attachment; filename="the regexp of example.com"',
        'Content-Type: text/html; name="www.example.com"; charset=utf-8',
        "Content-Description: setup.exe is not in here",
        "Content-Type: application/zip; name=executables.zip",
    ],
)
def test_what_is_no_program_comes_in(stage: Maze, policy: PolicyTable, field: str) -> None:
    assert send(stage, attached(field)).code == 250


def test_header_checks_refuse_too(stage: Maze, policy: PolicyTable) -> None:
    reply = send(stage, b"Subject: invoice.pdf          .exe\n\nhello\n")
    assert reply.line == "550 5.7.1 Programs are not accepted by mail here. Please send a link"


# --- the files as such --------------------------------------------------------------------------------------------------


def test_tls_is_there(stage: Maze) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with stage.client() as client:
        client.ehlo(GOOD["helo"])
        assert client.starttls(context=trusting)[0] == 220


def test_postfix_finds_nothing_wrong_with_the_files(stage: Maze) -> None:
    for command in (("postconf", "-n"), ("postconf", "-M")):
        assert stage.run(*command).stderr == b""  # "warning: unused parameter", "undefined parameter"
    assert not [line for line in stage.log().splitlines() if ": warning: " in line and "policy" not in line]


# --- is it an open relay? ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stranger", [True, False], ids=["by XCLIENT", "at the port that trusts nobody"])
def test_every_old_trick_is_refused(stage: Maze, policy: PolicyTable, stranger: bool) -> None:
    policy.answer = lambda a: "OK"  # whatever the policy service says
    server = openrelay.Server(stage.address, 25 if stranger else 10525)
    assert server.stranger
    server.stranger = stranger
    names = openrelay.Names("example.org", "mail.example.org", stage.address, remote="friend.test")
    replies = list(server.ask(names))
    assert [reply for reply in replies if reply.relays] == []
    assert sum(reply.text.endswith("Relay access denied") for reply in replies) > 20


def test_postfix_check_says_so(stage: Maze) -> None:
    done = CliRunner().invoke(postfixcheck.main, ["-c", f"{stage.top}/etc", "--remote", "friend.test"])
    assert done.output == (
        "Nothing differs from what main.cf.example wants.\n"
        f"{stage.address}:10525: 30 ways to relay were tried, 0 are open\n"
    )


def test_postfix_check_finds_an_open_relay(stage: Maze) -> None:
    main = stage.top / "etc/main.cf"
    before = main.read_text()
    try:
        lists = "smtpd_recipient_restrictions =\nsmtpd_relay_restrictions = check_sender_access static:OK, reject\n"
        postfix.settle(main, before + lists)
        stage.run("postfix", "reload")
        stage.until(lambda: ask(stage, to="carol@elsewhere.test").code == 250, "Postfix did not reload")
        done = CliRunner().invoke(postfixcheck.main, ["-c", f"{stage.top}/etc", "--remote", "friend.test"])
    finally:
        postfix.settle(main, before)
        stage.run("postfix", "reload")
        stage.until(lambda: ask(stage, to="carol@elsewhere.test").code == 554, "Postfix did not reload")
    assert done.exit_code == 1
    assert (
        "OPEN RELAY: open relay\n  is       MAIL FROM:<> RCPT TO:<relaytest@friend.test>: 250 2.1.5 Ok" in done.output
    )
    assert "OPEN RELAY: " in done.output.partition("check_sender_access static:OK may say yes before")[0]
