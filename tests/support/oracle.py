"""procmail as the judge: one home for it and one for mdafilter, the same rule file and messages, and what each has made.

mdafilter runs in a process of its own, a fork (tests/support/forks.py) as the same user: cli/deliver.py as
mdafilter-deliver starts it, but that Python is there already, which is most of what a delivery costs.

What is not compared: names of files but for the numbers of MH folders, From lines of mbox files, empty lines at the end
(procmail adds one to what a filter wrote), and Delivered-To, which a forwarded message gets from us alone.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.support import forks
from tests.support.mailboxes import in_mbox

Boxes = dict[str, list[bytes]]
Files = dict[str, bytes]
UID = 65534
PROCMAIL = shutil.which("procmail")
MISSING = "procmail is missing, or this is not root" if not PROCMAIL or os.geteuid() != 0 else ""

# What stands before each rule file: nobody has no home, and no program of these tests may be another one.
START = """HOME={home}
SHELL=/bin/sh
PATH=$HOME/bin:/usr/bin:/bin
MAILDIR=$HOME
DEFAULT=$HOME/Maildir/
SENDMAIL=$HOME/bin/sendmail
"""
INCLUDED = "SEEN=yes\n:0\n* ^X-None\nMaildir/.included/\n"
OLD = b"From old@example.org  Sun Nov 22 10:00:00 2026\nSubject: old\n\nold\n\n"
BIN = Path(__file__).parent / "bin"  # programs that a rule file may ask
CONFIGURATION = """[spamd]
enabled = "off"
[delivery]
label = false
subscribe = false
mbox_quoting = "mboxo"
sendmail = "{home}/bin/sendmail"
"""


def prepared(top: Path, rc: str | bytes, beside: Files | None = None) -> Path:
    """A home with the rc file, what it includes, mailboxes and programs. `beside` are files that it has, too."""
    made = top / "home"
    for folder in ("Maildir", ".maildir"):
        for part in ("cur", "new", "tmp"):
            (made / folder / part).mkdir(parents=True)
    for folder in ("Mail", "mh", "plain", ".config/mdafilter"):
        (made / folder).mkdir(parents=True)
    for name in ("3", ",9", "12x", ".mh_sequences"):
        (made / "mh" / name).touch()
    (made / "old").write_bytes(OLD)
    shutil.copytree(BIN, made / "bin")
    text = rc.encode("utf-8", "surrogateescape") if isinstance(rc, str) else rc
    (made / "rc.procmailrc").write_bytes(START.replace("{home}", str(made)).encode() + text)
    for name, content in {"inc.rc": INCLUDED.encode(), **(beside or {})}.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(content)
    (made / ".config" / "mdafilter" / "mdafilter.toml").write_text(CONFIGURATION.replace("{home}", str(made)))
    for path in [made, *made.rglob("*")]:
        os.chown(path, UID, UID)
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    return made


def environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "LOGNAME": "nobody", "USER": "nobody", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}


def theirs(home: Path, message: bytes, extension: str = "") -> int:
    """procmail's exit status. Programs for which it does not wait have ended, too. `extension` is $1.

    It is started by a process that has no file open: of what is open for writing in this one, or for a moment in a child
    of it, no program can be started (execve(2): ETXTBSY).
    """
    return forks.call(_theirs, home, message, extension)


def _theirs(home: Path, message: bytes, extension: str) -> int:
    command = [PROCMAIL or "", "-m", str(home / "rc.procmailrc"), *([extension] if extension else [])]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(home),
        user=UID,
        group=UID,
        extra_groups=[],
        cwd=home,
        start_new_session=True,
    )
    try:
        process.communicate(message, timeout=30)
        _wait_for_session(process.pid)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode


def _wait_for_session(session: int) -> None:
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return  # as nearly always, and it is known sooner than by a look at all processes
    until = time.monotonic() + 30
    while any(_session(pid) == session for pid in os.listdir("/proc") if pid.isdigit()):
        if time.monotonic() > until:
            raise TimeoutError("a program that procmail started does not end")
        time.sleep(0.02)


def _session(pid: str) -> int:
    try:
        state, _parent, _group, session, *_ = Path("/proc", pid, "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0  # it has just ended
    return 0 if state == b"Z" else int(session)


def ours(home: Path, message: bytes, extension: str = "") -> int:
    """mdafilter's exit status."""
    return forks.call(_ours, home, message, extension)


