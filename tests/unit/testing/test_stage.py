"""The Scene of a test file."""

from __future__ import annotations

import pytest

from mdafilter.message import Envelope, Message
from mdafilter.settings import Settings
from mdafilter.testing.stage import Stage, stage_of
from mdafilter.world import Verdict
from tests.support.scene import scene


@pytest.fixture
def stage() -> Stage:
    return Stage("/nowhere", Settings(), 0.0)


def test_there_is_a_message_from_the_beginning(stage: Stage) -> None:
    assert stage.envelope.sender == "sender@example.com"
    assert stage.envelope.recipient == "recipient@example.org"
    assert stage.message.headers.first("subject")


@pytest.mark.parametrize(
    ("header", "sender", "recipient"),
    [
        (b"From: A <a@a.example>\nTo: b@b.example, c@c.example\n", "a@a.example", "b@b.example"),
        (
            b"Sender: s@a.example\nFrom: a@a.example\nEnvelope-To: e@b.example\nTo: b@b.example\n",
            "s@a.example",
            "e@b.example",
        ),
        (b"Return-Path: <r@a.example>\nFrom: a@a.example\n", "r@a.example", "recipient@example.org"),
        (b"Return-Path: <>\nFrom: a@a.example\n", "", "recipient@example.org"),
        (b"From: nobody\nTo: undisclosed-recipients:;\n", "sender@example.com", "recipient@example.org"),
        (b"", "sender@example.com", "recipient@example.org"),
    ],
)
def test_a_message_tells_its_envelope(stage: Stage, header: bytes, sender: str, recipient: str) -> None:
    stage.take(Message.parse(header + b"\nbody\n"))
    assert (stage.envelope.sender, stage.envelope.recipient) == (sender, recipient)


def test_what_was_set_of_it_goes_before(stage: Stage) -> None:
    stage.set_envelope("sender", "set@a.example")
    stage.take(Message.parse(b"From: a@a.example\nTo: b@b.example\n\n"))
    assert (stage.envelope.sender, stage.envelope.recipient) == ("set@a.example", "b@b.example")
    stage.take(Message.parse(b"\n"), Envelope("", "x@x.example"))
    assert stage.envelope == Envelope("", "x@x.example")


def test_what_was_found_out_is_of_one_message(stage: Stage) -> None:
    assert stage.verdict() is None
    stage.verdict_given = Verdict(True, 9.0, 5.0)
    stage.take(Message.parse(b"\n"))
    assert stage.verdict() == Verdict(True, 9.0, 5.0)


def test_reset(stage: Stage) -> None:
    stage.take(Message.parse(b"\n"), None, ("\\Seen",))
    stage.flags = ("other",)
    stage.met["duplicate", "x"] = 9.0
    stage.reset()
    assert (stage.flags, stage.met, stage.decided) == (("\\Seen",), {}, [])


def test_the_words_of_tests_are_on_a_stage() -> None:
    with pytest.raises(AssertionError):
        stage_of(scene())


def test_the_folder_of_the_file(stage: Stage) -> None:
    assert stage.value("tst.path") == "/nowhere"
    assert stage.value("tst.other") == ""
    assert stage.value("envelope.from") == "sender@example.com"
