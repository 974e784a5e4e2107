"""The log file of a procmailrc, as mailstat(1) reads it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mdafilter import logfile
from mdafilter.acts import Discard, File, Keep, Pipe
from mdafilter.decision import Answer, Asked, Decision, LogTo
from mdafilter.message import Envelope, Message
from mdafilter.perform import Receipt, Receipts
from mdafilter.texts import Where

MESSAGE = Message.parse(b"Subject: =?utf-8?q?gr=C3=BCn?=\n and more\n\nbody\n")
ENVELOPE = Envelope("ann@example.org", "bob@example.net")
AT = Where("rc", 3)


def receipt(act: object, path: str) -> Receipt:
    return Receipt(act, "", path, 1234, AT, "", "delivered")  # type: ignore[arg-type]


def written(
    folder: Path, log: LogTo, *receipts: Receipt, logged: tuple[str, ...] = (), notes: tuple[str, ...] = ()
) -> str:
    trace = (Asked(AT, "has x", Answer(True)), Asked(AT, "stop"))
    where = log.replace(path=f"{folder}/log", folder=f"{folder}/")
    decision = Decision((), trace=trace, notes=notes, log=where, logged=logged)
    assert logfile.write(decision, Receipts(receipts), MESSAGE, ENVELOPE, 1_800_000_000.0) == ""
    return (folder / "log").read_text()


def test_an_abstract(tmp_path: Path) -> None:
    """procmailrc(5), LOGABSTRACT: the From and Subject fields, "what folder it finally went to and how long"."""
    text = written(
        tmp_path, LogTo(), receipt(Keep(), f"{tmp_path}/Maildir/new/1"), receipt(File("x"), f"{tmp_path}/x/new/2")
    )
    pattern = r"From ann@example.org  \w{3} \w{3} .\d \d\d:\d\d:\d\d \d{4}\n Subject: =\?utf-8\?q\?gr=C3=BCn\?=\n  Folder: x/new/2\t{7}   1234\n"
    assert re.fullmatch(pattern, text)


def test_the_last_that_is_no_copy(tmp_path: Path) -> None:
    """ "Of the last successful delivery": programs that have a copy come after mailboxes here, and before them there."""
    text = written(tmp_path, LogTo(), receipt(Discard(), ""), receipt(Pipe(("/bin/true",), copy=True), "/bin/true"))
    assert "  Folder: /dev/null\t" in text


def test_all_or_none(tmp_path: Path) -> None:
    one, two = receipt(Keep(), "/a"), receipt(Pipe(("/bin/sh", "-c", "cd x\nsort -u")), "/bin/sh -c ...")
    assert written(tmp_path, LogTo(abstract="no"), one, two) == ""
    assert re.findall("Folder: (.*)\t +1234", written(tmp_path, LogTo(abstract="all"), one, two)) == [
        "/a\t\t\t\t\t\t\t",
        "sort -u\t\t\t\t\t\t",
    ]


def test_texts_of_the_rules_stand_first_as_they_are(tmp_path: Path) -> None:
    text = written(tmp_path, LogTo(abstract="no"), logged=("seen ", "it"), notes=("rc:1: failed",))
    assert text == "seen it\nmdafilter: rc:1: failed\n"


def test_the_trace(tmp_path: Path) -> None:
    text = written(tmp_path, LogTo(abstract="no", verbose=True))
    assert text == "mdafilter: rc:3 has x: yes\nmdafilter: rc:3 stop\n"


def test_it_grows(tmp_path: Path) -> None:
    written(tmp_path, LogTo(), logged=("one\n",))
    assert written(tmp_path, LogTo(), logged=("two\n",)) == "one\ntwo\n"
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    decision = Decision((), log=LogTo(f"{tmp_path}/none/log"))
    note = logfile.write(decision, Receipts(()), MESSAGE, ENVELOPE, 0.0)
    assert note == f"the log file {tmp_path}/none/log cannot be written: No such file or directory"
    assert logfile.write(Decision(()), Receipts(()), MESSAGE, ENVELOPE, 0.0) == ""


@pytest.mark.skipif(not shutil.which("mailstat"), reason="mailstat (package procmail) is missing")
def test_mailstat_reads_it(tmp_path: Path) -> None:
    for _ in range(2):
        written(tmp_path, LogTo(), receipt(File("x"), f"{tmp_path}/x/new/2"))
    done = subprocess.run(["mailstat", "-kt", str(tmp_path / "log")], capture_output=True, text=True, check=True)
    assert re.search(r"2468 +2 +x/", done.stdout), done.stdout
