"""What was decided, carried out in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.acts import Box, File, Keep, Pipe, Redirect, Reject, Send
from mdafilter.decision import Decided, Remember
from mdafilter.message import Envelope, Message
from mdafilter.settings import Settings
from mdafilter.testing.carry import carry_out
from mdafilter.testing.stage import Stage
from mdafilter.texts import Where
from tests.support.rehearsal import reason

MESSAGE = Message.parse(b"Subject: x\n\n")


@pytest.fixture
def stage() -> Stage:
    made = Stage("/home/ann", Settings(), 0.0)
    made.take(MESSAGE, Envelope("s@a.example", "r@b.example"))
    return made


def decided(*acts: Keep | File | Box | Redirect | Pipe | Reject | Send) -> list[Decided]:
    return [Decided(act, MESSAGE) for act in acts]


def test_the_implicit_keep_has_the_flags_at_the_end(stage: Stage) -> None:
    stage.flags = ("\\Seen",)
    assert carry_out(stage) == []
    kept = stage.store.get("INBOX", 0)
    assert kept is not None
    assert kept.flags == ("\\Seen",)


def test_boxes_by_their_paths(stage: Stage) -> None:
    stage.decided = decided(Box("/home/ann/Maildir/.A/"), Box("/home/ann/mbox"), Box("/var/spool/x"))
    assert carry_out(stage) == []
    assert stage.store.names() == ("INBOX", "A", "~/mbox", "/var/spool/x")


def test_a_pipe_is_not_run(stage: Stage) -> None:
    stage.decided = decided(Pipe(("/bin/false",)))
    assert carry_out(stage) == []
    assert stage.store.get("INBOX", 0) is None


@pytest.mark.parametrize(
    ("command", "fault"),
    [("cat >{}", ""), ("exit 1", "pipe: /bin/sh ended with 1: "), ("/no-such-program", "ended with 127")],
)
def test_a_pipe_is_run_where_the_test_says_which_programs_there_are(
    stage: Stage, tmp_path: Path, command: str, fault: str
) -> None:
    stage.config.set("sieve_pipe_bin_dir", "/bin")
    stage.config.reload()
    stage.decided = decided(Pipe(("/bin/sh", "-c", command.format(tmp_path / "got"))))
    found = carry_out(stage)
    assert bool(found) == bool(stage.store.get("INBOX", 0)) == bool(fault)
    assert fault in "".join(found)
    if not fault:
        assert (tmp_path / "got").read_bytes() == b"Subject: x\n\n"


@pytest.mark.parametrize("others", [(), (File("A"),), (Keep(),)])
def test_a_pipe_that_is_only_tried_is_passed_over(stage: Stage, others: tuple[File | Keep, ...]) -> None:
    stage.config.set("sieve_pipe_bin_dir", "/bin")
    stage.config.reload()
    tried = Where("rules.sieve", 1)
    stage.attempts.add(tried)
    stage.store.create("A")
    stage.decided = [*decided(*others), Decided(Pipe(("/bin/false",)), MESSAGE, tried, tried=tried)]
    assert carry_out(stage) == []
    assert bool(stage.store.get("INBOX", 0)) == (File("A") not in others)  # the implicit keep is in force, or the keep
    assert stage.store.get("INBOX", 1) is None


def test_letters(stage: Stage) -> None:
    stage.decided = decided(Send("vacation", b"Subject: away\n\n", ("a@a.example",), "b@b.example"))
    assert carry_out(stage) == []
    (sent,) = stage.outgoing
    assert (sent.sender, sent.to) == ("b@b.example", ("a@a.example",))
    assert stage.store.get("INBOX", 0)  # a letter cancels nothing


def test_a_loop_is_kept(stage: Stage) -> None:
    stage.decided = decided(Redirect("r@b.example"))
    (fault,) = carry_out(stage)
    assert "it comes from there" in fault
    assert stage.store.get("INBOX", 0)
    assert stage.outgoing == []


def test_what_is_remembered(stage: Stage) -> None:
    stage.remember = [Remember("duplicate", "x", 5.0)]
    carry_out(stage)
    assert stage.world.seen("duplicate", "x")


@pytest.mark.parametrize(
    ("setting", "sender"),
    [
        ("", "s@a.example"),
        ("sender", "s@a.example"),
        ("recipient", "r@b.example"),
        ("orig_recipient", "o@b.example"),
        ("user_email", "u@b.example"),
        ("postmaster", "postmaster@b.example"),
        ("<x@c.example>", "x@c.example"),
    ],
)
def test_the_envelope_sender_of_what_is_redirected(tmp_path: Path, setting: str, sender: str) -> None:
    text = (
        f'test_config_set "sieve_redirect_envelope_from" "{setting}"; test_config_set "sieve_user_email" "u@b.example";'
    )
    text += 'test_config_reload; test_set "envelope.from" "s@a.example"; test_set "envelope.to" "r@b.example";'
    text += 'test_set "envelope.orig_to" "o@b.example"; redirect "z@z.example"; if not test_result_execute { test_fail "x"; }'
    text += f'test_message :smtp 0; if not envelope "from" "{sender}" {{ test_fail "another"; }}'
    assert reason(tmp_path, text) is None


def test_a_folder_that_is_not_there(stage: Stage) -> None:
    stage.decided = decided(File("None"))
    assert carry_out(stage) == ["failed to store into mailbox 'None': Mailbox doesn't exist: None"]
