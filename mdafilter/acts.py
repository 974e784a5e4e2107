"""The acts: what can be done with a message. A Decision is a list of them (plan.py); perform.py carries them out.

Each is carried out by one file of targets/ (its table says which), but for Discard and Reject, which deliver nowhere.
The names are those of the Sieve actions (RFC 5228 section 4, RFC 5429), Box and Pipe those of procmail's deliveries,
and Send is what vacation and notify do.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from typing import TypeAlias


class Keep(Value):
    """Into the inbox; `flags` as RFC 5232 names them (\\\\Seen, $Forwarded)."""

    flags: tuple[str, ...] = ()


class File(Value):
    """Into a folder. `copy` leaves the implicit keep in force (RFC 3894); `create` makes the folder (RFC 5490).

    `letter`: not the message is filed but this one, that a rule has sent (RFC 8580); b"" is the message.
    """

    folder: str
    flags: tuple[str, ...] = ()
    copy: bool = False
    create: bool = False
    letter: bytes = b""


class Redirect(Value):
    """To another address, with the original envelope sender, or another one.

    `notify` is when the sender is to hear of it, and `ret` how much comes back then, as RFC 3461 has it ("NEVER",
    "SUCCESS,FAILURE"; "HDRS"); "" leaves that to the mail system.
    """

    address: str
    copy: bool = False
    sender: str | None = None  # None is that of the message
    notify: str = ""
    ret: str = ""


class Box(Value):
    """Into the mailbox of this absolute path. It ends in "/" for a Maildir, in "/." for an MH folder; else it is a file
    of its own in a directory that is there, or the end of an mbox file.
    """

    path: str
    copy: bool = False


class Pipe(Value):
    """Into a program's standard input; an exit status other than 0 is a failed delivery, where `check` says so.

    `area` is what the program gets: "both", "header" or "body". `postmark`: behind the From line of the delivery;
    `ended`: with an empty line at the end, as an mbox file needs both.
    `environ` are variables that it finds beside those of the delivery; `seconds` is what it may take; 0 is the usual.
    `lock` is the path of a lock file that is there meanwhile; "" is none. `newline`: the program gets the message with
    these line ends; b"" are its own.
    """

    command: tuple[str, ...]
    copy: bool = False
    area: str = "both"
    check: bool = True
    seconds: float = 0.0
    postmark: bool = False
    ended: bool = False
    environ: tuple[tuple[str, str], ...] = ()
    lock: str = ""
    newline: bytes = b""


class Send(Value):
    """A letter of ours, by sendmail(1): an answer or a notice. What becomes of the message is another question.

    `what` is the word that wanted it ("vacation"). `sender` is that of its envelope, "" the null one. `to` nobody is
    an answer that is not due: it is decided, and not sent. Where there is an `area`, the message itself ("both", or its
    "header") follows behind the letter, and the `tail` behind that. `known_as` is by what a rule may take it back.
    `needed`: without it nobody hears of the message; any other one is a courtesy, for which no mail waits.
    """

    what: str
    letter: bytes
    to: tuple[str, ...]
    sender: str = ""
    area: str = ""
    tail: bytes = b""
    known_as: tuple[str, ...] = ()
    needed: bool = False


class Discard(Value):
    """Nowhere: cancels the implicit keep and does nothing else."""


class Reject(Value):
    """Refused: `status` is the enhanced status code (RFC 3463) that the sender sees before the text.

    `told`: a Send beside it tells the sender; where that is sent, the door says nothing of it.
    """

    text: str
    status: str = "5.7.1"
    told: bool = False


if TYPE_CHECKING:
    Act: TypeAlias = Keep | File | Box | Redirect | Pipe | Send | Discard | Reject
