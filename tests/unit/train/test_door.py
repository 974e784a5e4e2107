"""The door of the spool: what Postfix says of a report, and the file that it becomes."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from mdafilter.files import Calls
from mdafilter.train import Report, spool
from mdafilter.train.door import PARTIAL, facts, new_id, write
from tests.support.faults import Faulty

REPORT = Report("spam", "alias", {"sender": "bob@example.org"}, b"Subject: x\n\nbody\n")


def put(folder: Path, report: Report = REPORT, rest: int | None = None, calls: Calls | None = None) -> str:
    return write(str(folder), report, rest, calls or Calls())


def test_the_report_is_in_the_spool(tmp_path: Path) -> None:
    name = put(tmp_path)
    found = spool.read(str(tmp_path), name)
    assert isinstance(found, Report)
    assert found == REPORT.replace(id=name, uid=os.geteuid(), time=found.time)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_report_that_has_an_id_is_there_once(tmp_path: Path) -> None:
    """As `mdafilter watch` needs it, which may be killed before it can note that the report is there."""
    known = REPORT.replace(id=new_id())
    assert put(tmp_path, known) == known.id
    with pytest.raises(FileExistsError):
        put(tmp_path, known)
    assert [entry.name for entry in tmp_path.iterdir()] == [known.id]


def test_others_may_not_read_it_whatever_the_umask_is(tmp_path: Path) -> None:
    for mask in (0o077, 0o000):
        before = os.umask(mask)
        try:
            assert stat.S_IMODE((tmp_path / put(tmp_path)).stat().st_mode) == 0o640
        finally:
            os.umask(before)


def test_the_rest_of_the_message_is_read_from_a_descriptor(tmp_path: Path) -> None:
    large = os.urandom(1_000_000)
    (tmp_path / "rest").write_bytes(large)
    (tmp_path / "spool").mkdir()
    fd = os.open(tmp_path / "rest", os.O_RDONLY)
    try:
        name = put(tmp_path / "spool", rest=fd)
    finally:
        os.close(fd)
    found = spool.read(str(tmp_path / "spool"), name)
    assert isinstance(found, Report) and found.message == REPORT.message + large


def test_without_nameless_files_it_is_renamed(tmp_path: Path) -> None:
    """open(2): EOPNOTSUPP: the filesystem containing pathname does not support O_TMPFILE."""
    calls = Faulty(lambda number, _name: errno.EOPNOTSUPP if number == 1 else None)
    name = put(tmp_path, calls=calls)
    assert "rename" in calls.made
    assert isinstance(spool.read(str(tmp_path), name), Report)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    calls.bury()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        put(tmp_path / "none")


def test_a_folder_that_may_not_be_opened_is_not_synced(tmp_path: Path) -> None:
    calls = Faulty()
    real = calls.open

    def refusing(path: str, flags: int, *mode: Any) -> int:
        if flags & os.O_DIRECTORY and not flags & os.O_TMPFILE & ~os.O_DIRECTORY:
            raise PermissionError(errno.EACCES, "no")
        return real(path, flags, *mode)

    calls.open = refusing  # type: ignore[assignment]
    name = put(tmp_path, calls=calls)
    assert isinstance(spool.read(str(tmp_path), name), Report)
    assert calls.made.count("fsync") == 2
    calls.bury()


def test_no_partial_name_is_that_of_a_report(tmp_path: Path) -> None:
    assert not put(tmp_path).startswith(PARTIAL)


LOCAL = {
    "SENDER": "bob@example.org",
    "RECIPIENT": "spam+carol@example.org",
    "ORIGINAL_RECIPIENT": "spam+carol@example.org",
    "EXTENSION": "carol",
    "DOMAIN": "example.org",
    "CLIENT_ADDRESS": "192.0.2.1",
    "CLIENT_HOSTNAME": "mua.example.org",
    "SASL_USERNAME": "bob",
    "USER": "nobody",
    "PATH": "/bin",
}


def test_the_environment_of_local_is_taken() -> None:
    """local(8): "SENDER The entire sender address." ... "SASL_USERNAME SASL user name specified in the remote client
    AUTH command."."""
    assert facts(LOCAL, {}) == {
        "sender": "bob@example.org",
        "recipient": "spam+carol@example.org",
        "original_recipient": "spam+carol@example.org",
        "extension": "carol",
        "domain": "example.org",
        "user": "nobody",
        "client_address": "192.0.2.1",
        "client_name": "mua.example.org",
        "sasl_username": "bob",
    }


def test_arguments_go_before_it() -> None:
    found = facts(LOCAL, {"sender": "eve@example.net", "sasl_username": "", "client_address": "2001:db8::1"})
    assert (found["sender"], found["client_address"]) == ("eve@example.net", "2001:db8::1")
    assert "sasl_username" not in found


@pytest.mark.parametrize(
    ("environ", "told", "line"),
    [
        ({"SENDER": "MAILER-DAEMON"}, {}, b""),
        ({}, {"sender": ""}, b""),
        ({}, {}, b"From MAILER-DAEMON Thu Nov 26 11:00:00 2026\n"),
        ({}, {}, b"From \n"),
    ],
)
def test_the_null_sender_is_known_to_be_it(environ: dict[str, str], told: dict[str, str], line: bytes) -> None:
    assert facts(environ, told, line)["sender"] == "<>"


def test_the_From_line_says_that_it_was_delivered() -> None:
    assert facts({}, {}, b"From eve@example.net  Thu Nov 26 11:00:00 2026\n") == {"sender": "eve@example.net"}
    assert facts({"SENDER": "bob@example.org"}, {}, b"From eve@example.net\n") == {"sender": "bob@example.org"}


def test_by_hand_nothing_is_known() -> None:
    assert facts({"USER": "bob", "HOME": "/home/bob"}, {}) == {"user": "bob"}
