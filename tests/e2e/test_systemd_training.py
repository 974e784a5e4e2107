"""The units of training with a real systemd, as they are shipped, in the places that contrib/postfix/README.md gives them:
what users move and report is learned by the sa-learn of debian-spamd, whatever is killed meanwhile; what is old expires."""

from __future__ import annotations

import itertools
import json
import os
import pwd
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support import salearn, spamd, systemd
from tests.support.folders import Maildir, ours
from tests.support.house import ROOT
from tests.support.systemd import Systemd, verified
from tests.support.training import forward, mail

TRAIN, WATCH = "mdafilter-train.service", "mdafilter-watch.service"
EXPIRE, TIMER = "mdafilter-expire.service", "mdafilter-expire.timer"
USERS = {"alice": 23001, "bob": 23002}
PROGRAM = "/opt/mdafilter/bin/mdafilter"
CONFIG = """\
hostname = "mail.example.org"
[delivery]
sendmail = "/home/sendmail"
[train]
user = "debian-spamd"
domains = ["example.org"]
answer = true
"""
# Stands for sendmail(1), of which postdrop(1) is setgid.
SENDMAIL = '#!/bin/sh\n(/home/id; echo "$*"; cat) >"/home/letters/$(/usr/bin/id -un)"\n'
# What alice has set up: what comes into Work goes to carol, too.
EVENTS = {
    ".config/mdafilter/mdafilter.toml": '[delivery]\nsendmail = "/home/sendmail"\n',
    ".sieve/work.sieve": 'require ["imapsieve", "copy"];\nredirect :copy "carol@example.com";\n',
    "Maildir/mailboxes.toml": '["Work"]\nmetadata = { "/shared/imapsieve/script" = "work" }\n',
}
# All that is not the machine's: the places of the installation, of homes and of state.
PLACES = """\
for place in /opt /home /mnt /var/lib; do mount -t tmpfs -o mode=755 tmpfs "$place"; done &&
cp -a "$1" /opt/mdafilter && sed -i '1s|^#!.*|#!/opt/mdafilter/bin/python|' /opt/mdafilter/bin/mdafilter &&
install -d -m 0755 -o debian-spamd /var/lib/spamassassin &&
awk -F: '$3 < 1000 || $3 == 65534' /etc/passwd >/mnt/passwd && cat >>/mnt/passwd && mount --bind /mnt/passwd /etc/passwd &&
install -d -m 1777 /home/letters && cp /usr/bin/id /home/id && chgrp mail /home/id && chmod 2755 /home/id
"""
NUMBERS = itertools.count(1)
DAY = 86400
pytestmark = [
    pytest.mark.skipif(bool(systemd.why_not()), reason=systemd.why_not()),
    pytest.mark.skipif(bool(salearn.missing()), reason=salearn.missing()),
    pytest.mark.skipif(bool(spamd.missing()), reason=spamd.missing()),
]


