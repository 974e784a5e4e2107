"""For which recipients a check is asked: lists of those that want it, and of those that do not.

    user@example.org    this address, with and without an extension
    user@               this local part in every domain: "postmaster@"
    example.org         the addresses of this domain
    .example.org        those of the domains below it
    /etc/.../file       a file of such lines; "#" begins a comment

The most specific entry that fits decides; where an address is in both lists by the same entry, it is out. Where none
fits: a check that has an opt_in is for those alone, any other is for all. At DATA, Postfix names none where there are
several: a check with lists is not asked then, for it was asked about each of them before.

In:    the two lists of the configuration; an address, as Postfix gives it.
Fails: ConfigError, all faults at once, with file:line:col where an entry stands in a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mdafilter_policyd.errors import ConfigError, Fault


class Recipients:
    """Two lists: who wants a check, and who does not."""

    def __init__(self, opt_in: Sequence[str] = (), opt_out: Sequence[str] = ()) -> None:
        self.files: tuple[str, ...] = tuple(e for e in (*opt_in, *opt_out) if _is_file(e))
        self.some = bool(opt_in)
        self._wanted: dict[str, bool] = {}
        faults: list[Fault] = []
        for entries, wanted in ((opt_in, True), (opt_out, False)):
            for entry in _entries(entries, faults):
                self._wanted[entry] = wanted
        if faults:
            raise ConfigError(faults)

    def __bool__(self) -> bool:
        """Whether there is any entry or list."""
        return self.some or bool(self._wanted)

    def wants(self, recipient: str, delimiter: str = "+") -> bool | None:
        """Whether this recipient wants it; None: neither list says so. An unknown recipient ("") is in no list."""
        if not self._wanted or not recipient:
            return False if self.some else None
        for key in _keys(recipient.lower(), delimiter):
            found = self._wanted.get(key)
            if found is not None:
                return found
        return False if self.some else None


def _keys(address: str, delimiter: str) -> Iterator[str]:
    """What an entry for this address may be, the most specific first."""
    local, _, domain = address.rpartition("@")
    bare = local.partition(delimiter)[0] if delimiter else local
    yield address
    if bare and bare != local:
        yield f"{bare}@{domain}"
    yield f"{local}@"
    if bare and bare != local:
        yield f"{bare}@"
    yield domain
    # At most as many as DNS has labels (RFC 1035 section 2.3.4: 255 octets), however many dots there are.
    for _ in range(127):
        _label, dot, domain = domain.partition(".")
        if not dot:
            return
        yield f".{domain}"


def _is_file(entry: str) -> bool:
    return entry.startswith("/")


def _entries(entries: Sequence[str], faults: list[Fault]) -> Iterator[str]:
    for entry in entries:
        if _is_file(entry):
            yield from _lines(entry, faults)
        elif _is_entry(entry):
            yield entry.lower()
        else:
            faults.append(Fault("", 0, 0, f"{entry!r} is no recipient", _HINT))


def _lines(name: str, faults: list[Fault]) -> Iterator[str]:
    try:
        with open(name, encoding="utf-8", errors="surrogateescape") as file:
            for number, text in enumerate(file, 1):
                entry = text.partition("#")[0].strip()
                if _is_entry(entry):
                    yield entry.lower()
                elif entry:
                    column = len(text) - len(text.lstrip()) + 1
                    faults.append(Fault(name, number, column, f"{entry[:100]!r} is no recipient", _HINT))
    except OSError as failed:
        faults.append(Fault(name, 0, 0, f"cannot be read: {failed.strerror}"))


_HINT = "user@example.org, user@, example.org, .example.org; or a file, /etc/... or ./..."


def _is_entry(entry: str) -> bool:
    local, at, domain = entry.rpartition("@")
    return bool(entry) and not any(c.isspace() or c == "/" for c in entry) and bool(local if at else domain.strip("."))


EVERYBODY = Recipients()
