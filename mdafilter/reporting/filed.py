"""Whether a file in a folder is there because we filed it there, and nobody has touched it since; and when that was.

    when it was filed     the seconds that its name begins with: our clock, when it was put there (targets/naming.py)
    that it was we        the name is one of ours, and the journal says that this name went into this folder; or, where
                          the journal is silent, the first line of the file is our X-Mdafilter, and names the folder
    that it is untouched  the name is still that one, and has no flag but S (seen), T (deleted) and the keywords that
                          programs set by themselves, or that say of it that it is spam (UNSAID)

Other keywords keep it. Tags ($Label1 of Thunderbird, the colours of Apple Mail, names of the reader's own) are the
reader's hand, and so is $Forwarded, as the flag P. $NotJunk, NonJunk and NotJunk say that it is no spam: a client may
have noted that by itself on what it sorts, but hardly in Trash, and what is not certain stays. $Junk and its like are
no wish to keep a message, nor is what a server found (attachments), or that a receipt was sent.

The name alone is not enough: what a server copies, or a client uploads, gets a name of its own, but for IMAP's MOVE
Dovecot renames the file, as mail programs on this host do. Then the journal knows the name in another folder, and the
field names another, or is not there. The time of the file (mtime) is what IMAP calls the internal date, and can be
anything; Date is what the sender wrote.

X-Mdafilter counts in the first line alone, where label.py puts it: one that the sender wrote stands below the Received
fields. In the inbox there is no such field, so nothing in the inbox is ever ours.

In:    File, as folder.py read it; the Maildir++ name of the folder; what the journal says.
Out:   "" where it is ours, or why it is not (KEPT).
Fails: never. Whatever is not certain stays.
Known: a clock that was years behind when a message was filed makes it look old. Whoever only reads a message has not
       touched it. A message that its reader moved out, and back again into the same folder, may have its old name then
       (Dovecot gives it another one sometimes), and is as if it had stayed.
"""

from __future__ import annotations

from mdafilter.errors import BadFolder
from mdafilter.targets.foldername import folder_name
from mdafilter.train.folders import OURS, base
from mdafilter.values import Value

# Why a file stays, in the order in which it is asked; the text is for people.
KEPT = {
    "moved": "not filed by mdafilter: moved, copied or delivered here by others",
    "younger": "filed later than that",
    "flagged": "flagged, answered, forwarded, tagged or said to be no spam",
    "elsewhere": "filed into another folder, and moved here",
    "unknown": "neither the journal nor X-Mdafilter says that it was filed here",
}
UNTOUCHED = frozenset("ST")
# Keywords that do not keep a message, in lower case.
UNSAID = frozenset(
    (
        *("$junk", "junk", "junkrecorded", "$phishing"),  # RFC 9051 section 2.3.2; Thunderbird, Apple Mail
        *("$mdnsent", "receipt-handled"),  # RFC 9051; Evolution
        *("$hasattachment", "$hasnoattachment"),  # Dovecot
    )
)


class File(Value):
    """A file in new/ or cur/. `label` is the text of our field in its first line, "" if there is none."""

    name: str
    size: int = 0
    label: str = ""


def time_of(name: str) -> float:
    """When we filed the file of this name; -1 where the name is none of ours."""
    own = base(name)
    seconds = own.partition(".")[0]
    return float(seconds) if OURS.fullmatch(own) and seconds.isascii() and len(seconds) < 12 else -1.0


def candidate(name: str, before: float, unsaid: frozenset[str] = frozenset()) -> str:
    """What the name alone says: "" where it may be ours, untouched, and was filed before that time; or why not.

    `unsaid` are the letters of UNSAID in its folder.
    """
    filed = time_of(name)
    if filed < 0:
        return "moved"
    if filed >= before:
        return "younger"
    info = name.partition(":")[2]  # "2,FS"; a name in new/ has none (https://cr.yp.to/proto/maildir.html)
    return "" if not info or (info.startswith("2,") and (UNTOUCHED | unsaid).issuperset(info[2:])) else "flagged"


def kept(file: File, folder: str, told: str | None, before: float, unsaid: frozenset[str] = frozenset()) -> str:
    """Why the file stays; "" where it was filed here before that time, by us, and is untouched.

    `told` is the folder in which the journal has its name; None where it does not know the name. `unsaid`: candidate.
    """
    if why := candidate(file.name, before, unsaid):
        return why
    if not folder:
        return "unknown"  # the inbox
    if told is not None:
        return "" if told == folder else "elsewhere"
    named = labelled(file.label)
    return "unknown" if named is None else "" if named == folder else "elsewhere"


def labelled(label: str) -> str | None:
    """The Maildir++ name of the folder that the text of X-Mdafilter names; None where it names none."""
    name = label.partition("; ")[0]
    try:
        return (folder_name(name) or None) if name else None
    except BadFolder:
        return None


def rule(label: str) -> str:
    """The rule (file:line) that the text of X-Mdafilter names; "" where it names none."""
    second = label.split("; ", 2)[1:2]
    return second[0].removeprefix("rule ") if second and second[0].startswith("rule ") else ""
