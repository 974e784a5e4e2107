"""What mdafilter-policyd found is what the rules of the recipient go by: Postfix, the daemon and mdafilter, each the real one.

alice and anna are asked for, carl and cora are not (opt_out), so that what a client sends is the topmost field for them.
alice and carl get mail by mailbox_command, anna and cora over LMTP.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mdafilter import policy
from tests.support import maze, policyd_daemon, postfix
from tests.support.maze import ZONE, Maze, send

NAME = b"X-Mdafilter-Policy"
SECRET = "a secret of the daemon and of mdafilter"
RULES = """\
require ["environment", "fileinto", "mailbox"];
if environment :is "vnd.mdafilter.policy.spf" "pass" { fileinto :create "Passed"; }
elsif environment :contains "vnd.mdafilter.policy.spf" "" { fileinto :create "Known"; }
"""
DAEMON = """\
header_secret_file = "{top}/secret"
hostname = "mail.example.org"
nameservers = ["{address}"]
socket_mode = "0666"
opt_out = ["carl@", "cora@"]
[spf]
mode = "on"
"""
CONFIG = '[spamd]\nenabled = "off"\n[policy]\nsecret_file = "{top}/secret"\n'
ASKED, NOT_ASKED = ("alice", "anna"), ("carl", "cora")
FRIEND = {"address": "192.0.2.10", "sender": "bob@friend.test"}  # whom SPF lets pass
STRANGER = {"address": "198.51.100.7", "sender": "eve@onlyaddress.test"}  # whose domain has no SPF


@pytest.fixture(scope="module")
def running(installation: Path, shipped: dict[str, str]) -> Iterator[Maze]:
    if reason := maze.why_not():
        pytest.skip(reason)
    made = Maze()
    (made.top / "secret").write_text(f"{SECRET}\n")
    (made.top / "secret").chmod(0o644)
    for name in (*ASKED, *NOT_ASKED):
        made.user(name)
        made.put(name, ".mdafilter.sieve", RULES)
        made.put(name, ".config/mdafilter/mdafilter.toml", CONFIG.format(top=made.top))
    made.add_main(shipped["main.cf.mailbox_command"])
    made.add_main(
        "mailbox_transport_maps = inline:{anna=lmtp:unix:private/mdafilter, cora=lmtp:unix:private/mdafilter}"
    )
    made.add_main("lmtp_send_xforward_command = yes")
    made.zone = [*ZONE, 'txt-record=friend.test,"v=spf1 ip4:192.0.2.0/28 -all"']
    (made.top / "policyd").mkdir()
    configuration = DAEMON.format(top=made.top, address=made.address)
    try:
        made.start()
        made.serve(installation, "--lmtp", f"unix:{made.top}/queue/private/mdafilter")
        listen = ("--listen", f"unix:{made.policy}")
        with policyd_daemon.daemon(made.top / "policyd", configuration, *listen):
            yield made
    finally:
        made.stop()


def field(text: str, secret: str) -> bytes:
    return NAME + f": {text}; sign={policy.sign(text, secret)}\n".encode()


def deliver(stage: Maze, user: str, subject: str, who: dict[str, str], fields: bytes = b"") -> tuple[str, bytes]:
    """The folder that the message is in, and its header."""
    head = f"From: {who['sender']}\nMessage-ID: <{subject.replace(' ', '.')}@{user}>\nSubject: {subject}\n"
    message = fields + head.encode() + b"\nhello\n"
    reply = send(stage, message, to=f"{user}@example.org", **who)
    assert reply.code == 250, reply.line
    found: list[tuple[str, bytes]] = []

    def arrived() -> bool:
        for folder, files in postfix.messages(stage.top / "home" / user / "Maildir").items():
            headers = [file.read_bytes().partition(b"\n\n")[0] for file in files if folder != "tmp"]
            found.extend((folder, header) for header in headers if f"\nSubject: {subject}".encode() in header)
        return bool(found)

    stage.until(arrived, f"{subject} was not delivered to {user}")
    return found[0]


def journal(stage: Maze, user: str, subject: str) -> dict[str, Any]:
    """The line about a message in the user's journal, which is written after the message."""
    file, wanted = stage.top / "home" / user / ".local/state/mdafilter/journal.jsonl", subject.replace(" ", ".")
    found: list[dict[str, Any]] = []

    def written() -> bool:
        lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
        found.extend(entry for entry in map(json.loads, lines) if entry.get("message_id") == f"<{wanted}@{user}>")
        return bool(found)

    stage.until(written, f"nothing is said of {subject} to {user}")
    return found[0]


