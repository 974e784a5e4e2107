"""What an LMTP server hears from Postfix with main.cf.lmtp and main.cf.virtual_lmtp: a table in contrib/postfix/README.md.

The server is one of the test's, which takes everything and writes down what it was told.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import ROOT
from tests.support.postfix import DOMAIN, Postfix

OFFERS = b"250-sink\r\n250-DSN\r\n250-XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT\r\n250 ENHANCEDSTATUSCODES\r\n"
MESSAGE = b"Subject: x\n\nx\n"


class Sink:
    """Takes all mail. `said` has the commands of all sessions, each in one piece."""

    def __init__(self, path: Path) -> None:
        self.said: list[str] = []
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(path))
        path.chmod(0o666)
        self.listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        recipients = 0
        with connection, connection.makefile("rwb", buffering=0) as line:
            line.write(b"220 sink\r\n")
            while octets := line.readline():
                command = octets.decode().rstrip()
                self.said.append(command)
                verb = command[:4].upper()
                recipients = recipients + 1 if verb == "RCPT" else 0 if verb == "MAIL" else recipients
                if verb == "DATA":
                    line.write(b"354 go on\r\n")
                    while line.readline() != b".\r\n":
                        pass
                    line.write(b"250 2.0.0 taken\r\n" * recipients)
                elif verb == "QUIT":
                    line.write(b"221 2.0.0 bye\r\n")
                    return
                else:
                    line.write(OFFERS if verb == "LHLO" else b"250 2.1.0 well\r\n")

    def recipients(self) -> list[tuple[str, str]]:
        """RCPT TO and ORCPT (xtext of RFC 3461), without our domain."""
        found = re.findall(r"^RCPT TO:<(.*)> ORCPT=rfc822;(\S+)", "\n".join(self.said), re.MULTILINE)
        return [(_short(to), _short(original.replace("+2B", "+"))) for to, original in found]


def _short(address: str) -> str:
    return address.removesuffix(f"@{DOMAIN}")


@pytest.fixture(scope="module")
def started(stage: Postfix) -> Iterator[tuple[Postfix, Sink]]:
    for user in ("alice", "bob", "sender"):
        stage.user(user)
    for name in ("main.cf.lmtp", "main.cf.virtual_lmtp"):
        stage.add_main((ROOT / "contrib/postfix" / name).read_text().replace("example.org", "virtual.test"))
    stage.table("vmailbox", "carol@virtual.test x\ndave@virtual.test x\n")
    aliases = stage.table("aliases", "team alice+team, bob\nlist alice\nowner-list bob\n")
    virtual = stage.table(
        "valiases",
        "sales@virtual.test carol+sales@virtual.test\nboth@virtual.test carol@virtual.test, dave@virtual.test\n",
    )
    stage.main |= {"alias_maps": f"texthash:{aliases}", "virtual_alias_maps": f"texthash:{virtual}"}
    stage.main["smtpd_authorized_xforward_hosts"] = "static:all"
    stage.master += ["lmtp unix - - n - - lmtp", "smtpd unix - - n - - smtpd"]
    stage.start()
    sink = Sink(stage.top / "queue/private/mdafilter")
    yield stage, sink
    sink.listening.shutdown(socket.SHUT_RDWR)  # accept(2) returns
    sink.listening.close()


@pytest.fixture
def running(started: tuple[Postfix, Sink]) -> tuple[Postfix, Sink]:
    started[1].said.clear()
    return started


HEARD = {
    "alice+ext": [("alice+ext", "alice+ext")],
    "Alice+Ext": [("Alice+Ext", "Alice+Ext")],
    "team": [("alice+team", "team"), ("bob", "team")],
    "list": [("alice", "alice")],
    "nobody.here": [("nobody.here", "nobody.here")],
    "carol+ext@virtual.test": [("carol+ext@virtual.test", "carol+ext@virtual.test")],
    "sales@virtual.test": [("carol+sales@virtual.test", "sales@virtual.test")],
}


@pytest.mark.parametrize("to", HEARD)
def test_the_extension_and_the_original_recipient_arrive(running: tuple[Postfix, Sink], to: str) -> None:
    """local(8) hands over what it has found after aliases; the extension is not taken off."""
    stage, sink = running
    assert stage.fate(stage.send(to, MESSAGE)).status == "sent"
    stage.until(lambda: len(sink.recipients()) >= len(HEARD[to]), "not all has arrived")
    assert sorted(sink.recipients()) == HEARD[to]


def test_the_owner_of_a_list_is_its_sender(running: tuple[Postfix, Sink]) -> None:
    stage, sink = running
    stage.fate(stage.send("list", MESSAGE))
    stage.until(lambda: bool(sink.recipients()), "it has not arrived")
    assert f"MAIL FROM:<owner-list@{DOMAIN}>" in sink.said


def test_who_forwards_to_oneself_keeps_the_original_alone(running: tuple[Postfix, Sink]) -> None:
    stage, sink = running
    stage.put("bob", ".forward", "\\bob\n")
    try:
        stage.fate(stage.send("bob+ext", MESSAGE))
        stage.until(lambda: bool(sink.recipients()), "it has not arrived")
    finally:
        (stage.top / "home/bob/.forward").unlink()
    assert sink.recipients() == [("bob", "bob+ext")]


def test_recipients_of_one_message_come_in_one_transaction(running: tuple[Postfix, Sink]) -> None:
    """Virtual mailboxes: lmtp_destination_recipient_limit."""
    stage, sink = running
    stage.fate(stage.send("both@virtual.test", MESSAGE))
    stage.until(lambda: len(sink.recipients()) == 2, "not all has arrived")
    assert sum(line.startswith("MAIL") for line in sink.said) == 1


def test_the_client_is_told(running: tuple[Postfix, Sink]) -> None:
    """XFORWARD (postfix' XFORWARD_README): of mail from the network who brought it and its queue id, else only LOCAL."""
    stage, sink = running
    stage.fate(stage.send("alice", MESSAGE))
    stage.until(lambda: bool(sink.recipients()), "it has not arrived")
    assert "XFORWARD SOURCE=LOCAL" in sink.said
    sink.said.clear()
    reply = stage.smtp("smtpd", "alice", MESSAGE)
    stage.until(lambda: bool(sink.recipients()), "it has not arrived")
    forwarded = " ".join(line for line in sink.said if line.startswith("XFORWARD"))
    assert {"NAME=localhost", "ADDR=127.0.0.1", "HELO=test", "SOURCE=REMOTE", f"IDENT={reply.split()[-1]}"} <= set(
        forwarded.split()
    )