def _ours(home: Path, message: bytes, extension: str) -> int:
    spool = os.memfd_create("message")
    os.write(spool, message)
    os.lseek(spool, 0, os.SEEK_SET)
    pid = os.fork()
    if pid == 0:
        try:
            _become(home, spool)
            from mdafilter.cli import deliver

            deliver.main(["-R", str(home / "rc.procmailrc"), *(["-e", extension] if extension else [])])
        finally:
            os._exit(99)  # main ends the process: nothing comes back
    os.close(spool)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _become(home: Path, spool: int) -> None:
    os.setgroups([])
    os.setgid(UID)
    os.setuid(UID)
    os.chdir(home)
    os.environ.clear()
    os.environ.update(environment(home))
    nothing = os.open("/dev/null", os.O_WRONLY)
    os.dup2(spool, 0)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


def installed(home: Path, message: bytes, installation: Path) -> int:
    """The exit status of mdafilter-deliver as it is installed."""
    done = subprocess.run(
        [str(installation / "bin" / "mdafilter-deliver"), "-R", str(home / "rc.procmailrc")],
        input=message,
        env=environment(home),
        user=UID,
        group=UID,
        extra_groups=[],
        cwd=home,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode


def found(home: Path) -> Boxes:
    """The contents of each mailbox and file that has any. A message in an MH folder is known by its number."""
    boxes: Boxes = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if not path.is_file() or not path.stat().st_size or name.startswith((".config", ".cache", ".local", "bin/")):
            continue
        content = path.read_bytes()
        if path.parent.name in ("new", "cur"):
            boxes.setdefault(path.parent.parent.relative_to(home).as_posix(), []).append(without_from_line(content))
        elif path.name.startswith("msg."):
            boxes.setdefault(f"{name.rpartition('/')[0]}/msg.", []).append(without_from_line(content))
        elif path.parent.name == "sent":
            boxes.setdefault(f"sent to {path.name.rpartition('.')[0]}", []).append(content)
        elif path.name.isdigit():
            boxes[name] = [without_from_line(content)]
        elif name not in ("rc.procmailrc", "inc.rc", "log") and path.name not in ("maildirfolder", "subscriptions"):
            boxes[name] = in_mbox(content) if content.startswith(b"From ") else [content]
    shown = {box: sorted({one.rstrip(b"\n") for one in contents}) for box, contents in boxes.items()}
    return {box: [one.replace(str(home).encode(), b"~") for one in contents] for box, contents in shown.items()}


def without_from_line(content: bytes) -> bytes:
    """procmail leaves the one that a message came with."""
    return content.partition(b"\n")[2] if content.startswith(b"From ") else content


def of_procmail(rc: str | bytes, *messages: bytes) -> Boxes:
    """What procmail makes of the messages, one after the other."""
    with folder() as top:
        home = prepared(top, rc)
        assert [theirs(home, message) for message in messages] == [0] * len(messages)
        return found(home)


def of_mdafilter(rc: str | bytes, *messages: bytes) -> Boxes:
    """The same of mdafilter."""
    with folder() as top:
        home = prepared(top, rc)
        assert [ours(home, message) for message in messages] == [0] * len(messages)
        return found(home)


def judged(questions: Sequence[tuple[str | bytes, bytes]]) -> list[Boxes]:
    """What procmail makes of many, at once: it sleeps a second for each lock file that it makes."""
    with ThreadPoolExecutor(48) as pool:
        return list(pool.map(lambda question: of_procmail(*question), questions))


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that the user of the oracle can go through."""
    path = Path(tempfile.mkdtemp(prefix="mdafilter-oracle."))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)
