"""A Summary of one user, from the journal, the ledger and the Maildir; and one of the site, from those of all users.

In:    Wish, what is asked for; the lines of the ledger, which whoever may read it has read before (root, mostly).
Out:   Summary, with a note for each thing that could not be looked at.
Fails: SettingsError, and OSError where the Maildir cannot be listed. A journal that cannot be read is a note.

A message that was filed as spam counts as rescued when it lies in a folder that is none for spam: by the name that the
delivery gave its file, or by its Message-ID, where an IMAP server has given it another. Only files that have come there
since the first day of the report are read for that, and no more than limits.REPORT_FILES.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from mdafilter import limits
from mdafilter.errors import BadFolder, MdafilterError, TryAgain
from mdafilter.journal import read
from mdafilter.message import Message
from mdafilter.reporting import Day, Item, Summary, both, days, folder
from mdafilter.reporting.rights import chosen_for, places, together
from mdafilter.targets.foldername import folder_name
from mdafilter.targets.label import clean
from mdafilter.train import stored
from mdafilter.train.folders import JUNK, OURS, TRASH, Roles
from mdafilter.train.ledger import NAME, Ledger, LedgerFailed
from mdafilter.train.listing import directory, folders, messages
from mdafilter.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mdafilter import teaching
    from mdafilter.delivery import Account
    from mdafilter.journal import Entry
    from mdafilter.reporting.days import Filed
    from mdafilter.reporting.rights import Place
    from mdafilter.train.ledger import Line

    Taught = Mapping[str, Sequence[Line]]

NO_MAILDIR = "there is no Maildir here, so nothing was looked at (the setting `maildir` says where it is)"
NOTHING = days.Filed({}, ())
CLOSED = "what was reported and learned is in the ledger of the site, which its learner and root may read"


class Wish(Value):
    """What is asked for."""

    dates: tuple[str, ...]  # the oldest first
    now: float
    folder: str = "Trash"
    older: float = 30 * 86400.0  # seconds after which `mdafilter expire` is expected to remove what is in the folder
    config: str = ""


def ledger(options: teaching.Options, since: float) -> tuple[tuple[Line, ...], str]:
    """The lines since then, and why there are none."""
    path = os.path.join(options.state, NAME)
    try:
        os.stat(path)
    except FileNotFoundError:
        return (), ""  # nothing was ever learned
    except OSError:
        return (), CLOSED
    try:
        with Ledger(path, reading=True) as opened:
            return opened.lines(since=since, limit=limits.REPORT_LINES), ""
    except LedgerFailed as failed:
        return (), str(failed) if os.access(path, os.R_OK) else CLOSED


def by_user(lines: Iterable[Line]) -> Taught:
    """The lines of each user: those that he reported, and those of his own Bayes data."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        for user in {line.reporter, line.database}:
            found.setdefault(user, []).append(line)
    return found


def of_account(account: Account, wish: Wish, lines: Taught, note: str = "") -> Summary:
    """Of all Maildirs of an account. `lines` are those of the ledger, of whomever; `note`, why there are none."""
    summary = Summary(account.name, tuple(Day(date) for date in wish.dates), wish.folder, notes=(note,) if note else ())
    none = True
    for one in of_places(account, wish, lines):
        summary = both(summary, one)
        summary, none = summary.replace(held=summary.held[: limits.REPORT_HELD]), False
    return summary.replace(notes=(*summary.notes, NO_MAILDIR)) if none else summary


def of_places(account: Account, wish: Wish, lines: Taught) -> Iterator[Summary]:
    """Of each Maildir of an account."""
    chosen = chosen_for(account, wish.config)
    roles = Roles(*[_known(names) for names in (chosen.train.junk, chosen.train.trash, chosen.train.unwatched)])
    for journals, found in together(places(account, chosen)):
        yield from of_group(journals, found, wish, roles, lines)


def of_group(
    journals: tuple[str, ...], found: Sequence[Place], wish: Wish, roles: Roles, lines: Taught
) -> Iterator[Summary]:
    """Of Maildirs that have the same journals; of each."""
    spam_folder, since = folder_name(wish.folder), days.begin(wish.dates[0])
    roots = {place.user: place.root for place in found}
    users, notes = frozenset(roots), []

    def whose(entry: Entry) -> str | None:
        return (owner(entry.recipient, users) or None) if len(found) > 1 else found[0].user

    def is_spam(user: str, to: str) -> bool:
        name = folder.folder_of(roots[user], to)
        return name == spam_folder or roles.of(name) in (JUNK, TRASH)

    filed: dict[str, Filed] = {}
    for journal in journals:
        try:
            for user, some in days.filed(read.facts(journal), since, is_spam, whose).items():
                filed[user] = days.more(filed.get(user, NOTHING), some)
        except OSError as failed:
            notes.append(f"the journal {journal} cannot be read: {failed.strerror}")
    wanted = {name for place in found for name in folder.candidates(place.root, wish.folder, wish.now)}
    known = folder.places(journals, wanted)
    for place in found:
        own = filed.get(place.user, NOTHING)
        now_elsewhere = elsewhere(place.root, own, since, partial(is_spam, place.user))
        days_of_it = days.days(wish.dates, own, days.taught(lines.get(place.user, ())), now_elsewhere)
        yield _held(place, wish, known).replace(days=days_of_it, notes=tuple(notes))


