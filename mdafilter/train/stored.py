"""A message as it lies in a file of a Maildir: as it is, or compressed by Dovecot (mail_compress; zlib plugin in 2.3).

All that reads messages where they lie does it through here. Whether a file is compressed says its beginning, as for
Dovecot itself, which reads old messages and new ones side by side, and those that an administrator has compressed:

    gzip, bzip2, xz     read by the standard library (archives/unpack.py)
    zstd                by that of Python 3.14, before it by backports.zstd (the extra "archives")
    lz4                 with a header of Dovecot's own (lz4.py)

No message begins so: a field or a From line is text (RFC 5322 section 2.2).

In:    a descriptor, or the octets of a file
Out:   the first octets of the message; the message
Fails: Broken; NotHere, which is a TryAgain: this host cannot read what the file has, but could. OSError of the disk.
Bugs:  what zlib_save = deflate writes begins with nothing that tells it, and is taken for a message; Dovecot 2.3 cannot
       read it again either.
Bounds: what is asked for is unpacked, and no more is in memory; of a file limits.REPORT_OCTETS are read.
"""

from __future__ import annotations

import os
import stat
from importlib import import_module
from itertools import chain

from mdafilter import limits
from mdafilter.archives import Unreadable
from mdafilter.archives.spool import nameless
from mdafilter.archives.unpack import METHODS, unpacked
from mdafilter.errors import MdafilterError, TryAgain
from mdafilter.train import lz4
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mdafilter.archives.unpack import Stream

# how         what its files begin with
_BEGINNINGS = (
    ("gzip", b"\x1f\x8b"),
    *(("bzip2", b"BZh%d1AY&SY" % level) for level in range(1, 10)),
    ("xz", b"\xfd7zXZ\0"),
    ("zstd", b"\x28\xb5\x2f\xfd"),
    ("lz4", lz4.MAGIC),
)
_HEAD = max(len(beginning) for _, beginning in _BEGINNINGS)


class Broken(MdafilterError):
    """A file is compressed, and nobody could read it."""


class NotHere(TryAgain):
    """A file is compressed in a way for which something has to be installed."""


def packing(head: bytes) -> str:
    """How the file is compressed that begins so; "" is a message as it is."""
    return next((name for name, beginning in _BEGINNINGS if head.startswith(beginning)), "")


def first(fd: int, most: int) -> bytes:
    """The first octets of the message in a file, whatever the position of the descriptor."""
    pieces = _pieces(fd, max(_HEAD, min(most, limits.WINDOW)))
    head = next(pieces, b"")
    return _until(message(chain((head,), pieces), packing(head)), most)


def whole(raw: bytes) -> bytes:
    """The message that these octets of a file are. Broken where it has more than limits.REPORT_OCTETS, too."""
    if not (how := packing(raw)):
        return raw
    return _limited(_until(message((raw,), how), limits.REPORT_OCTETS + 1))


def opened(path: str) -> int:
    """A descriptor of the message in a file: of the file, or of one without a name. OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = plain(fd)
    except BaseException:
        os.close(fd)
        raise
    if found != fd:
        os.close(fd)
    return found


def plain(fd: int) -> int:
    """This descriptor, or another one of a file without a name, which has the message that is compressed in this one.
    OSError."""
    if not stat.S_ISREG(os.fstat(fd).st_mode) or not packing(os.pread(fd, _HEAD, 0)):
        return fd
    found = nameless()
    with open(found, "wb", closefd=False) as file:
        file.write(_limited(first(fd, limits.REPORT_OCTETS + 1)))
    os.lseek(found, 0, os.SEEK_SET)
    return found


def message(packed: Iterable[bytes], how: str) -> Iterator[bytes]:
    """The message in pieces."""
    if not how:
        yield from packed
        return
    try:
        yield from lz4.unpacked(packed) if how == "lz4" else unpacked(packed, _begin(how), joined=True)
    except Unreadable as failed:
        raise Broken(f"it is compressed ({how}), and cannot be unpacked: {failed}") from failed


def _begin(how: str) -> Callable[[], Stream]:
    return _zstd if how == "zstd" else METHODS[how]


def _zstd() -> Stream:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module = import_module(name)
        except ImportError:
            continue
        window = {module.DecompressionParameter.window_log_max: limits.ARCHIVE_WINDOW.bit_length() - 1}
        stream: Stream = module.ZstdDecompressor(options=window)
        return stream
    raise NotHere("it is compressed (zstd), and cannot be read: pip install 'mdafilter[archives]'")


def _pieces(fd: int, size: int) -> Iterator[bytes]:
    at = 0
    while at <= limits.REPORT_OCTETS and (piece := os.pread(fd, size, at)):
        yield piece
        at, size = at + len(piece), limits.WINDOW


def _limited(raw: bytes) -> bytes:
    if len(raw) > limits.REPORT_OCTETS:
        raise Broken(f"it has more than {limits.REPORT_OCTETS} octets when it is unpacked")
    return raw


def _until(pieces: Iterable[bytes], most: int) -> bytes:
    """The first octets; no more pieces are asked for than these are in."""
    out = bytearray()
    for piece in pieces:
        out += piece
        if len(out) >= most:
            break
    return bytes(out[:most])
