"""What runs in the child process of foreign.py: py7zr or rarfile reads the archive on standard input.

The first thing is to bound itself: address space, processor time, and what it may write. This file runs as a script
(python -I FILE FORMAT UNPACKED ENTRIES SECONDS MEMORY HEAD MAGIC...) and imports nothing of ours.

Out:   for each file a line of JSON: name, size, packed, folder, encrypted, and `content`, the number of octets of the
       file that follow the line; or {"error": ..., "text": ...}: "missing" (the package), "encrypted" (the names too),
       or the name of the exception
Exit:  0 with such lines; anything else is for the parent to tell.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
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
    """Bounds the process, reads, and writes the lines."""
    import resource

    format_, magics = argv[0], argv[6:]
    unpacked, entries, seconds, memory, head = map(int, argv[1:6])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * unpacked, 2 * unpacked))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    bounds = Bounds(unpacked, entries, head, magics)
    try:
        READERS[format_](os.fdopen(0, "rb"), bounds)
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


# --- rar ---------------------------------------------------------------------------------------------------------


def rar(source: BinaryIO, bounds: Bounds) -> None:
    """The list of files, and what is stored without packing: nothing free unpacks rar, and no program is run for it."""
    import rarfile

    archive = rarfile.RarFile(source, part_only=True)
    files = archive.infolist()
    if archive.needs_password() and not files:
        tell({"error": "encrypted"})
    for file in files[: bounds.entries + 1]:
        folder, locked = file.is_dir(), file.needs_password()
        stored = not folder and not locked and file.compress_type == rarfile.RAR_M0
        content = _stored(archive, file, bounds) if stored else b""
        tell(
            {
                "name": file.filename,
                "size": file.file_size,
                "packed": file.compress_size,
                "folder": folder,
                "encrypted": locked,
            },
            content,
        )


def _stored(archive: Any, file: Any, bounds: Bounds) -> bytes:
    try:
        with archive.open(file) as opened:
            content: bytes = opened.read(bounds.head)
            if bounds.whole(content):
                content += opened.read(bounds.left + 1)
    except (OSError, ValueError, EOFError, archive_errors()):
        return b""  # its name is told nevertheless
    bounds.take(len(content))
    return content


def archive_errors() -> type[Exception]:
    """The base of what rarfile raises."""
    import rarfile

    error: type[Exception] = rarfile.Error
    return error


# --- 7z ----------------------------------------------------------------------------------------------------------


def seven(source: BinaryIO, bounds: Bounds) -> None:
    """The list of files, each with its beginning, or with all of it where that is wanted."""
    import py7zr

    try:
        archive = py7zr.SevenZipFile(source)
        files = archive.list()[: bounds.entries + 1]
    except py7zr.PasswordRequired:
        tell({"error": "encrypted"})
        return
    locked = archive.needs_password()
    kept = _Kept(bounds)
    failed: BaseException | None = None
    if not locked:
        try:
            archive.extractall(path="/", factory=kept)  # type: ignore[arg-type]
        except BaseException as error:  # noqa: BLE001 - the names are told first
            failed = error
    for file, content in kept.matched(files):
        tell(
            {
                "name": file.filename,
                "size": file.uncompressed,
                "packed": file.compressed or -1,
                "folder": file.is_directory,
                "encrypted": locked and not file.is_directory,
            },
            content,
        )
    if failed is not None:
        tell({"error": type(failed).__name__, "text": str(failed)[:200]})


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
        self.files: list[tuple[str, _File]] = []

    def create(self, filename: str) -> _File:
        file = _File(self.bounds)
        self.files.append((filename, file))
        return file

    def matched(self, files: list[Any]) -> Iterator[tuple[Any, bytes]]:
        """Each entry of the list with the content that came under its name, the first for the first."""
        contents: dict[str, list[bytes]] = {}
        for name, file in reversed(self.files):
            contents.setdefault(name.rpartition("/")[2], []).append(bytes(file.kept))
        for file in files:
            waiting = contents.get(str(file.filename).rpartition("/")[2])
            yield file, waiting.pop() if waiting and not file.is_directory else b""


READERS = {"7z": seven, "rar": rar}

if __name__ == "__main__":
    main(sys.argv[1:])
