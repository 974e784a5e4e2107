"""The envelope from Postfix' environment and arguments."""

from __future__ import annotations

import pytest

from mdafilter.message import Envelope

POSTFIX = {
    "SENDER": "s@x.example",
    "RECIPIENT": "ann+list@y.example",
    "ORIGINAL_RECIPIENT": "info@y.example",
    "EXTENSION": "list",
    "USER": "ann",
    "LOGNAME": "ann",
    "CLIENT_ADDRESS": "192.0.2.1",
    "CLIENT_HOSTNAME": "mx.x.example",
    "CLIENT_HELO": "helo.x.example",
    "DOMAIN": "y.example",
    "LOCAL": "ann+list",
}


def test_what_local_tells() -> None:
    assert Envelope.of(POSTFIX) == Envelope(
        sender="s@x.example",
        recipient="ann+list@y.example",
        original_recipient="info@y.example",
        extension="list",
        user="ann",
        client_address="192.0.2.1",
        client_name="mx.x.example",
        client_helo="helo.x.example",
    )


def test_what_is_known_of_reports() -> None:
    """RFC 3461; local(8) has ENVID, the LMTP door the others."""
    envelope = Envelope.of({**POSTFIX, "ENVID": "QQ", "DSN_NOTIFY": "SUCCESS,DELAY", "DSN_RET": "HDRS"})
    assert (envelope.notify, envelope.ret, envelope.envid) == (("SUCCESS", "DELAY"), "HDRS", "QQ")
    assert Envelope.of({**POSTFIX, "SASL_USERNAME": "tim"}).auth == "tim"


def test_arguments_go_first() -> None:
    envelope = Envelope.of(POSTFIX, sender="", recipient="<b@z>", extension="e", from_line=b"From q@r  Sun Nov 22\n")
    assert (envelope.sender, envelope.recipient, envelope.extension) == ("", "b@z", "e")


@pytest.mark.parametrize(
    ("line", "sender"),
    [
        (b"From a@b  Sun Nov 22 14:10:06 2026\n", "a@b"),
        (b"From MAILER-DAEMON  Sun Nov 22 14:10:06 2026\n", ""),
        (b'From "a  b"@c  Sun Nov 22 14:10:06 2026\n', '"a  b"@c'),
        (b"From \n", ""),
        (b"From", ""),
        (b'From "a"@\n', '"a"@'),
        (b"", ""),
    ],
)
def test_without_sender_the_from_line_tells(line: bytes, sender: str) -> None:
    assert Envelope.of({}, from_line=line).sender == sender


def test_mailer_daemon_is_the_empty_sender() -> None:
    assert Envelope.of({"SENDER": "MAILER-DAEMON"}).sender == ""
    assert Envelope.of({"SENDER": ""}, from_line=b"From a@b  x\n").sender == ""


def test_without_recipient_local_part_and_domain_tell() -> None:
    assert Envelope.of({"LOCAL": "ann+x", "DOMAIN": "y.example", "USER": "ann"}).recipient == "ann+x@y.example"
    assert Envelope.of({"LOGNAME": "ann"}).recipient == "ann"


@pytest.mark.parametrize(
    ("recipient", "delimiters", "split"),
    [
        ("ann+list@y", "+", ("ann", "list")),
        ("ann+list-x@y", "+-", ("ann", "list-x")),
        ("ann-list+x@y", "+-", ("ann", "list+x")),
        ("ann@y", "+", ("ann", None)),
        ("ann+@y", "+", ("ann", "")),
        ("+ann@y", "+", ("+ann", None)),
        ("ann+x", "+", ("ann", "x")),
        ("ann+x@y", "", ("ann+x", None)),
        ("MAILER-DAEMON@y", "-", ("MAILER-DAEMON", None)),
        ("owner-list@y", "-", ("owner-list", None)),
        ("list-request@y", "-", ("list-request", None)),
        ("", "+", ("", None)),
    ],
)
def test_split(recipient: str, delimiters: str, split: tuple[str, str | None]) -> None:
    """RFC 5233, 4: ":detail" is what stands behind the separator; without one there is none."""
    assert Envelope(recipient=recipient).split(delimiters) == split


def test_user_and_detail_go_by_the_extension_that_postfix_found() -> None:
    envelope = Envelope(recipient="ann-x-y@z", extension="x-y")
    assert (envelope.user_part, envelope.detail) == ("ann", "x-y")
    assert (Envelope(recipient="ann@z").user_part, Envelope(recipient="ann@z").detail) == ("ann", None)
    assert Envelope(recipient="ann+q@z").detail == "q"
    assert Envelope(recipient="other@z", extension="x").user_part == "other"