class Host:
    """A systemd with the units, and two users with Maildirs."""

    def __init__(self, inside: Systemd, installation: Path) -> None:
        self.inside = inside
        users = "".join(f"{name}:x:{uid}:{uid}::/home/{name}:/bin/sh\n" for name, uid in USERS.items())
        inside.run("sh", "-c", PLACES, "places", str(installation), data=users)
        self.root = Path(f"/proc/{inside.first}/root")
        for path, text in (("home/sendmail", SENDMAIL), ("mnt/conf.toml", CONFIG)):
            (self.root / path).write_text(text)
        (self.root / "home/sendmail").chmod(0o755)
        self.maildirs = {name: Maildir(self.root / "home" / name) for name in USERS}
        for path, text in EVENTS.items():
            file = self.root / "home/alice" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        for name, uid in USERS.items():
            (self.root / "home" / name).chmod(0o700)
            self.own(name, uid)
        for name in (TRAIN, WATCH, EXPIRE, TIMER):
            text = (ROOT / "contrib" / "postfix" / "systemd" / name).read_text()
            # /etc/mdafilter would be the machine's.
            inside.unit(name, text.replace("train learn --wait", "train learn --wait -c /mnt/conf.toml"))
        inside.run("systemctl", "daemon-reload")

    def own(self, name: str, uid: int) -> None:
        self.inside.run("chown", "-R", f"{uid}:{uid}", f"/home/{name}")

    def deliver(self, name: str, raw: bytes) -> Path:
        """A message comes into the user's Maildir, as maildir(5) says: by way of tmp/."""
        root = self.maildirs[name].root
        path = root / "tmp" / ours()
        path.write_bytes(raw)
        os.chown(path, USERS[name], USERS[name])
        return path.rename(root / "new" / path.name)

    def report(self, count: int = 1) -> None:
        """Bob gets messages and reports them, each by a forward: the door is what Postfix runs for spam@."""
        environ = ["env", "-i", "SENDER=bob@example.org", "SASL_USERNAME=bob", "RECIPIENT=spam@example.org"]
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for _ in range(count):
            raw = mail(next(NUMBERS))
            self.deliver("bob", raw)
            self.inside.run(*nobody, *environ, PROGRAM, "train", "spam", data=forward(raw).decode())

    def move(self, name: str) -> None:
        """The user moves a message into his junk folder."""
        path = self.deliver(name, mail(next(NUMBERS)))
        until(lambda: self.is_known(name, path))
        self.maildirs[name].rename(path, "Junk")

    def is_known(self, name: str, path: Path) -> bool:
        """Whether the watch has seen the message."""
        base = path.name.partition(",")[0].encode()
        return any(base in file.read_bytes() for file in self.maildirs[name].root.glob("mdafilter-watch.db*"))

    def counts(self) -> tuple[int, int]:
        """What SpamAssassin says of its own database, which is debian-spamd's."""
        as_user = ["setpriv", f"--reuid={spamd.USER}", "--clear-groups", "env", "HOME=/var/lib/spamassassin"]
        said = self.inside.run(*as_user, salearn.PROGRAM, "-L", "--dump", "magic", check=False).stdout
        lines = {line.rpartition(" ")[2]: line.split() for line in said.splitlines()}
        return (int(lines["nspam"][2]), int(lines["nham"][2])) if "nspam" in lines else (0, 0)

    def lines(self) -> list[dict[str, object]]:
        said = self.inside.run(PROGRAM, "train", "status", "--json", "-n", "10000", "-c", "/mnt/conf.toml").stdout
        return [json.loads(line) for line in reversed(said.splitlines())]

    def learned(self) -> int:
        """How many messages sa-learn has learned, says the ledger; "known" is what a killed learner could not note."""
        known = ("learned", "known")
        return sum(line["result"] in known and line["teacher"] == "sa-learn" for line in self.lines())

    def has_learned(self, count: int) -> bool:
        return self.learned() == count

    def begin(self, count: int) -> None:
        """So many reports, and sa-learn is at work with all of them, or is through where nobody could look in time."""
        self.inside.run("systemctl", "stop", TRAIN)
        all_ = self.learned() + count
        self.report(count)
        self.inside.run("systemctl", "start", TRAIN)
        pgrep = ("pgrep", "-f", salearn.PROGRAM)
        until(lambda: self.inside.run(*pgrep, check=False).stdout or self.has_learned(all_))

    def pid(self, unit: str) -> str:
        return self.inside.show(unit, "MainPID")

    def kill(self, unit: str) -> None:
        """As the kernel does that is out of memory; systemd starts it again."""
        pid = self.pid(unit)
        self.inside.run("kill", "-KILL", pid)
        until(lambda: self.pid(unit) != pid)

    def is_up_again(self, unit: str) -> bool:
        return self.inside.show(unit, "ActiveState") == "active" and self.pid(unit) != "0"


def until(true: Callable[[], object]) -> None:
    assert within(60, true, 0.1), "it does not happen"


