"""The one-shot: its options, the user that it becomes, the mailbox that it finds, and what it answers."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from mdafilter import settings
from tests.support.house import ROOT

MESSAGE = b"From sender@example.org  Sun Nov 22 10:00:00 2026\nFrom: a@example.org\nSubject: hello\n\nbody\n"
NOBODY = 65534


@pytest.fixture(autouse=True)
def _no_site_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SITE_FILE", str(tmp_path / "no-site-file"))


def run(
    argv: list[str], home: Path, message: bytes = MESSAGE, uid: int | None = None, behind_a_shell: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """The module as a program, in a bare Python, as the door starts it."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from mdafilter.cli.deliver import main; main(sys.argv[1:])"
    command = ["/usr/bin/env", "-i", f"HOME={home}", "USER=alice", sys.executable, "-I", "-S", "-c", code, *argv]
    if behind_a_shell:
        script = 'exec 3<&0; home=$1; shift; env -i HOME="$home" MDAFILTER_DOOR=$$ "$@" <&3 & wait $!'
        command = ["sh", "-c", script, "sh", str(home), *command[command.index(sys.executable) :]]
    more = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
    return subprocess.run(command, input=message, capture_output=True, check=False, cwd="/", **more)  # type: ignore[call-overload,no-any-return]


def reads_the_tree(uid: int) -> bool:
    """Whether that user can read this checkout: one below /root, say, is out of reach."""
    look = ["test", "-r", str(ROOT / "mdafilter" / "cli" / "deliver.py")]
    return subprocess.run(look, user=uid, group=uid, extra_groups=[], check=False).returncode == 0


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user: needs root")


@needs_root
@pytest.mark.parametrize("argv", [[], ["-u", "root"], ["-u", "no-such-user-here"]])
def test_nothing_is_delivered_as_root(tmp_path: Path, argv: list[str]) -> None:
    done = run(argv, tmp_path)
    assert done.returncode == 75
    assert done.stdout.startswith(b"4.3.5 ")
    assert not (tmp_path / "Maildir").exists()


@needs_root
def test_root_becomes_the_user_that_it_names(tmp_path: Path) -> None:
    if not reads_the_tree(NOBODY):
        pytest.skip("the user nobody cannot read this checkout")
    name, mailbox = pwd.getpwuid(NOBODY).pw_name, tmp_path / "mail"
    for place in (tmp_path, *tmp_path.parents):
        if place.owner() == "root" and place.stat().st_mode & 0o005 != 0o005:
            place.chmod(0o755)
    os.chown(tmp_path, NOBODY, NOBODY)
    rules = tmp_path / "r.sieve"
    rules.write_text("keep;")
    done = run(["-u", name, "-m", str(mailbox), "-R", str(rules)], tmp_path)
    assert (done.returncode, done.stdout) == (0, b""), done
    (file,) = mailbox.glob("new/*")
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (NOBODY, 0o600)
    assert file.read_bytes() == MESSAGE.split(b"\n", 1)[1]
    again = run(["-u", name, "-m", str(mailbox), "-R", str(rules)], tmp_path, behind_a_shell=True)
    assert (again.returncode, again.stdout) == (0, b""), "it cannot tell root's shell, and must not say that it failed"
    assert len(list(mailbox.glob("new/*"))) == 2


@pytest.mark.parametrize(
    ("rule", "code", "text"),
    [
        ('require "reject"; reject "not here";', 77, b"5.7.1 not here\n"),
        ("discard;", 0, b""),
        ("keep", 75, b"4.3.5 mdafilter: site rules: "),
    ],
)
def test_what_is_answered(user_home: Path, rule: str, code: int, text: bytes) -> None:
    rules = user_home / "rules" / "r.sieve"
    rules.write_text(rule)
    done = run(["-R", str(rules)], user_home, uid=NOBODY if os.geteuid() == 0 else None)
    if os.geteuid() != 0 and code == 75:
        pytest.skip("a file of the user that is broken is no failure of the delivery")
    assert (done.returncode, done.stdout[: len(text)]) == (code, text), done


def test_a_dry_run_touches_nothing(user_home: Path) -> None:
    (user_home / "rules" / "r.sieve").write_text('require "fileinto"; fileinto "a";')
    before = sorted(user_home.rglob("*"))
    done = run(
        ["--dry-run", "-R", str(user_home / "rules" / "r.sieve")], user_home, uid=NOBODY if os.geteuid() == 0 else None
    )
    assert done.returncode == 0
    assert b"a" in done.stdout
    assert sorted(user_home.rglob("*")) == before


def test_a_dry_run_that_postfix_asks_for_keeps_the_message(user_home: Path) -> None:
    """--dry-run in mailbox_command delivers nothing: 0 would tell Postfix to forget the message."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from mdafilter.cli.deliver import main; main(['--dry-run'])"
    command = ["/usr/bin/env", "-i", f"HOME={user_home}", "MDAFILTER_DOOR=1", sys.executable, "-I", "-S", "-c", code]
    more = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    piped = subprocess.run(command, input=MESSAGE, capture_output=True, check=False, cwd="/", **more)  # type: ignore[call-overload]
    (user_home / "message").write_bytes(MESSAGE)
    with (user_home / "message").open("rb") as file:
        redirected = subprocess.run(command, stdin=file, capture_output=True, check=False, cwd="/", **more)  # type: ignore[call-overload]
    assert (piped.returncode, redirected.returncode) == (75, 0), (piped, redirected)
    assert not (user_home / "Maildir").exists()


@pytest.fixture
def user_home(tmp_path: Path) -> Path:
    """A home that belongs to nobody when root runs the tests, with a folder of the site's rules."""
    if os.geteuid() == 0 and not reads_the_tree(NOBODY):
        pytest.skip("the user nobody cannot read this checkout")
    for place in (tmp_path, *tmp_path.parents):
        if place.owner() == "root" and place.stat().st_mode & 0o005 != 0o005:
            place.chmod(0o755)
    (tmp_path / "rules").mkdir()
    if os.geteuid() == 0:
        os.chown(tmp_path, NOBODY, NOBODY)
    return tmp_path
