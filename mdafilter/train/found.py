"""The original of an inline forward, where the reporter has it; and whether he got a message at all.

    Mail(journals, maildirs, user)      what one reporter has got; journals may be those of the site
    mail.find(hints)                    the message that the Hints tell of, as it lies there
    mail.received(identity, file)       whether it was delivered to him, or lies there: in the file of that name, if he
                                        says one, which costs no search

A message is looked for in this order:

    by Message-ID       the journals say in which file it was put: that name is looked for in all folders, for a reader
                        may have moved it. Then the headers of the files are read, the newest first
    by References       in the same way, from the nearest on. Where the Hints have a Subject, it has to be the same: the
                        references of a forward name what came before it, too
    by Subject          together with the sender and the date, as far as the Hints have these; one of them they must.
                        Programs show dates in many ways: dates.py

In:    paths of journals, and of Maildirs of the reporter (maildirs.py)
Out:   the octets, with our marks (bare.py takes them off); None where it is not there
Fails: OSError of a disk. TryAgain where it may be one that this host could read, and does not yet (stored.py). What is
       gone, or may not be read, is passed over.
Bounds: limits.FOUND_*. No journal and no header is read twice by one Mail, whatever it is asked: it is as old as its
       first question, so a batch of reports has one, and the next batch another. Of a file its header is read; all of
       it only of the one that is found. A message that lies in a file that he names is found behind FOUND_FILES, too.
Bugs:  a reader who moves the very message in the moment in which it is looked for can hide it. Whether it was received
       is told by its Message-ID and Subject, and what lies in the Maildir counts: who forges the one, or puts something
       into the other (IMAP APPEND), teaches what he did not receive, and the ledger says that it was he.
"""

from __future__ import annotations

from itertools import islice

from mdafilter import limits
from mdafilter.journal import Entry, read
from mdafilter.train import dates
from mdafilter.train.folders import base
from mdafilter.train.identity import Identity, known_by, message_id, sender
from mdafilter.train.identity import identity as digested
from mdafilter.train.maildirs import files
from mdafilter.train.originals import folded
from mdafilter.train.stored import NotHere
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mdafilter.message import Headers
    from mdafilter.train import Hints
    from mdafilter.train.maildirs import File


_Key = tuple[str, str, str, str]  # Message-ID; sender and date, where there is none; Subject


class _Header(Value):
    """What is remembered of the header of a file."""

    known: Identity
    subjects: tuple[str, ...]  # folded: as it is shown, and as it was before spamd rewrote it (scorers/mark.py)
    name: str  # of the sender