def within(seconds: float, true: Callable[[], object], pause: float = 0.005) -> bool:
    """Whether it happens in this time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


@pytest.fixture(scope="module")
def booted(installation: Path) -> Iterator[Host]:
    inside = Systemd()
    try:
        inside.start()
        made = Host(inside, installation)
        inside.run("systemctl", "start", TRAIN, WATCH)
        for name in USERS:
            until((made.maildirs[name].root / "mdafilter-watch.db").exists)
        until((made.root / "var/spool/mdafilter/train").exists)
        yield made
    except systemd.NotPossible as reason:
        pytest.skip(str(reason))
    finally:
        inside.close()


@pytest.fixture
def host(booted: Host) -> Host:
    """With nothing left of the test before this one."""
    until(lambda: not list((booted.root / "var/spool/mdafilter/train").iterdir()))
    for letter in (booted.root / "home/letters").iterdir():
        letter.unlink()
    return booted


def test_systemd_has_nothing_to_say_about_them(installation: Path, shipped: dict[str, str], tmp_path: Path) -> None:
    assert verified(tmp_path, {name: shipped[name] for name in (TRAIN, WATCH, EXPIRE, TIMER)}) == ""


def test_the_learner_makes_folders_that_the_door_can_use(host: Host) -> None:
    paths = ("/var/spool/mdafilter", "/var/spool/mdafilter/train", "/var/lib/mdafilter", "/var/lib/mdafilter/train")
    seen = host.inside.run("stat", "--format=%a %U", *paths).stdout.splitlines()
    assert seen == ["755 root", "3733 root", "755 root", "700 root"]


def test_a_report_wakes_the_learner_who_teaches_as_debian_spamd(host: Host) -> None:
    before = host.learned()
    host.report()
    until(lambda: host.learned() == before + 1)
    assert host.counts() == (before + 1, 0)
    line = next(line for line in host.lines()[-2:] if line["teacher"] == "sa-learn")
    assert (line["reporter"], line["how"], line["after_spam"]) == ("bob", "sasl", before + 1)
    owner = pwd.getpwnam(spamd.USER).pw_uid
    database = host.root / "var/lib/spamassassin/.spamassassin"
    assert {path.stat().st_uid for path in (database, *database.iterdir())} == {owner}


def test_the_scorer_of_our_own_has_a_file_of_the_user(host: Host) -> None:
    host.report()
    database = host.root / "home/bob/.local/state/mdafilter/bayes.db"
    until(database.exists)
    assert database.stat().st_uid == USERS["bob"]


def test_the_answer_may_go_by_a_program_that_is_setgid(host: Host) -> None:
    """sendmail(1) needs a setgid postdrop(1)."""
    host.report()
    letter = host.root / "home/letters/root"
    until(lambda: letter.exists() and "learned as spam" in letter.read_text())
    assert "egid=8(mail)" in letter.read_text()


def test_what_users_move_is_learned(host: Host) -> None:
    before = host.learned()
    for name in USERS:
        host.move(name)
    until(lambda: host.learned() == before + 2)
    assert host.counts() == (before + 2, 0)
    assert {line["reporter"] for line in host.lines() if line["source"] == "watch"} == set(USERS)
    for name, uid in USERS.items():
        assert (host.maildirs[name].root / "mdafilter-watch.db").stat().st_uid == uid


def test_a_script_of_a_users_may_send_by_a_program_that_is_setgid(host: Host) -> None:
    """RFC 6785 section 3.7: "redirect" may be used at an event."""
    path = host.deliver("alice", b"Subject: to be done\n" + mail(next(NUMBERS)))
    until(lambda: host.is_known("alice", path))
    for part in ("cur", "new", "tmp"):
        (host.maildirs["alice"].root / ".Work" / part).mkdir(parents=True)
    host.own("alice", USERS["alice"])
    host.maildirs["alice"].rename(path, "Work")
    letter = host.root / "home/letters/alice"
    until(lambda: letter.exists() and "Subject: to be done" in letter.read_text())
    assert "egid=8(mail)" in letter.read_text()
    assert "-- carol@example.com" in letter.read_text()


def test_killed_they_come_back_and_have_missed_nothing(host: Host) -> None:
    before = host.learned()
    path = host.deliver("alice", mail(next(NUMBERS)))
    until(lambda: host.is_known("alice", path))
    for unit in (TRAIN, WATCH):
        host.kill(unit)
    host.maildirs["alice"].rename(path, "Junk")
    host.report()
    until(lambda: all(map(host.is_up_again, (TRAIN, WATCH))))
    until(lambda: host.learned() == before + 2)
    assert host.counts() == (before + 2, 0)


def test_stopped_the_learner_ends_behind_its_batch(host: Host) -> None:
    """A sa-learn that gets a SIGTERM can count a message twice."""
    before = host.learned()
    host.begin(30)
    host.inside.run("systemctl", "stop", TRAIN)
    assert host.inside.show(TRAIN, "Result") == "success"
    assert host.learned() == before + 30
    assert host.counts() == (before + 30, 0)
    host.inside.run("systemctl", "start", TRAIN)


def test_killed_in_the_middle_of_a_batch_it_counts_none_twice(host: Host) -> None:
    """sa-learn goes on, and the next learner waits for it; killed, it would leave a lock that others wait for."""
    wanted = host.learned()
    lock = host.root / "var/lib/spamassassin/.spamassassin/bayes.lock"
    for _ in range(10):  # it is there for less than a second: on a busy machine it may come and go unseen
        host.begin(30)
        wanted += 30
        if within(10, lock.exists):
            break
        until(partial(host.has_learned, wanted))
    else:
        pytest.fail("sa-learn was never seen with its lock")
    host.kill(TRAIN)
    until(partial(host.has_learned, wanted))
    assert host.counts() == (wanted, 0)


def test_what_is_old_goes_when_the_unit_says_so(host: Host) -> None:
    trash = host.maildirs["alice"].at("Trash") / "new"
    for age, name in ((40, "old"), (20, "young")):
        path = trash / f"{int(time.time()) - age * DAY}.M1P2Q3_0123abcd.{name}"
        path.write_text("X-Mdafilter: Trash; rule x:1\n\nbody\n")
    host.own("alice", USERS["alice"])

    def there() -> list[str]:
        return sorted(path.name.rpartition(".")[2] for path in trash.iterdir())

    host.inside.run(PROGRAM, "expire", "--folder", "Trash", "--older", "30d")
    assert there() == ["old", "young"], "without --execute it removes nothing"
    host.inside.run("systemctl", "start", EXPIRE)
    assert host.inside.show(EXPIRE, "Result") == "success"
    assert there() == ["young"]


def test_the_timer_waits_for_the_next_night(host: Host) -> None:
    host.inside.run("systemctl", "start", TIMER)
    assert host.inside.show(TIMER, "ActiveState") == "active"
    assert host.inside.show(TIMER, "NextElapseUSecRealtime")
    host.inside.run("systemctl", "stop", TIMER)
