"""A real Dovecot that compresses what clients store: what is learned from its Maildirs is the message."""

from __future__ import annotations

import imaplib
import itertools
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.train import spool, stored
from mdafilter.train.found import Mail
from mdafilter.train.identity import identity
from mdafilter.train.ledger import NAME, Ledger
from mdafilter.train.teachers import Counts
from tests.support import dovecot, dovecotmail, salearn
from tests.support.postfix import Postfix

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(salearn.missing()), reason=salearn.missing() or "it is here")]

# zlib_save of Dovecot 2.3, which mail_compress_write_method is in 2.4, and how stored.py calls it
WAYS = {"gz": "gzip", "bz2": "bzip2", "zstd": "zstd", "lz4": "lz4"}
OLD = "mail_plugins = zlib\nplugin {{\n  zlib_save = {}\n}}\n"
NEW = "mail_plugins {{\n  mail_compress = yes\n}}\nmail_compress_write_method = {}\n"
NUMBERS = itertools.count(1)


class Host:
    """alice, her Maildir, and a learner of the site."""

    def __init__(self, stage: Postfix, installation: Path) -> None:
        stage.user("alice")
        self.stage = stage
        self.program = (str(installation / "bin/python"), str(installation / "bin/mdafilter"))
        self.more = ""  # where Python finds what is not installed with mdafilter
        self.top = stage.top / "learner"
        self.top.mkdir()
        self.maildir = stage.top / "home" / "alice" / "Maildir"
        spool.make(f"{stage.top}/spool")
        stage.put("alice", ".config/mdafilter/mdafilter.toml", f'[train]\nspool = "{stage.top}/spool"\n')
        self.config = self.top / "mdafilter.toml"
        self.config.write_text(
            f'maildir = "{self.maildir}"\n[train]\nspool = "{stage.top}/spool"\nstate = "{self.top}/state"\n'
            f'teacher = ["sa-learn"]\nsa_learn = ["{salearn.counting(self.top, salearn.command(self.top))[0]}"]\nlate = 0.05\n'
        )

    def run(self, *words: str, code: int = 0) -> str:
        """A command by hand, as root, which sees the passwd file of the stage."""
        assert self.stage.inside is not None
        command = self.stage.inside.command("/usr/bin/env", f"PYTHONPATH={self.more}", *self.program, *words)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def files(self) -> list[Path]:
        return [path for part in ("cur", "new") for path in self.maildir.glob(f"**/{part}/*")]


@pytest.fixture(scope="module")
def host(stage: Postfix, installation: Path) -> Host:
    if reason := dovecot.why_not():
        pytest.skip(reason)
    made = Host(stage, installation)
    stage.start()
    return made


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    if WAYS[request.param] not in dovecotmail.PACKED:
        pytest.skip(f"nothing here reads {request.param}")
    return str(request.param)


@pytest.fixture
def session(host: Host, way: str) -> Iterator[imaplib.IMAP4]:
    more = (NEW if dovecot.is_new() else OLD).format(way)
    with dovecot.running(host.stage, more, f"dovecot-{way}") as server, server.session("alice") as made:
        made.create("Junk")
        yield made


def message() -> bytes:
    number = next(NUMBERS)
    lines = b"".join(b"line %d of letter %d about boats\n" % (n, number) for n in range(3000))
    return b"From: a@example.org\nMessage-ID: <%d@example.org>\nSubject: boats\n\n%s" % (number, lines)


def not_installed() -> str:
    """Where the module for zstd is that the installation has not; "" where Python has one."""
    module = dovecotmail.zstd()
    if module is None or module.__name__ != "backports.zstd":
        return ""
    return str(Path(str(module.__file__)).parents[2])


def move(session: imaplib.IMAP4, raw: bytes) -> None:
    """RFC 6851: from the inbox into the junk folder."""
    session.select("INBOX")
    _ok, found = session.uid("SEARCH", "HEADER", "Message-ID", identity(raw).message_id)
    assert session.uid("MOVE", found[0].decode(), "Junk")[0] == "OK"


def test_what_was_moved_is_learned_as_the_message(host: Host, session: imaplib.IMAP4, way: str) -> None:
    """Both that came by APPEND: what was moved by MOVE, and what was stored in the junk folder and deleted elsewhere."""
    moved, copied = message(), message()
    for raw in (moved, copied):
        assert session.append("INBOX", "", "", raw.replace(b"\n", b"\r\n"))[0] == "OK"
    host.run("watch", "--once", "--user", "alice")
    packed = [path.read_bytes() for path in host.files() if stored.packing(path.read_bytes()) == WAYS[way]]
    assert sorted(map(stored.whole, packed)) == sorted((moved, copied)), "Dovecot has compressed them, in this way"

    move(session, moved)
    assert session.append("Junk", "", "", copied.replace(b"\n", b"\r\n"))[0] == "OK"
    session.select("INBOX")
    session.store("1:*", "+FLAGS", r"(\Deleted)")
    session.expunge()
    assert "2 spam, 0 ham" in host.run("watch", "--once", "--user", "alice")

    before = salearn.real(host.top).counts() or Counts(0, 0)
    if way == "zstd" and (path := not_installed()):
        assert "2 reports stay: " in host.run("train", "learn", "-c", str(host.config), code=1)
        assert "cannot be read: pip install" in host.run(
            "train", "spam", "-c", str(host.config), f"{host.maildir}/.Junk", code=1
        )
        assert salearn.real(host.top).counts() == before
        host.more = path
    said = host.run("train", "learn", "-c", str(host.config))
    assert said == "2 learned\n", host.run("train", "status", "--json", "-c", str(host.config))
    assert salearn.real(host.top).counts() == Counts(before.spam + 2, 0)
    with Ledger(f"{host.top}/state/{NAME}") as ledger:
        for raw in (moved, copied):
            assert ledger.kept(identity(raw).hash) == raw
    for raw in (moved, copied):
        assert Mail((), (str(host.maildir),)).received(identity(raw))

    again = host.run("train", "spam", "-c", str(host.config), f"{host.maildir}/.Junk")
    assert "2 messages: 2 known" in again, "an archive knows them by what they say"
    for file in host.files():
        seen = json.loads(host.run("inspect", "--json", "--no-mail-parser", str(file)))
        assert seen["subject"] == ["boats"]
        file.unlink()