class Mail:
    """What one reporter has got. `user` is his login or address; "" takes all that is in the journals for his.

    `others` tells the addresses of users without a login: mail to bob@virtual.example is not that of the login bob.
    """

    def __init__(
        self,
        journals: Sequence[str],
        maildirs: Sequence[str],
        user: str = "",
        others: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._user = user.lower()
        self._others = others
        self._maildirs = maildirs
        self._files: list[File] | None = None
        self._names: dict[str, list[File]] | None = None
        self._headers: list[_Header | None] = []  # of the first files ...
        self._keys: set[_Key] = set()  # ... and what their messages are known by
        self._left = limits.FOUND_OCTETS
        self._closed: NotHere | None = None  # why one could not be looked into
        self._entries = _entries(journals)
        self._noted: dict[str, tuple[str, ...]] = {}  # by Message-ID the files in which the journals say it was put

    def find(self, hints: Hints) -> bytes | None:
        """The newest message that fits best."""
        if not (hints.message_ids or hints.subject):
            return None
        best: tuple[int, File] | None = None
        for file, header in self._likely(hints.message_ids):
            rank = _rank(hints, header)
            if rank is not None and (best is None or rank < best[0]):
                best = rank, file
                if not rank:
                    break
        if best is None:
            self._must_have_read()
        return best[1].content() if best else None

    def received(self, identity: Identity, file: str = "") -> bool:
        """Whether he got this message. `file` is the name of a file in which he says that it is."""
        key = _key(identity)
        if file and any(self._is_in(one, identity) for one in self._named(file)[: limits.FOUND_NAMED]):
            return True
        if identity.message_id and self._note(identity.message_id) is not None:
            return True
        if key in self._keys or any(key in _keys(header) for _, header in self._read(len(self._headers))):
            return True
        self._must_have_read()
        return False

    def _must_have_read(self) -> None:
        """Before it is said that a message is not there. TryAgain."""
        if self._closed is not None:
            raise self._closed

    def _likely(self, message_ids: Sequence[str]) -> Iterator[tuple[File, _Header]]:
        """The files that have the names of the journals, then all."""
        names = {name for wanted in message_ids for name in self._note(wanted) or ()}
        for file in self._listed() if names else ():
            if file.base in names and (header := self._header(file)):
                yield file, header
        yield from self._read()

    def _is_in(self, file: File, identity: Identity) -> bool:
        """Whether this is the file of the message. One that is known by nothing else is known by all of its octets."""
        if identity.message_id or identity.date:
            header = self._header(file)
            return header is not None and _key(identity) in _keys(header)
        content = file.content() if self._left > 0 else None
        self._left -= len(content or b"")
        return content is not None and digested(content).hash == identity.hash

    def _listed(self) -> list[File]:
        if self._files is None:
            self._files = files(self._maildirs)
        return self._files

    def _named(self, name: str) -> Sequence[File]:
        """The files of this name, in whatever folder."""
        if self._names is None:
            self._names = {}
            for file in self._listed():
                self._names.setdefault(base(file.base), []).append(file)
        return self._names.get(base(name), ())

    def _read(self, first: int = 0) -> Iterator[tuple[File, _Header]]:
        """The files and their headers, the newest first, from one on."""
        for at, file in enumerate(self._listed()[first : limits.FOUND_FILES], first):
            if at == len(self._headers):
                header = self._header(file)
                self._headers.append(header)
                self._keys |= _keys(header) if header else set()
            header = self._headers[at]
            if header:
                yield file, header

    def _header(self, file: File) -> _Header | None:
        try:
            headers = file.headers()
        except NotHere as failed:
            self._closed = failed
            return None
        return None if headers is None else _remembered(headers)

    def _note(self, wanted: str) -> tuple[str, ...] | None:
        """The files in which he got the message, None where no journal says so; read on as far as is needed."""
        while wanted not in self._noted:
            entry = next(self._entries, None)
            if entry is None:
                return None
            found = message_id(entry.message_id)
            if found and entry.status == "delivered" and self._is_his(entry):
                names = tuple(act.name.partition(":")[0] for act in entry.acts if act.name)
                self._noted[found] = self._noted.get(found, ()) + names
        return self._noted[wanted]

    def _is_his(self, entry: Entry) -> bool:
        return not self._user or any(map(self._is_him, (entry.recipient, entry.original_recipient)))

    def _is_him(self, recipient: str) -> bool:
        login, address = _logins(recipient)
        return self._user == address or (self._user == login and not self._others(address))


def find(hints: Hints, journals: Sequence[str], maildirs: Sequence[str]) -> bytes | None:
    """Mail.find, for one question."""
    return Mail(journals, maildirs).find(hints)


def received(identity: Identity, journals: Sequence[str], maildirs: Sequence[str], user: str = "") -> bool:
    """Mail.received, for one question."""
    return Mail(journals, maildirs, user).received(identity)


def _entries(journals: Iterable[str]) -> Iterator[Entry]:
    """All deliveries, of each journal the newest first."""
    left = limits.FOUND_FACTS
    for journal in journals:
        try:
            for fact in islice(read.facts(journal), left):
                left -= 1
                if isinstance(fact, Entry):
                    yield fact
        except PermissionError:
            continue  # not for the learner to read: the Maildirs may tell


def _logins(recipient: str) -> tuple[str, str]:
    """Whose address it is, as a login and as an address; an extension does not count."""
    local, at, domain = recipient.lower().partition("@")
    login = local.partition("+")[0]
    return login, login + at + domain


def _remembered(headers: Headers) -> _Header:
    subjects = [field for name in ("subject", "x-spam-prev-subject") for field in headers.all(name)[:1]]
    name = headers.first("from")
    return _Header(
        known_by(headers),
        tuple(folded(field.text[: limits.FORWARD_LINE]) for field in subjects),
        _plain(name.text[: limits.IDENTITY_TEXT].partition("<")[0]) if name else "",
    )


def _rank(hints: Hints, header: _Header) -> int | None:
    """How well a message fits, 0 best; None not at all."""
    known = header.known
    if hints.subject and folded(hints.subject) not in header.subjects:
        return None
    if known.message_id and known.message_id in hints.message_ids:
        return hints.message_ids.index(known.message_id)
    if not hints.subject or not (hints.sender or hints.date):
        return None
    if hints.sender and not _is_sender(hints.sender, header):
        return None
    if hints.date and not dates.same(known.date, hints.date):
        return None
    return len(hints.message_ids)


def _is_sender(shown: str, header: _Header) -> bool:
    """Whether what was shown as the sender is that of the message: the address, or the name if there is no address."""
    if "@" in shown:
        return bool(header.known.sender) and header.known.sender in _addresses(shown)
    return bool(_plain(shown)) and _plain(shown) in header.name


def _addresses(shown: str) -> set[str]:
    """All words of a text that could be its address: Outlook writes "Ann [mailto:ann@a.example]"."""
    text = shown.lower()
    for c in "<>[]():;,\"'*":
        text = text.replace(c, " ")
    return {sender(shown), *(word for word in text.split() if "@" in word)}


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _key(identity: Identity) -> _Key:
    """What a message is known by: by its Message-ID, where it has one, and its Subject."""
    return (*_known(identity), folded(identity.subject))


def _keys(header: _Header) -> set[_Key]:
    """The same of a header; with each Subject that it may have had. Without Message-ID and date it has none."""
    known = header.known
    if not (known.message_id or known.date):
        return set()
    return {(*_known(known), subject) for subject in (*header.subjects, folded(known.subject))}


def _known(known: Identity) -> tuple[str, str, str]:
    return (known.message_id, "", "") if known.message_id else ("", known.sender, known.date)
