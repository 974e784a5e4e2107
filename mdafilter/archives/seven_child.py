"""What runs in the child process of seven.py: py7zr reads the archive on standard input.

This file runs as a script (python -I FILE UNPACKED ENTRIES HEAD MAGIC...), within the bounds that program.py has set,
and imports nothing of ours.

Out:   for each file a line of JSON: name, size, packed, crc, folder, encrypted, and `content`, the number of octets of
       the file that follow the line. Then {"unpacked": octets}, or {"error": ..., "text": ...}: "missing" (the
       package), or the name of the exception: PasswordRequired where even the names are encrypted
Exit:  0 with such lines; anything else is for the parent to tell.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO


class TooLarge(Exception):
    """More would be unpacked than may be."""


class Bounds:
    """What may be unpacked, and which files are wanted as a whole."""

    def __init__(self, unpacked: int, entries: int, head: int, magics: list[str]) -> None:
        self.left = unpacked
        self.entries = entries
        self.head = head
        self.magics = [(int(at), bytes.fromhex(octets)) for at, octets in (magic.split(":") for magic in magics)]

    def whole(self, head: bytes | bytearray) -> bool:
        """Whether a file that begins so is an archive."""
        return any(head.startswith(magic, at) for at, magic in self.magics)

    def take(self, octets: int) -> None:
        self.left -= octets
        if self.left < 0:
            raise TooLarge("more is in it than may be unpacked")


def main(argv: list[str]) -> None:
    """Reads, and writes the lines."""
    unpacked, entries, head = map(int, argv[:3])
    bounds = Bounds(unpacked, entries, head, argv[3:])
    try:
        seven(os.fdopen(0, "rb"), bounds)
        tell({"unpacked": unpacked - bounds.left})
    except ImportError:
        tell({"error": "missing"})
    except BaseException as error:  # noqa: BLE001 - whatever a hostile archive made it raise is what is to be told
        tell({"error": type(error).__name__, "text": str(error)[:200]})


def tell(found: dict[str, Any], content: bytes = b"") -> None:
    """Writes one line, and the content behind it."""
    import json

    line = json.dumps({**found, "content": len(content)} if content else found)
    sys.stdout.buffer.write(line.encode() + b"\n" + content)
    sys.stdout.buffer.flush()


def seven(source: BinaryIO, bounds: Bounds) -> None:
    """The list of files, each with its beginning, or with all of it where that is wanted."""
    import py7zr

    archive = py7zr.SevenZipFile(source)
    files = list(archive.files)[: bounds.entries + 1]
    names, folders = [file.filename for file in files], [file.is_directory for file in files]
    # Numbers for names: py7zr unpacks nothing at all where one of them leads out of the folder (../x, C:x). And all are
    # plain files (FILE_ATTRIBUTE_ARCHIVE): it leaves out what is called a socket, which Windows does not know.
    for number, file in enumerate(archive.files):
        properties: dict[str, Any] = file.file_properties()  # type: ignore[assignment]
        properties.update(filename=str(number), attributes=0x20)
    locked = archive.needs_password()
    kept = _Kept(bounds)
    failed: BaseException | None = None
    if sum(file.uncompressed or 0 for file in files) > bounds.left:
        failed = TooLarge("more is in it than may be unpacked")
    elif not locked:
        try:
            archive.extractall(path="/", factory=kept)  # type: ignore[arg-type]
        except BaseException as error:  # noqa: BLE001 - the names are told first
            failed = error
    for number, file in enumerate(files):
        tell(
            {
                "name": names[number],
                "size": file.uncompressed,
                "packed": file.compressed or -1,
                "crc": -1 if file.crc32 is None else file.crc32,
                "folder": folders[number],
                "encrypted": locked and not folders[number],
            },
            bytes(kept.files[number].kept) if number in kept.files else b"",
        )
    if failed is not None:
        raise failed


class _File:
    """Where py7zr writes a file to: its beginning is kept, and all of it where it is wanted."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.kept = bytearray()
        self.length = 0

    def write(self, data: bytes) -> int:
        self.bounds.take(len(data))
        self.length += len(data)
        if len(self.kept) < self.bounds.head or self.bounds.whole(self.kept):
            self.kept += data
            if not self.bounds.whole(self.kept):
                del self.kept[self.bounds.head :]
        return len(data)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        pass

    def size(self) -> int:
        return self.length

    def close(self) -> None:
        pass


class _Kept:
    """The factory of such files that py7zr asks for."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.files: dict[int, _File] = {}

    def create(self, filename: str) -> _File:
        file = self.files[int(filename.rpartition("/")[2])] = _File(self.bounds)
        return file


if __name__ == "__main__":
    main(sys.argv[1:])
