"""The answer to a reporter: to persons alone, and by what they proved to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.message import Message, Octets
from mdafilter.train import Report, Reporter
from mdafilter.train.answer import answer, send

BOB = Reporter("bob", "sasl", False, "bob")
HEAD = b"From: Bob <bob@example.org>\nReply-To: victim@example.net\nMessage-ID: <1@mua>\n"


def report(sender: str = "bob@example.org", fields: bytes = b"") -> Report:
    return Report("spam", "alias", {"sender": sender}, HEAD + fields + b"\nbody\n")


def test_it_goes_to_the_reporter_and_says_that_a_program_wrote_it() -> None:
    """RFC 3834 section 5: "auto-replied - ... automatically in response to another message"."""
    found = answer(report(), BOB, ["learned as spam: Cheap\npills"], 0.0)
    assert found is not None
    to, letter = found
    headers = Message.parse(Octets.of(letter)).headers
    assert to == "bob"
    assert [(f.name, f.value) for f in headers if f.name in ("To", "Subject", "Auto-Submitted", "In-Reply-To")] == [
        ("To", "bob"),
        ("Subject", "Auto: your report of spam"),
        ("Auto-Submitted", "auto-replied"),
        ("In-Reply-To", "<1@mua>"),
    ]
    assert letter.endswith(b"\n\nlearned as spam: Cheap?pills\n")


def test_of_many_messages_some_are_told() -> None:
    found = answer(report(), BOB, [f"learned {n}" for n in range(30)], 0.0)
    assert found is not None
    assert found[1].decode().splitlines()[-2:] == ["learned 19", "... and 10 more"]


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "<>",
        "MAILER-DAEMON",
        "mailer-daemon@example.org",
        "owner-list@example.org",
        "list-request@example.org",
        "list-bounces@example.org",
        "no-reply@example.org",
    ],
)
def test_no_program_is_answered(sender: str) -> None:
    """RFC 3834 section 2: "Responders MUST NOT generate any response for which the destination ... would be a null
    address"; "... SHOULD NOT be sent to ... owner-, -request, MAILER-DAEMON"."""
    assert answer(report(sender), BOB, ["learned"], 0.0) is None


@pytest.mark.parametrize(
    "fields",
    [
        b"Auto-Submitted: auto-replied\n",
        b"auto-submitted: auto-generated; x=y\n",
        b"Precedence: bulk\n",
        b"Precedence: List\n",
        b"List-Id: <x.example.org>\n",
        b"List-Unsubscribe: <mailto:x>\n",
        b"Content-Type: multipart/report; boundary=x\n",
    ],
)
def test_no_list_and_no_robot_is_answered(fields: bytes) -> None:
    assert answer(report(fields=fields), BOB, ["learned"], 0.0) is None


@pytest.mark.parametrize(
    "fields", [b"Auto-Submitted: no\n", b"Auto-Submitted: NO (a person)\n", b"Precedence: first-class\n"]
)
def test_a_person_is(fields: bytes) -> None:
    assert answer(report(fields=fields), BOB, ["learned"], 0.0) is not None


def test_a_sender_that_may_be_forged_gets_none() -> None:
    assert answer(report(), BOB.replace(how="list"), ["learned"], 0.0) is None
    assert answer(report(), BOB, [], 0.0) is None


def test_it_is_sent_by_sendmail_with_the_null_sender(tmp_path: Path) -> None:
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\nprintf "%s " "$@" >{tmp_path}/said\ncat >>{tmp_path}/said\n')
    program.chmod(0o755)
    assert send("bob", b"letter\n", str(program)) == ""
    assert (tmp_path / "said").read_text() == "-i -f <> -- bob letter\n"


def test_a_sendmail_that_fails_is_told(tmp_path: Path) -> None:
    program = tmp_path / "sendmail"
    program.write_text("#!/bin/sh\necho no room >&2\nexit 75\n")
    program.chmod(0o755)
    assert send("bob", b"letter\n", str(program)) == f"{program} ended with 75: no room"
    assert "No such file" in send("bob", b"letter\n", str(tmp_path / "none"))
