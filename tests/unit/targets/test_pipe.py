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


@pytest.mark.parametrize("command", [(), ("",), ("a", "b\0c")])
def test_what_is_no_program(tmp_path: Path, command: tuple[str, ...]) -> None:
    with pytest.raises(RuleFailed):
        place(parcel(tmp_path, Pipe(command)))


def test_a_place_is_a_command_with_its_arguments(tmp_path: Path) -> None:
    places = {place(parcel(tmp_path, Pipe(c))) for c in [("a", "b c"), ("a", "b", "c"), ("a b", "c")]}
    assert len(places) == 3