@pytest.mark.parametrize("user", ASKED)
def test_a_rule_files_by_what_the_daemon_found(running: Maze, user: str) -> None:
    folder, header = deliver(running, user, "passed", FRIEND)
    assert folder == ".Passed", header
    assert header.count(NAME) == 1 and b"X-Original-" + NAME not in header
    assert journal(running, user, "passed")["policy"].startswith(
        "spf=pass, spf-helo=none, spf-domain=friend.test (signed by the policy daemon, client 192.0.2.10, "
    )
    assert deliver(running, user, "none", STRANGER)[0] == ".Known"


@pytest.mark.parametrize("user", ASKED)
def test_what_the_client_sends_is_below_and_is_renamed(running: Maze, user: str) -> None:
    """Signed or not: it has no chance against what the daemon says of this message."""
    now = int(time.time())
    forged = NAME + b": time=%d; client=198.51.100.7; spf=pass; sign=%s\n" % (now, b"0" * 32)
    stolen = field(f"time={now}; client=198.51.100.7; spf=pass", SECRET)
    folder, header = deliver(running, user, "forged", STRANGER, forged + stolen)
    assert folder == ".Known", header
    lines = [line for line in header.splitlines() if NAME in line]
    assert [line.partition(b":")[0] for line in lines] == [NAME, b"X-Original-" + NAME, b"X-Original-" + NAME]
    assert b"spf=none" in lines[0] and [b"X-Original-" + forged.strip(), b"X-Original-" + stolen.strip()] == lines[1:]


@pytest.mark.parametrize("user", NOT_ASKED)
@pytest.mark.parametrize(
    ("client", "ago", "secret", "why"),
    [
        ("198.51.100.7", 60, "guessed by somebody", "it is not signed with our secret"),
        ("192.0.2.10", 60, SECRET, "it is about the client 192.0.2.10, and this message came from 198.51.100.7"),
        ("198.51.100.7", 7 * 86400, SECRET, "it was signed 7 days before"),
    ],
    ids=["forged", "replayed by another client", "old"],
)
def test_where_nothing_stands_above_it_is_not_believed_either(
    running: Maze, user: str, client: str, ago: int, secret: str, why: str
) -> None:
    forged = field(f"time={int(time.time()) - ago}; client={client}; spf=pass", secret)
    subject = f"{client} {ago} {secret[:9]}"
    folder, header = deliver(running, user, subject, STRANGER, forged)
    assert folder == "", header
    assert b"X-Original-" + forged.strip() in header and b"\n" + NAME not in b"\n" + header
    assert journal(running, user, subject)["policy"] == f"not believed: {why}"


@pytest.mark.parametrize("user", NOT_ASKED)
def test_a_message_without_the_field_is_as_ever(running: Maze, user: str) -> None:
    folder, header = deliver(running, user, "plain", FRIEND)
    assert (folder, NAME in header, "policy" in journal(running, user, "plain")) == ("", False, False)


def test_what_is_submitted_on_this_host_has_no_client(running: Maze) -> None:
    """sendmail(1): a message that a program here sends on is still the one of that client. And nothing is in doubt."""
    text = f"time={int(time.time())}; client=192.0.2.10; spf=pass"
    running.send("alice@example.org", field(text, SECRET) + b"From: a@example.org\nSubject: sent on\n\nhello\n")
    inbox = running.top / "home/alice/Maildir/.Passed"
    running.until(lambda: any(b"sent on" in f.read_bytes() for f in inbox.glob("new/*")), "it was not delivered")


def test_explain_says_what_a_delivery_goes_by(running: Maze, installation: Path) -> None:
    deliver(running, "alice", "explained", FRIEND)
    file = next(
        f for f in (running.top / "home/alice/Maildir/.Passed").glob("new/*") if b": explained" in f.read_bytes()
    )
    said = running.run_as("alice", str(installation / "bin/mdafilter"), "explain", str(file)).stdout.decode()
    assert (
        "\npolicy: spf=pass, spf-helo=none, spf-domain=friend.test (signed by the policy daemon, client 192.0.2.10, "
        in said
    )
    assert "-> folder Passed" in said
