"""The submission services of the shipped files, with a real login: a private Postfix, Dovecot and policy daemon.

RFC 6409 (submission), RFC 8314 (submissions, and no password without TLS), RFC 4954 (AUTH). The user who logs in sits in a
network, has a name and says one in EHLO that would each be refused of a stranger.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator

import pytest

from mdafilter import policy
from tests.support import dovecot, policyd_daemon, postfix
from tests.support import maze as support
from tests.support import submission as logins
from tests.support.dovecot import PASSWORD
from tests.support.maze import GOOD, Maze, ask, send
from tests.support.policyd_daemon import Daemon
from tests.support.submission import AWAY, AWAY_NAME, NOTEBOOK, SUBMISSION, SUBMISSIONS, submit, write

BOTH = pytest.mark.parametrize("port", [SUBMISSION, SUBMISSIONS])
OUTSIDE = "carol@friend.test"
FIRST_TLS = (530, b"5.7.0 Must issue a STARTTLS command first")


@pytest.fixture(scope="module")
def stage() -> Iterator[Maze]:
    if reason := support.why_not() or dovecot.why_not():
        pytest.skip(reason)
    with support.started(Maze(), *logins.ZONE) as made:
        (made.top / "etc/sender_logins").write_text(made.shipped("sender_logins"))
        with dovecot.running(made, made.shipped("dovecot-auth.conf")):
            yield made


@pytest.fixture(scope="module", autouse=True)
def daemon(stage: Maze, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("policyd")
    listen = ("--listen", f"unix:{stage.policy}")
    with policyd_daemon.daemon(folder, logins.configuration(stage), *listen) as running:
        yield running


# --- who may log in, and where ---------------------------------------------------------------------------------------


@BOTH
def test_who_has_logged_in_may_send_anywhere(stage: Maze, port: int) -> None:
    assert submit(stage, "alice", OUTSIDE, "dave@elsewhere.test", port=port).code == 250
    assert submit(stage, "alice", "reports@example.org", port=port).code == 250
    service = "submissions" if port == SUBMISSIONS else "submission"
    taken = f"postfix/{service}/smtpd\\[\\d+\\]: \\w+: client=.*sasl_method=PLAIN, sasl_username=alice"
    stage.until(lambda: bool(re.search(taken, stage.log())), "no user is in the log")


@BOTH
@pytest.mark.parametrize("to", [OUTSIDE, "alice@example.org"])
def test_who_has_not_may_send_nowhere(stage: Maze, port: int, to: str) -> None:
    with logins.session(stage, port) as client:
        assert write(client, "alice@example.org", to).line == (
            f"554 5.7.1 <{AWAY_NAME}[{AWAY}]>: Client host rejected: Access denied"
        )


@BOTH
def test_not_even_from_this_host(stage: Maze, port: int) -> None:
    """permit_mynetworks is in none of the lists: a program that is broken into has no password."""
    with logins.session(stage, port, "127.0.0.1", "localhost") as client:
        assert write(client, "alice@example.org", OUTSIDE).code == 554


def test_without_tls_there_is_no_login(stage: Maze) -> None:
    """postconf(5), smtpd_tls_auth_only, which encrypt implies: "do not announce or accept SASL authentication over
    unencrypted connections"."""
    with smtplib.SMTP(stage.address, SUBMISSION, NOTEBOOK, timeout=60) as client:
        client.ehlo()
        assert client.has_extn("starttls") and not client.has_extn("auth")
        assert client.docmd("AUTH", "PLAIN AGFsaWNlAHRlc3Q=") == FIRST_TLS
        assert client.docmd("MAIL FROM:<alice@example.org>") == FIRST_TLS


@BOTH
def test_in_tls_there_is(stage: Maze, port: int) -> None:
    with logins.session(stage, port) as client:
        assert client.esmtp_features["auth"].split() == ["PLAIN"]


def test_where_others_bring_mail_nobody_logs_in(stage: Maze) -> None:
    with stage.client() as client:
        client.starttls(context=logins.trusting())
        client.ehlo(GOOD["helo"])
        assert not client.has_extn("auth")
        assert client.docmd("AUTH", "PLAIN AGFsaWNlAHRlc3Q=") == (503, b"5.5.1 Error: authentication not enabled")


@BOTH
def test_a_wrong_password_is_refused(stage: Maze, port: int) -> None:
    with logins.session(stage, port) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            client.login("alice", "wrong")
        assert (refused.value.smtp_code, refused.value.smtp_error[:5]) == (535, b"5.7.8")
        assert write(client, "alice@example.org", OUTSIDE).code == 554


def test_an_address_that_nobody_has_is_told_at_once(stage: Maze) -> None:
    assert submit(stage, "alice", "alcie@example.org").line.startswith("550 5.1.1 <alcie@example.org>: Recipient")
    assert submit(stage, "alice", "reports").line.startswith(
        "504 5.5.2 <reports>: Recipient address rejected: need fully"
    )
    assert submit(stage, "alice", OUTSIDE, sender="alice@pc").line.startswith("504 5.5.2 <alice@pc>: Sender address")


