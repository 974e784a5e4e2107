"""Delivers many messages in one process, and says what it is left with: run as `python -c SOURCE PACKAGE HOME COUNT`.

Runs as a user without rights, with nothing but the package. On standard output a line of JSON after the first tenth of
the messages, and another one after the last.
"""

from __future__ import annotations

import base64
import gc
import io
import json
import os
import signal
import sys
import threading
import zipfile
from typing import Any

SIEVE = """require ["fileinto", "mailbox", "reject", "regex", "editheader"];
if header :contains "subject" "list" { fileinto :create "Lists"; }
elsif header "subject" "refused" { reject "no"; }
elsif header :regex "subject" "chan(g|j)ed" { addheader "X-Seen" "yes"; }
"""
PROCMAILRC = """:0 w
* ^Subject: pipe
| cat >/dev/null

:0 fw
* ^Subject: filter
| cat - ; head -c 400000 /dev/zero

:0 w
* ^Subject: fails
| echo no; exit 1

:0 c:
copies

:0
* ? test -d .
box/
"""
LINE = b"This line is as long as most lines of most messages are, no more and no less.\n"


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("a.txt", "hello")
    return made.getvalue()


ATTACHED = (
    b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\n"
    b"Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
    + base64.encodebytes(archive())
    + b"--b--\n"
)
# rules of, subject, the rest of the message, whether it comes as a file
MESSAGES = (
    ("sieve", b"plain", b"\nbody\n", False),
    ("sieve", b"a list", b"\nbody\n", False),
    ("sieve", b"refused", b"\nbody\n", False),
    ("sieve", b"changed", b"\nbody\n", False),
    ("sieve", b"large", b"\n" + LINE * 13_000, False),
    ("sieve", b"large", b"\n" + LINE * 13_000, True),
    ("sieve", b"small", b"\nbody\n", True),
    ("sieve", b"zip", ATTACHED, False),
    ("broken", b"plain", b"\nbody\n", False),
    ("misconfigured", b"large", b"\n" + LINE * 13_000, False),
    ("procmail", b"pipe", b"\nbody\n", False),
    ("procmail", b"filter", b"\nbody\n", False),
    ("procmail", b"fails", b"\nbody\n", False),
    ("procmail", b"large", b"\n" + LINE * 13_000, False),
)


def prepare_home(home: str) -> None:
    for name, rules in (("sieve", SIEVE), ("broken", "keep"), ("procmail", PROCMAILRC)):
        os.makedirs(f"{home}/{name}/.config/mdafilter")
        with open(f"{home}/{name}/.config/mdafilter/mdafilter.toml", "w") as file:
            file.write('[spamd]\nenabled = "off"\n[journal]\nsyslog = false\nmax_size = 20000\n')
        with open(f"{home}/{name}/{'.procmailrc' if name == 'procmail' else '.mdafilter.sieve'}", "w") as file:
            file.write(rules)
    os.makedirs(f"{home}/misconfigured/.config/mdafilter")
    with open(f"{home}/misconfigured/.config/mdafilter/mdafilter.toml", "w") as file:
        file.write("maildir = 1")


def given(data: bytes, as_file: bool) -> int:
    """A descriptor of a file with these octets, or of a pipe out of which they come."""
    file = os.memfd_create("message")
    os.write(file, data)
    if as_file:
        return file
    source = os.open(f"/proc/self/fd/{file}", os.O_RDONLY)
    reader, writer = os.pipe()
    pid = os.posix_spawn(
        "/bin/cat", ["cat"], {}, file_actions=[(os.POSIX_SPAWN_DUP2, source, 0), (os.POSIX_SPAWN_DUP2, writer, 1)]
    )
    for fd in (file, source, writer):
        os.close(fd)
    feeders.append(pid)
    return reader


feeders: list[int] = []


def deliver(home: str, number: int) -> str:
    from mdafilter import arguments, delivery, intake, pipeline
    from mdafilter.alarm import Alarm
    from mdafilter.errors import TryAgain
    from mdafilter.outside import Outside

    name, subject, rest, as_file = MESSAGES[number % len(MESSAGES)]
    head = b"From a@b.c  Sun Nov 22 14:10:06 2026\nMessage-ID: <%d@example.org>\nSubject: %b\n" % (number, subject)
    environ = {"HOME": f"{home}/{name}", "USER": "ann", "SENDER": "a@b.c", "RECIPIENT": "ann@example.org"}
    fd = given(head + rest, as_file)
    received = None
    try:
        with Alarm():
            received = intake.receive(fd, [environ["HOME"]], 0)
            setup, envelope = delivery.prepare(arguments.parse([]), environ, received.from_line, keep=True)
            world = Outside(setup.settings, envelope, setup.mailbox, home=setup.home, environ=setup.environ)
            receipts = pipeline.deliver(received.octets, envelope, setup, world)
        receipts.forget()
        return "; ".join(receipt.done for receipt in receipts.receipts)
    except TryAgain as failed:
        return f"deferred: {failed}"
    finally:
        if received is not None:
            received.close()
        os.close(fd)
        if not as_file:
            os.waitpid(feeders.pop(), 0)


def empty(folder: str) -> None:
    """Removes the messages, which would fill the disk."""
    for place, _folders, names in os.walk(folder):
        for name in names:
            if "Maildir" in place or "box" in place or name == "copies":
                os.unlink(os.path.join(place, name))


def state() -> dict[str, Any]:
    gc.collect()
    mask = os.umask(0o077)
    os.umask(mask)
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        children = file.read()
    timers = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
    return {
        "descriptors": sorted(
            os.readlink(f"/proc/self/fd/{fd}").split(" ")[0] for fd in os.listdir("/proc/self/fd")[:-1]
        ),
        "children": children,
        "handlers": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
        "timers": [signal.getitimer(timer) for timer in timers],
        "umask": mask,
        "folder": os.getcwd(),
        "environ": dict(os.environ),
        "threads": threading.active_count(),
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
        "objects": len(gc.get_objects()),
    }


def main(package: str, home: str, count: int) -> None:
    sys.path.insert(0, package)
    prepare_home(home)
    gc.disable()  # as a service does, which collects between messages
    done: list[dict[str, int]] = [{}, {}]
    for number in range(count):
        half = done[number >= count // 10]
        told = deliver(home, number)
        half[told] = half.get(told, 0) + 1
        if number % 50 == 49:
            gc.collect()
            empty(home)
        if number + 1 in (count // 10, count):
            print(json.dumps({"state": state(), "done": half}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
