"""The child process of `inspect`, as it is started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import mdafilter.cli.mailparser_child as child

BOUNDS = ("1000000", "10", str(1 << 30), "1000000")
MAIL = (
    b"From: Ann <a@b.example>\r\nTo: u@e.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x\r\n'
    b'Content-Type: application/zip; name="a.zip"\r\nContent-Disposition: attachment; filename="a.zip"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nUEsDBA==\r\n--x--\r\n"
)


def ask(octets: bytes, *bounds: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", str(Path(child.__file__)), *(bounds or BOUNDS)]
    return subprocess.run(command, input=octets, capture_output=True, check=False)


def test_it_says_what_mail_parser_sees() -> None:
    found = json.loads(ask(MAIL).stdout)
    assert found["subject"] == "Grüße"
    assert found["from"] == [["Ann", "a@b.example"]]
    assert found["text_plain"] == 1
    (attachment,) = found["attachments"]
    assert (attachment["filename"], attachment["mail_content_type"]) == ("a.zip", "application/zip")
    assert attachment["octets"] == 4


def test_any_octets_give_one_object() -> None:
    for octets in (
        b"",
        b"\x00\xff" * 500,
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--",
        b"From: " + b"<" * 9999,
    ):
        done = ask(octets)
        assert done.returncode == 0
        assert isinstance(json.loads(done.stdout), dict)


def test_what_it_raises_is_its_answer() -> None:
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(5000))
    done = ask(deep)
    assert done.returncode == 0
    assert "error" in json.loads(done.stdout)


def test_too_little_memory_is_an_answer_or_an_end_but_no_success() -> None:
    done = ask(MAIL + b"x" * 900_000, "1000000", "10", str(30 * 1024 * 1024), "1000000")
    assert done.returncode != 0 or "error" in json.loads(done.stdout)


def test_its_bounds_are_set_before_anything_is_read(tmp_path: Path) -> None:
    with open(tmp_path / "reply", "wb") as reply:
        command = [sys.executable, "-I", str(Path(child.__file__)), "1000000", "10", str(1 << 30), "10"]
        done = subprocess.run(command, input=MAIL, stdout=reply, stderr=subprocess.DEVNULL, check=False)
    assert done.returncode != 0
    assert (tmp_path / "reply").stat().st_size <= 10
