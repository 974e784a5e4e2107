"""Real spamd behind real Postfix: what it calls spam lies in .Trash, and says why."""

from __future__ import annotations

import email
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import daemons
from tests.support.postfix import Postfix, messages

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
MESSAGE = b"From: a@example.org\nTo: b@example.org\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nSubject: %s\n\n%s\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    if reason := daemons.why_no_spamd():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="mdafilter-spamd."))
    try:
        with daemons.spamd(folder) as answering:
            yield answering
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def running(stage: Postfix, shipped: dict[str, str], port: int) -> Postfix:
    """alice's spamd answers, for bob nobody listens, carol's mail must be scored and nobody listens."""
    silent = daemons.free_port()
    for user, hosts, down in (("alice", port, "accept"), ("bob", silent, "accept"), ("carol", silent, "defer")):
        stage.user(user)
        text = f'[spamd]\nenabled = "on"\nhosts = ["127.0.0.1:{hosts}"]\nwhen_down = "{down}"\ntimeout = 30\n'
        stage.put(user, ".config/mdafilter/mdafilter.toml", text)
    stage.add_main(shipped["main.cf.mailbox_command"])
    stage.start()
    return stage


def inbox(stage: Postfix, user: str) -> dict[str, list[Path]]:
    return messages(stage.top / "home" / user / "Maildir")


def test_gtube_goes_to_trash_with_the_verdict(running: Postfix) -> None:
    fate = running.fate(running.send("alice", MESSAGE % (b"a test", GTUBE)))
    assert fate.status == "sent", fate
    ((folder, files),) = inbox(running, "alice").items()
    assert (folder, len(files)) == (".Trash", 1)
    header = email.message_from_bytes(files[0].read_bytes())
    assert header["X-Spam-Flag"] == "YES"
    assert "GTUBE" in str(header["X-Spam-Status"])
    assert header["X-Mdafilter"]


def test_ham_goes_to_the_inbox_with_the_verdict(running: Postfix) -> None:
    fate = running.fate(running.send("alice", MESSAGE % (b"lunch", b"Shall we meet at noon?")))
    assert fate.status == "sent", fate
    (file,) = inbox(running, "alice")[""]
    header = email.message_from_bytes(file.read_bytes())
    assert str(header["X-Spam-Status"]).startswith("No")
    assert header["X-Spam-Flag"] != "YES"


def test_a_spamd_that_is_down_holds_up_no_mail(running: Postfix) -> None:
    fate = running.fate(running.send("bob", MESSAGE % (b"a test", GTUBE)))
    assert fate.status == "sent", fate
    assert {f: len(files) for f, files in inbox(running, "bob").items()} == {"": 1}


def test_a_spamd_that_is_down_defers_where_policy_says_so(running: Postfix) -> None:
    fate = running.fate(running.send("carol", MESSAGE % (b"a test", GTUBE)))
    assert (fate.status, fate.dsn[:2]) == ("deferred", "4."), fate
    assert inbox(running, "carol") == {}
