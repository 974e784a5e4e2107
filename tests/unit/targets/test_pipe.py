"""Pipe: the message byte for byte into a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.acts import Pipe
from mdafilter.errors import RuleFailed
from mdafilter.message import Message
from mdafilter.targets.pipe import place, stage
from tests.support.mailboxes import parcel


def test_byte_for_byte(tmp_path: Path) -> None:
    raw = b"X-Mdafilter: theirs\nSubject: \xff\0\r\n\nFrom here\n"
    one = stage(parcel(tmp_path, Pipe(("/bin/sh", "-c", f"cat >'{tmp_path}/got'")), Message.parse(raw)))
    one.write()
    one.commit()
    one.forget()
    assert (tmp_path / "got").read_bytes() == raw
    assert one.path.startswith("/bin/sh -c cat")


def test_a_lock_file_is_there_meanwhile(tmp_path: Path) -> None:
    lock = f"{tmp_path}/x.lock"
    one = stage(parcel(tmp_path, Pipe(("/bin/sh", "-c", f"cp {lock} {tmp_path}/got"), lock=lock)))
    one.write()
    one.commit()
    assert (tmp_path / "got").exists()
    assert not (tmp_path / "x.lock").exists()


@pytest.mark.parametrize(
    ("raw", "area", "wanted"),
    [
        (b"A: b\n\nx\n", "both", b"From a@b\nA: b\n\nx\n\n"),
        (b"A: b\n\nx\n\n", "both", b"From a@b\nA: b\n\nx\n\n"),
        (b"A: b\n\nx", "both", b"From a@b\nA: b\n\nx\n"),
        (b"A: b\n\nx", "header", b"From a@b\nA: b\n\n"),
        (b"A: b\n", "header", b"From a@b\nA: b\n\n"),
        (b"A: b\n\nx\n", "body", b"x\n\n"),
        (b"A: b\n\n", "body", b"\n"),
    ],
)
def test_as_in_a_mailbox(tmp_path: Path, raw: bytes, area: str, wanted: bytes) -> None:
    """procmailrc(5), flag r: without it procmail tries "to ensure the mail ends with an empty line"; with one newline."""
    act = Pipe(("/bin/sh", "-c", f"cat >'{tmp_path}/got'"), area=area, postmark=True, ended=True)
    made = parcel(tmp_path, act, Message.parse(raw))
    one = stage(made.replace(envelope=made.envelope.replace(from_line=b"From a@b")))
    one.write()
    one.commit()
    one.forget()
    assert (tmp_path / "got").read_bytes() == wanted


def test_variables_of_the_rules(tmp_path: Path) -> None:
    act = Pipe(("/bin/sh", "-c", f"echo $A >'{tmp_path}/got'"), environ=(("A", "b"),))
    one = stage(parcel(tmp_path, act))
    one.write()
    one.commit()
    one.forget()
    assert (tmp_path / "got").read_text() == "b\n"
    assert place(parcel(tmp_path, act)) != place(parcel(tmp_path, act.replace(environ=(("A", "c"),))))


@pytest.mark.parametrize("command", [(), ("",), ("a", "b\0c")])
def test_what_is_no_program(tmp_path: Path, command: tuple[str, ...]) -> None:
    with pytest.raises(RuleFailed, match="a program that has no name, or a NUL in its arguments, cannot be run"):
        place(parcel(tmp_path, Pipe(command)))


def test_a_place_is_a_command_with_its_arguments(tmp_path: Path) -> None:
    places = {place(parcel(tmp_path, Pipe(c))) for c in [("a", "b c"), ("a", "b", "c"), ("a b", "c")]}
    assert len(places) == 3


def test_line_ends_as_the_program_wants_them(tmp_path: Path) -> None:
    act = Pipe(("/bin/sh", "-c", f"cat >'{tmp_path}/got'"), newline=b"\r\n")
    one = stage(parcel(tmp_path, act, Message.parse(b"A: b\n\nx\ny\r\n")))
    one.write()
    one.commit()
    one.forget()
    assert (tmp_path / "got").read_bytes() == b"A: b\r\n\r\nx\r\ny\r\n"
