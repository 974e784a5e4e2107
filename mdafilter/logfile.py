"""The log file that a user's rules name: as procmail writes its LOGFILE, so that mailstat(1) and old scripts read it.

    From ann@example.org  Thu Nov 26 00:44:31 2026
     Subject: hello
      Folder: lists/new/1795654475.M1P2.host                           1234

An abstract of the last delivery that is no copy, or of all; before it what the rules write themselves (LOG), what went
wrong, and with VERBOSE each question. The Subject is the line that stands in the message, and a folder has its name in
MAILDIR. It is written when the message is where it belongs, in one write in append mode.

In:    the Decision and its Receipts, the Message as it came, its Envelope.
Out:   "" or a note for the journal: a log that cannot be written fails no delivery.
"""

from __future__ import annotations

import os
import time

from mdafilter.acts import Discard, Pipe
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.decision import Asked, Decision
    from mdafilter.message import Envelope, Message
    from mdafilter.receipts import Receipt, Receipts

SUBJECT = 78  # characters
COLUMN = 72  # in which the size begins, as mailstat(1) expects a tab before it


def write(decision: Decision, receipts: Receipts, message: Message, envelope: Envelope, now: float) -> str:
    """Writes it, if the rules named a file."""
    log = decision.log
    if not log.path:
        return ""
    text = "".join(decision.logged)
    lines = [f"mdafilter: {_line(note)}\n" for note in (*decision.notes, *receipts.notes)]
    if log.verbose:
        lines += [f"mdafilter: {_asked(one)}\n" for one in decision.trace]
    done = receipts.receipts if log.abstract != "no" else ()
    last = [one for one in done if not getattr(one.act, "copy", False)][-1:] or done[-1:]
    shown = done if log.abstract == "all" else last
    lines += [_abstract(one, message, envelope, now, os.path.normpath(log.folder)) for one in shown]
    if lines and text and not text.endswith("\n"):
        text += "\n"
    try:
        fd = os.open(log.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        try:
            os.write(fd, (text + "".join(lines)).encode("utf-8", "surrogateescape"))
        finally:
            os.close(fd)
    except OSError as failed:
        return f"the log file {log.path} cannot be written: {failed.strerror}"
    return ""


def _abstract(receipt: Receipt, message: Message, envelope: Envelope, now: float, folder: str) -> str:
    """Three lines about one delivery."""
    field = message.headers.first("subject")
    line = field.raw.partition(b"\n")[0][:SUBJECT].decode("utf-8", "surrogateescape") if field else ""
    subject = f" {_printable(line)}\n" if field else ""
    sender = envelope.sender or "MAILER-DAEMON"
    return f"From {_line(sender)}  {time.asctime(time.localtime(now))}\n{subject}{_folder(receipt, message, folder)}"


def _folder(receipt: Receipt, message: Message, folder: str) -> str:
    place = receipt.act.command[-1].rpartition("\n")[2] if isinstance(receipt.act, Pipe) else receipt.path
    place = "/dev/null" if isinstance(receipt.act, Discard) else place
    name = f"  Folder: {_line(place.removeprefix(f'{folder}/')) or receipt.done}"
    tabs = max(1, (COLUMN - len(name) + 7) // 8)
    return f"{name}{chr(9) * tabs}{receipt.size or message.size:7}\n"


def _asked(one: Asked) -> str:
    answer = "" if one.answer is None else ": yes" if one.answer.held else ": no"
    return f"{one.at} {_line(one.what)}{answer}"


def _line(text: str) -> str:
    """The text on one line."""
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or "\ud800" <= c <= "\udfff" else " " for c in text)
