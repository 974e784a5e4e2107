"""[train] scope = "user" with the real sa-learn: what a user reports is learned by a sa-learn with his rights, in his home,
and by nobody else's."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.train import Report, door, spool
from tests.support import namespace, salearn
from tests.support.namespace import Namespace
from tests.support.training import forward, mail

USERS = {"alice": 23001, "bob": 23002}
pytestmark = [
    pytest.mark.skipif(bool(namespace.why_not()), reason=namespace.why_not()),
    pytest.mark.skipif(bool(salearn.missing()), reason=salearn.missing()),
]


class Host:
    """Two accounts, whose homes nobody else may enter; a report of each is put into the spool by Postfix' nobody."""

    def __init__(self, top: Path, installation: Path) -> None:
        self.top = top
        self.program = (str(installation / "bin/python"), str(installation / "bin/mdafilter"), "train")
        passwd = namespace.accounts()
        for name, uid in USERS.items():
            home = top / "home" / name
            (home / "Maildir/new").mkdir(parents=True)
            passwd += f"{name}:x:{uid}:{uid}::{home}:/bin/sh\n"
        (top / "passwd").write_text(passwd)
        spool.make(f"{top}/spool")
        self.config = top / "mdafilter.toml"
        self.config.write_text(
            f'[train]\nspool = "{top}/spool"\nstate = "{top}/state"\nteacher = ["sa-learn"]\nscope = "user"\n'
        )
        for name in USERS:
            self._own(name)
        self.inside = Namespace({"/etc/passwd": top / "passwd"})

    def _own(self, name: str) -> None:
        home = self.top / "home" / name
        for path in (home, *home.rglob("*")):
            os.chown(path, USERS[name], USERS[name])
        home.chmod(0o700)

    def report(self, name: str, number: int, verdict: str = "spam") -> None:
        path = self.top / "home" / name / f"Maildir/new/1795255200.{number}.host"
        path.write_bytes(mail(number))
        os.chown(path, USERS.get(name, 0), -1)
        facts = {"sender": f"{name}@example.org", "sasl_username": name, "client_address": "192.0.2.1"}
        id = door.write(f"{self.top}/spool", Report(verdict, "alias", facts, forward(mail(number))))
        os.chown(f"{self.top}/spool/{id}", 65534, -1)

    def run(self, *words: str) -> str:
        return self.inside.run(*self.program, *words, "-c", str(self.config)).stdout.decode()

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in reversed(self.run("status", "--json").splitlines())]

    def counts(self, name: str) -> tuple[int, int]:
        """What the user is told by his own sa-learn."""
        ids = ["setpriv", f"--reuid={USERS[name]}", f"--regid={USERS[name]}", "--clear-groups"]
        home = f"HOME={self.top}/home/{name}"
        said = self.inside.run(*ids, "env", "-i", home, salearn.PROGRAM, "-L", "--dump", "magic").stdout.decode()
        lines = {line.rpartition(" ")[2]: line.split() for line in said.splitlines()}
        return int(lines["nspam"][2]), int(lines["nham"][2])

    def database(self, name: str) -> dict[str, bytes]:
        """The octets of what sa-learn keeps."""
        folder = self.top / "home" / name / ".spamassassin"
        return {path.name: path.read_bytes() for path in folder.glob("bayes_*")}


@pytest.fixture
def host(installation: Path) -> Iterator[Host]:
    top = Path(tempfile.mkdtemp(prefix="mdafilter-users."))
    top.chmod(0o755)
    made = Host(top, installation)
    try:
        yield made
    finally:
        made.inside.close()
        shutil.rmtree(top)


def test_each_teaches_his_own_database_and_no_other(host: Host) -> None:
    host.report("alice", 1)
    host.report("alice", 2)
    host.report("bob", 1, "ham")  # the same message: what is spam to one is none to the other
    assert host.run("learn") == "3 learned\n"
    assert {(line["reporter"], line["database"]) for line in host.lines()} == {("alice", "alice"), ("bob", "bob")}
    assert (host.counts("alice"), host.counts("bob")) == ((2, 0), (0, 1))

    before = host.database("bob")
    assert before
    host.report("alice", 1, "ham")
    assert host.run("learn") == "1 changed\n"
    assert host.counts("alice") == (1, 1)
    assert host.database("bob") == before

    [line] = [line for line in host.lines() if line["reporter"] == "bob"]
    before = host.database("alice")
    host.run("undo", str(line["id"]))
    assert host.counts("bob") == (0, 0)
    assert host.database("alice") == before


def test_what_it_writes_is_the_users(host: Host) -> None:
    for name in USERS:
        host.report(name, 1)
    host.run("learn")
    for name, uid in USERS.items():
        folder = host.top / "home" / name / ".spamassassin"
        paths = [folder, *folder.rglob("*")]
        assert {"bayes_toks", "bayes_seen"} <= {path.name for path in paths}
        assert {(path.stat().st_uid, path.stat().st_gid) for path in paths} == {(uid, uid)}


def test_who_has_no_account_teaches_nobody(host: Host) -> None:
    """His report stays, until an account is made; those of others do not wait for it."""
    host.report("alice", 1)
    (host.top / "home/carol/Maildir/new").mkdir(parents=True)
    host.config.write_text(f'maildir = "{host.top}/home/%n/Maildir"\n' + host.config.read_text())
    host.report("carol", 2)
    done = host.inside.run(*host.program, "learn", "-c", str(host.config), check=False)
    assert done.returncode == 1
    assert "1 learned, 1 failed; 1 report stays: there is no user 'carol'" in done.stdout.decode()
    assert host.counts("alice") == (1, 0)