# --- what the policy service does ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({"address": AWAY}, "Too much spam from this network"),
        ({"address": "198.51.100.9", "name": AWAY_NAME}, "Too much spam from China"),
        ({"address": "198.51.100.66"}, "blocked using zen.spamhaus.org"),
        ({"address": "198.51.100.20", "helo": NOTEBOOK}, "Helo command rejected"),
        ({"address": "198.51.100.20", "sender": "alice@example.org"}, "SPF"),
        ({"address": "198.51.100.20", "sender": "bob@onlyaddress.test"}, "Greylisted"),
    ],
    ids=["a network", "a country", "a list of the DNS", "HELO", "SPF", "greylisting"],
)
def test_what_stops_a_stranger_stops_no_user(stage: Maze, daemon: Daemon, place: dict[str, str], text: str) -> None:
    assert text in ask(stage, to="reports@example.org", **{"sender": "", **place}).text
    before = len(daemon.said)
    with logins.session(stage, SUBMISSION, place["address"], place.get("name", "[UNAVAILABLE]")) as client:
        client.login("alice", PASSWORD)
        reply = write(client, place.get("sender", "alice@example.org"), "reports@example.org")
    assert reply.line.startswith("250 2.0.0 Ok")
    assert "sasl_username=alice" not in daemon.said[before:]  # what is decided is said there


def test_whom_a_user_has_written_to_may_answer_at_once(stage: Maze) -> None:
    """greylist: "from ourselves (SASL, own networks) pass; the recipient may write back: it is known"."""
    answer = {"address": "198.51.100.30", "sender": "Erin+work@friend.test", "to": "alice@example.org"}
    assert "Greylisted" in ask(stage, **answer).text
    assert submit(stage, "alice", "erin@friend.test", "frank@friend.test").code == 250  # several: each is asked about
    assert ask(stage, **answer).line == "250 2.1.5 Ok"
    assert ask(stage, **{**answer, "sender": "frank@friend.test"}).line == "250 2.1.5 Ok"
    assert "Greylisted" in ask(stage, **{**answer, "to": "reports@example.org"}).text  # who has not written to her
    assert "Greylisted" in ask(stage, **{**answer, "sender": "grace@friend.test"}).text


def test_who_has_stolen_a_password_does_not_get_far(stage: Maze, daemon: Daemon) -> None:
    """By any port, as any sender, by however many connections: it is the login that is counted."""
    sent = [
        submit(stage, "mallory", OUTSIDE, port=(SUBMISSION, SUBMISSIONS)[n % 2], sender=f"someone{n}@elsewhere.test")
        for n in range(5)
    ]
    assert [reply.code for reply in sent] == [250] * 4 + [450]
    assert sent[4].line == (
        f"450 4.7.1 <{OUTSIDE}>: Recipient address rejected: "
        "Too many messages from mallory: at most 4 in 1h; please try again later"
    )
    daemon.wait_for(
        f"SASL user mallory has passed 4 messages in 1h, now from {AWAY}: if it is not the user, change the password"
    )
    assert submit(stage, "mallory", "alice@example.org").code == 450  # to our own users, too
    office = "55.66.77.8"  # OK in client_restrictions: excuses nobody
    assert submit(stage, "mallory", OUTSIDE, address=office).code == 450
    assert submit(stage, "alice", OUTSIDE).code == 250  # and nobody else waits for that


def test_recipients_are_counted_within_a_message(stage: Maze) -> None:
    with logins.session(stage) as client:
        client.login("oscar", PASSWORD)
        reply = write(client, "oscar@example.org", *(f"victim{n}@friend.test" for n in range(8)))
    assert reply.line == (
        "450 4.7.1 <victim6@friend.test>: Recipient address rejected: "
        "Too many recipients from oscar: at most 6 in 1h; please try again later"
    )


# --- how a message tells --------------------------------------------------------------------------------------------


def delivered(stage: Maze, subject: str) -> str:
    """The header of alice's message with this subject."""
    found: list[str] = []

    def arrived() -> bool:
        new = postfix.messages(stage.top / "home/alice/Maildir").get("", [])
        found[:] = [header for path in new if f"\nSubject: {subject}\n" in (header := path.read_text()) + "\n"]
        return bool(found)

    stage.until(arrived, f"{subject} was not delivered")
    return re.sub(r"\n[ \t]+", " ", found[0].partition("\n\n")[0])


def received(header: str) -> str:
    """The Received field that stands on top: the one that we have written."""
    match = re.search(r"^Received: .*", header, re.MULTILINE)
    assert match is not None, header
    return match[0]


