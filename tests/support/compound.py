"""Compound files for tests ([MS-CFB]), with streams that can be read, and what Office and Outlook put into them."""

from __future__ import annotations

SECTOR, SMALL, CUTOFF = 512, 64, 4096
_NONE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(*files: tuple[str, bytes]) -> bytes:
    """Streams by path ("storage/name"); the siblings in a storage are a list and no tree."""
    sectors: list[bytes] = []
    table: list[int] = []

    def put(data: bytes) -> int:
        """Where the chain of these octets begins."""
        if not data:
            return _END
        first, count = len(sectors), -(-len(data) // SECTOR)
        sectors.extend(data[at * SECTOR : (at + 1) * SECTOR].ljust(SECTOR, b"\0") for at in range(count))
        table.extend([*range(first + 1, first + count), _END])
        return first

    small, entries = b"", [_Entry("Root Entry", 5)]
    small_table: list[int] = []
    for path, data in files:
        parent = entries[0]
        for name in path.split("/")[:-1]:
            parent = parent.storage(name, entries)
        entry = parent.add(_Entry(path.split("/")[-1], 2, size=len(data)), entries)
        if len(data) >= CUTOFF:
            entry.start = put(data)
        else:
            count = -(-len(data) // SMALL)
            entry.start = len(small_table) if count else _END
            small_table += [*range(len(small_table) + 1, len(small_table) + count), _END] if count else []
            small += data.ljust(count * SMALL, b"\0")
    entries[0].start, entries[0].size = put(small), len(small)
    tables = put(b"".join(n.to_bytes(4, "little") for n in small_table))
    directory = put(b"".join(entry.octets() for entry in entries))
    while len(table) % 128 != 127:
        sectors.append(bytes(SECTOR))
        table.append(_NONE)
    first = len(sectors)
    table.append(_TABLE)
    assert len(table) == 128, "one sector of table is enough for tests"
    sectors.append(b"".join(n.to_bytes(4, "little") for n in table))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0" + bytes(6)
    for number in (0, 1, directory, 0, CUTOFF, tables, len(small_table) // 128 + 1, _END, 0, first, *[_NONE] * 108):
        head += number.to_bytes(4, "little")
    return head + b"".join(sectors)


class _Entry:
    """An entry of the directory."""

    def __init__(self, name: str, kind: int, size: int = 0) -> None:
        self.name, self.kind, self.size, self.start = name, kind, size, 0
        self.right = self.child = _NONE
        self.children: list[_Entry] = []

    def add(self, entry: _Entry, entries: list[_Entry]) -> _Entry:
        if self.children:
            self.children[-1].right = len(entries)
        else:
            self.child = len(entries)
        self.children.append(entry)
        entries.append(entry)
        return entry

    def storage(self, name: str, entries: list[_Entry]) -> _Entry:
        known = (entry for entry in self.children if entry.name == name)
        return next(known, None) or self.add(_Entry(name, 1), entries)

    def octets(self) -> bytes:
        text = f"{self.name}\0".encode("utf-16-le")
        out = text.ljust(64, b"\0") + len(text).to_bytes(2, "little") + bytes([self.kind, 1])
        for number in (_NONE, self.right, self.child):
            out += number.to_bytes(4, "little")
        return out + bytes(36) + self.start.to_bytes(4, "little") + self.size.to_bytes(8, "little")


def package(name: str, data: bytes, shown: str = "", unicode: str = "") -> bytes:
    """What is in \\1Ole10Native: a file that was dragged into a document."""
    label, path = (shown or name).encode(), f"C:\\Temp\\{name}".encode()
    out = b"\2\0" + label + b"\0" + path + b"\0" + b"\0\0\3\0" + (len(path) + 1).to_bytes(4, "little") + path + b"\0"
    out += len(data).to_bytes(4, "little") + data
    for text in (unicode, unicode, unicode) if unicode else ():
        out += len(text).to_bytes(4, "little") + text.encode("utf-16-le")
    return len(out).to_bytes(4, "little") + out


def msg(*files: tuple[str, bytes]) -> bytes:
    """A message of Outlook with attachments."""
    streams: list[tuple[str, bytes]] = [("__properties_version1.0", bytes(32))]
    for number, (name, data) in enumerate(files):
        storage = f"__attach_version1.0_#{number:08X}"
        streams += [
            (f"{storage}/__substg1.0_3707001F", name.encode("utf-16-le")),
            (f"{storage}/__substg1.0_37010102", data),
        ]
    return compound(*streams)


def outlook(
    texts: dict[int, str], numbers: dict[int, int] | None = None, *, charset: str = "", files: tuple[bytes, ...] = ()
) -> bytes:
    """A message that Outlook has saved ([MS-OXMSG]): texts by their properties, in Unicode or in `charset`; numbers by
    property and type, 0x00390040; attachments."""
    kind, coding = ("001E", charset) if charset else ("001F", "utf-16-le")
    streams = [(f"__substg1.0_{number:04X}{kind}", text.encode(coding)) for number, text in texts.items()]
    values = bytes(8) + b"".join(n.to_bytes(4, "little") for n in (0, len(files), 0, len(files))) + bytes(8)
    for number, value in (numbers or {}).items():
        values += number.to_bytes(4, "little") + b"\6\0\0\0" + value.to_bytes(8, "little")
    for text, octets in streams:
        values += bytes.fromhex(text[12:])[::-1] + b"\6\0\0\0" + len(octets).to_bytes(8, "little")
    streams.append(("__properties_version1.0", values))
    # The table of named properties, which every such file has (2.2.3); it names none.
    streams += [(f"__nameid_version1.0/__substg1.0_{number}0102", b"") for number in ("0002", "0003", "0004")]
    for number, data in enumerate(files):
        storage = f"__attach_version1.0_#{number:08X}"
        streams += [(f"{storage}/__substg1.0_37010102", data), (f"{storage}/__properties_version1.0", bytes(8))]
    return compound(*streams)


def filetime(seconds: int) -> int:
    """A second since 1970 as Windows has it ([MS-DTYP] 2.3.3)."""
    return (seconds + 11_644_473_600) * 10_000_000