def _held(place: Place, wish: Wish, known: Mapping[str, folder.Place]) -> Summary:
    """With what the folder holds."""
    seen = folder.look(place.root, wish.folder, known, wish.now).held
    shown = [folder.opened(one) for one in seen[: limits.REPORT_HELD]]
    # What is overdue goes at the next time, today at the earliest.
    due = [max(one.time + wish.older, wish.now) for one in shown]
    held = (
        Item(one.time, when, one.size, clean(one.rule), one.sender, one.subject)
        for one, when in zip(shown, due, strict=True)
    )
    return Summary(place.user, (), wish.folder, tuple(held), len(seen), sum(one.size for one in seen))


def owner(recipient: str, users: frozenset[str]) -> str:
    """Whose mailbox among these a recipient has, with or without an extension (user+detail); "" is nobody's.

    All Maildirs of an account may have one journal, and it names the recipient alone.
    """
    local, _, domain = recipient.rpartition("@") if "@" in recipient else (recipient, "", "")
    domain = domain.lower()
    for end in range(len(local), 0, -1):
        if end == len(local) or not local[end].isalnum():
            for name in (f"{local[:end]}@{domain}", local[:end]):
                if name in users:
                    return name
    return domain if domain in users else ""


def elsewhere(root: str, told: Filed, since: float, is_spam: Callable[[str], bool]) -> frozenset[str]:
    """The bases and Message-IDs of what was filed as spam, and lies in a folder that is none for spam."""
    names = {name for one in told.spam for name in one.names}
    ids = {one.message_id for one in told.spam if one.message_id}
    if not told.spam:
        return frozenset()
    found: set[str] = set()
    looked = 0
    for name in folders(root):
        if name and is_spam(f"{root}/.{name}"):
            continue
        for own, path in messages(root, name).items():
            if own in names:
                found.add(own)
            elif not OURS.fullmatch(own) and _seconds(own) >= since and looked < limits.REPORT_FILES:
                looked += 1
                if (message_id := _message_id(f"{directory(root, name)}/{path}")) in ids:
                    found.add(message_id)
    return frozenset(found)


def told(summary: Summary) -> dict[str, Any]:
    """As JSON has it."""
    flat = dict(zip(summary._fields, summary._values(), strict=True))
    flat["days"] = [dict(zip(day._fields, day._values(), strict=True)) for day in summary.days]
    flat["held"] = [dict(zip(item._fields, item._values(), strict=True)) for item in summary.held]
    return flat


def read_back(said: Any, wish: Wish) -> Summary:
    """What `told` made, said by the process of a user: of the right types, and of the days that were asked for."""
    try:
        summary = Summary(
            clean(str(said["who"])),
            tuple(Day(str(day["date"]), *(int(day[name]) for name in Day._fields[1:])) for day in said["days"]),
            wish.folder,
            tuple(_item(item) for item in said["held"][: limits.REPORT_HELD]),
            int(said["held_count"]),
            int(said["held_octets"]),
            tuple(clean(str(note))[:1000] for note in said["notes"][:100]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as wrong:
        raise MdafilterError(f"that is no answer: {wrong}") from wrong
    if tuple(day.date for day in summary.days) != wish.dates:
        raise MdafilterError("that is no answer: it is of other days")
    return summary


def _item(said: Any) -> Item:
    texts = [clean(str(said[name]))[: limits.REPORT_TEXT] for name in ("rule", "sender", "subject")]
    return Item(float(said["time"]), float(said["expires"]), int(said["size"]), *texts)


def _message_id(path: str) -> str:
    """As the journal has it; "" where it has none, or has gone."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""  # moved meanwhile, or not ours to read: it counts as not rescued
    try:
        field = Message.parse(stored.first(fd, limits.REPORT_HEAD)).headers.first("message-id")
    except (OSError, stored.Broken, TryAgain):
        return ""  # a directory; or it is compressed, and cannot be unpacked
    finally:
        os.close(fd)
    return field.text[:998] if field else ""  # as much as a journal has of it (RFC 5322 section 2.1.1)


def _seconds(own: str) -> float:
    text = own.partition(".")[0]
    return float(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0.0


def _known(names: Iterable[str]) -> tuple[str, ...]:
    found = []
    for name in names:
        try:
            found.append(folder_name(name))
        except BadFolder:
            continue  # the settings say so where they are checked; no folder has that name
    return tuple(found)