def facts(header: str) -> dict[str, str]:
    match = re.search(r"^X-Mdafilter-Policy: (.*)", header, re.MULTILINE)
    assert match is not None, header
    read = policy.read(match[1], "0123456789abcdef")
    assert read is not None
    return read


def test_a_message_says_whether_its_sender_had_logged_in(stage: Maze) -> None:
    """RFC 3848: ESMTPSA is for both STARTTLS and SMTP AUTH. Only the field on top is of this server."""
    forged = (
        b"Received: from x (x [1.2.3.4])\r\n\tby mail.example.org (Postfix) with ESMTPSA id 1\r\n\tfor <a@b>; today\r\n"
    )
    with logins.session(stage) as client:
        client.login("alice", PASSWORD)
        assert (
            write(client, "alice@example.org", "alice@example.org", content=b"Subject: ours\r\n\r\nx\r\n").code == 250
        )
    stranger = {"address": "198.51.100.40", "sender": "erin@friend.test", "to": "alice+x@example.org"}
    assert send(stage, forged + b"Subject: theirs\r\n\r\nx\r\n", **stranger).code == 250
    ours, theirs = delivered(stage, "ours"), delivered(stage, "theirs")
    assert " by mail.example.org (Postfix) with ESMTPSA id " in received(ours)
    assert " by mail.example.org (Postfix) with ESMTP id " in received(theirs)
    assert facts(ours)["greylist"] == "ours" and facts(theirs)["greylist"] == "known"


# --- the options ----------------------------------------------------------------------------------------------------


@pytest.fixture
def options(stage: Maze) -> Iterator[None]:
    """The lines that are there in comments, without the #."""
    before = {name: (stage.top / "etc" / name).read_text() for name in ("main.cf", "master.cf")}
    assert before["main.cf"].count("#smtpd_sasl_authenticated_header") == 1
    assert before["master.cf"].count("\n#  -o smtpd_sender_restrictions=") == 2

    def reload(texts: dict[str, str], code: int) -> None:
        for name, text in texts.items():
            postfix.settle(stage.top / "etc" / name, text)
        stage.run("postfix", "reload")
        stage.until(lambda: submit(stage, "alice", OUTSIDE, sender="bob@example.org").code == code, "it did not reload")

    main = re.sub(r"(?m)^#(?=smtpd_sasl_authenticated_header|smtpd_sender_login_maps)", "", before["main.cf"])
    reload({"main.cf": main, "master.cf": before["master.cf"].replace("\n#  -o", "\n  -o")}, 553)
    yield
    reload(before, 250)


def test_as_it_is_a_user_may_write_as_anybody(stage: Maze) -> None:
    assert submit(stage, "alice", OUTSIDE, sender="bob@example.org").code == 250


def test_a_user_writes_only_as_the_addresses_that_are_his(stage: Maze, options: None) -> None:
    """postconf(5), reject_sender_login_mismatch: "the client login name doesn't own the MAIL FROM address"."""
    refused = "553 5.7.1 <{}>: Sender address rejected: not owned by user alice"
    for port in (SUBMISSION, SUBMISSIONS):
        with logins.session(stage, port) as client:
            client.login("alice", PASSWORD)
            for own in ("alice@example.org", "Alice+shop@Example.org", "sales@example.org", ""):
                assert write(client, own, OUTSIDE).code == 250, own
            for other in ("bob@example.org", "alice@elsewhere.test", "alice@mail.example.org"):
                assert write(client, other, OUTSIDE).line == refused.format(other)
    assert ask(stage, sender="alice@example.org", to="postmaster@example.org").code == 250  # at port 25 nothing changes


def test_the_name_of_the_login_can_stand_in_the_message(stage: Maze, options: None) -> None:
    with logins.session(stage) as client:
        client.login("alice", PASSWORD)
        assert (
            write(client, "alice@example.org", "alice@example.org", content=b"Subject: named\r\n\r\nx\r\n").code == 250
        )
    assert "(Authenticated sender: alice)" in received(delivered(stage, "named"))


# --- the files as such ----------------------------------------------------------------------------------------------


def test_postfix_check_has_nothing_to_say(stage: Maze) -> None:
    said = policyd_daemon.command("postfix-check", "-c", f"{stage.top}/etc", "--remote", "friend.test")
    assert said == (
        "Nothing differs from what main.cf.example wants.\n"
        f"{stage.address}:10525: 30 ways to relay were tried, 0 are open\n"
    )


def test_nobody_has_complained(stage: Maze, daemon: Daemon) -> None:
    for command in (("postconf", "-n"), ("postconf", "-M"), ("postfix", "check")):
        assert stage.run(*command).stderr == b""
    warnings = [line for line in stage.log().splitlines() if re.search(r": (?:warning|error|fatal): ", line)]
    assert [line for line in warnings if "SASL PLAIN authentication failed" not in line] == []
    assert daemon.process.poll() is None and "Traceback" not in daemon.said
