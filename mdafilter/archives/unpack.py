"""zlib, bz2 and lzma as streams with bounds: octets in, octets out, never more than CHUNK of either at a time.

In:    packed octets in pieces, and the name of the method
Out:   unpacked octets in pieces of at most CHUNK
Fails: Unreadable for what is broken, for a method that nothing here knows, and for one that wants more memory than
       limits.ARCHIVE_WINDOW. What ends too early gives what is there, and then Unreadable.
"""

from __future__ import annotations

import zlib

from mdafilter import limits
from mdafilter.archives import Unreadable
from mdafilter.values import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mdafilter.message.octets import Octets

CHUNK = 64 * 1024
FIRST = 4096  # of the first piece: most often only the beginning is asked for
INPUT = 16 * 1024
STREAMS = 10_000  # one behind the other (gzip and its like may be joined)


class Stream(Protocol):
    """A decompressor of bz2 and lzma."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


class _Inflate:
    """zlib's decompressor with the interface of the other two."""

    def __init__(self, bits: int) -> None:
        self._inner = zlib.decompressobj(bits)

    eof = property(lambda self: self._inner.eof)
    unused_data = property(lambda self: self._inner.unused_data)
    needs_input = property(lambda self: not self._inner.unconsumed_tail and not self._full)
    _full = False

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        out = self._inner.decompress(self._inner.unconsumed_tail + data, max(0, max_length))
        self._full = len(out) == max_length  # there may be more in it that needs no input
        return out


def _bzip2() -> Stream:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> Stream:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=limits.ARCHIVE_WINDOW + limits.ARCHIVE_WINDOW // 8)


METHODS: dict[str, Callable[[], Stream]] = {
    "deflate": lambda: _Inflate(-15),
    "gzip": lambda: _Inflate(31),
    "bzip2": _bzip2,
    "xz": _xz,
    "lzma": _xz,  # liblzma tells the two apart
}


def lzma_of(properties: bytes) -> Stream:
    """LZMA as it stands in a zip: the five octets of properties (APPNOTE.TXT 5.8.8)."""
    import lzma

    if len(properties) != 5 or properties[0] >= 225:
        raise Unreadable("LZMA without its properties")
    window = int.from_bytes(properties[1:], "little")
    if window > limits.ARCHIVE_WINDOW:
        raise Unreadable(f"LZMA that wants {window} octets of memory")
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    chain = [{"id": lzma.FILTER_LZMA1, "dict_size": window, "lc": lc, "lp": lp, "pb": pb}]
    try:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain)
    except (lzma.LZMAError, ValueError, MemoryError) as error:
        raise Unreadable(f"LZMA: {error}") from error


def unpacked(packed: Iterable[bytes], begin: Callable[[], Stream], *, joined: bool = False) -> Iterator[bytes]:
    """The octets behind the packed ones; with `joined` of all streams that stand one behind the other."""
    stream: Stream | None = None
    size, streams, ended = FIRST, 0, False
    for data in _small(packed):
        while data or (stream is not None and not stream.needs_input and not stream.eof):
            if stream is None:
                if (streams and not joined) or streams >= STREAMS or ended:
                    return
                stream, streams = _begun(begin), streams + 1
            try:
                out = stream.decompress(data, size)
            except Exception as error:
                if not _is_broken(error):
                    raise
                if streams > 1:
                    return  # padding, or anything else, behind the last stream
                raise Unreadable(str(error) or type(error).__name__) from error
            data = b""
            if out:
                size = CHUNK
                yield out
            if stream.eof:
                data = stream.unused_data.lstrip(b"\0")
                stream = None
    if stream is not None or not streams:
        raise Unreadable("it ends too early")


def read(octets: Octets, start: int, end: int) -> Iterator[bytes]:
    """The octets from start to end: a little at first, which costs no look at the disk where its neighbour was read."""
    end = min(end, len(octets))
    size = FIRST
    while start < end:
        yield octets.slice(start, min(start + size, end))
        start, size = start + size, CHUNK


def _small(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of at most INPUT octets: a decompressor copies what it has not used yet each time that it stops."""
    for data in packed:
        if len(data) <= INPUT:
            yield data
        else:
            yield from (data[at : at + INPUT] for at in range(0, len(data), INPUT))


def _begun(begin: Callable[[], Stream]) -> Stream:
    try:
        return begin()
    except (ImportError, MemoryError) as error:  # a Python that was built without bz2 or lzma
        raise Unreadable(str(error)) from error


def _is_broken(error: Exception) -> bool:
    """zlib, lzma and zstd have errors of their own; bz2 raises OSError without an errno."""
    own = isinstance(error, zlib.error | ValueError | EOFError | MemoryError)
    named = type(error).__name__ in ("LZMAError", "ZstdError")
    return own or named or (isinstance(error, OSError) and error.errno is None)
