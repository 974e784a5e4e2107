"""One question to spamd: over all its hosts, with fail-over, retries, back-off and one deadline.

The hosts are asked in their order, and each may take its share of the time that is left: half of it for the first of
two. A host that refuses or fails costs no time, and the next one is asked. When all have failed they are asked again,
`retries` times, after a pause that doubles; a host that let us wait is not.

The message goes out from its pieces, a window at a time, and no more of it than `max_size`. Compression needs the size
of the compressed message first, so only there it is held whole.

spamd 4.0.1 does not go by Content-length alone: it reads whole lines, and compressed data until the end of the stream.
So we close our half of the connection. TLS cannot do that: there the message gets a line end where it has none, and is
never compressed. Without this spamd waits for a message that is cut at `max_size` until it is too late.

exchange(), octets() and all_failed() serve the question to clamd as well.

In:    a Question, the Options, what this process remembers of hosts that failed, a monotonic clock.
Out:   a Reply with code 0, which has a judgement where the verb asks for one.
Fails: Unanswered, with what each host did.
"""

from __future__ import annotations

import errno
import time

from mdafilter import limits
from mdafilter.scorers.hosts import Deadline, Host, Outages, Unanswered, connect, reason
from mdafilter.scorers.spamc import Decoder, ProtocolError, encode
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Protocol as _Protocol
    from typing import TypeVar

    from mdafilter.message import Message
    from mdafilter.scorers.hosts import Line
    from mdafilter.scorers.spamc import Reply
    from mdafilter.scorers.spamd import Options

    R = TypeVar("R")
    R_co = TypeVar("R_co", covariant=True)

    class Reader(_Protocol[R_co]):
        """What reads one reply: the Decoder of a protocol."""

        def feed(self, data: bytes, /) -> R_co | None: ...
        def end(self) -> R_co: ...


_GONE = frozenset((errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN))  # the other side has closed


class Question(Value):
    """What is asked: a verb of spamc.VERBS, the message (None: of PING), the user, further fields."""

    verb: str
    message: Message | None = None
    user: str = ""
    fields: tuple[tuple[str, str], ...] = ()


def ask(question: Question, options: Options, outages: Outages, clock: Callable[[], float]) -> Reply:
    """The reply of the first host that has one. Unanswered if none has."""
    deadline = Deadline(options.timeout, clock)
    hosts = tuple(map(Host.parse, options.hosts))
    failed: dict[str, Unanswered] = {}
    for turn in range(options.retries + 1):
        todo = outages.order(hosts, clock())
        if not todo or (turn and not _paused(options.back_off * 2 ** (turn - 1), deadline)):
            break
        for number, host in enumerate(todo):
            started = clock()
            try:
                reply = _one(host, question, options, deadline.share(len(todo) - number))
            except Unanswered as unanswered:  # the message waits in our hands: the next host is asked
                failed[host.text] = unanswered
                if unanswered.kind != "late" or clock() - started >= _patience(options):
                    outages.note(host, unanswered.kind, clock() + options.rest)
            else:
                outages.forget(host)
                return reply
        if options.enabled == "auto" and all(h.text in failed and failed[h.text].kind == "absent" for h in hosts):
            break  # there is no spamd on this machine: asking again would only cost time
    raise all_failed("spamd", hosts, failed)


def _patience(options: Options) -> float:
    """Seconds in which a host has to answer: one that others left less to is not to be remembered as late."""
    return min(options.timeout / len(options.hosts), limits.SPAMD_CONNECT_SECONDS) / 2


def _paused(seconds: float, deadline: Deadline) -> bool:
    """Waits before the hosts are asked again; False, at once, if there would be no time left then."""
    try:
        if seconds >= deadline.left():
            return False
    except Unanswered:  # no time left at all: that is the answer, and the caller says what the hosts did
        return False
    time.sleep(seconds)
    return True


def all_failed(daemon: str, hosts: tuple[Host, ...], failed: dict[str, Unanswered]) -> Unanswered:
    """What each host did, as one failure; a host that is not in `failed` was not asked."""
    resting = Unanswered("was late, and is not asked for a while", "late")
    each = [(host.text, failed.get(host.text, resting)) for host in hosts]
    kinds = {unanswered.kind for _, unanswered in each}
    text = "; ".join(f"{daemon} {host}: {unanswered}" for host, unanswered in each)
    return Unanswered(text, kinds.pop() if len(kinds) == 1 else "failed")


def _one(host: Host, question: Question, options: Options, deadline: Deadline) -> Reply:
    """Asks one host. Fails with Unanswered, whatever it does."""
    try:
        pieces = _request(question, options, tls=host.tls)
        with connect(host, deadline, options.ca_file) as line:
            reply = exchange(line, pieces, Decoder(question.verb), deadline, half_close=not host.tls)
        if reply.code:
            raise Unanswered(f"{reply.code} {reply.text}")
        if question.verb not in ("PING", "TELL"):
            reply.judgement()
    except ProtocolError as error:
        raise Unanswered(str(error)) from None
    except OSError as error:
        failed = reason(error)
        raise Unanswered(str(failed), "late" if failed.kind == "late" else "failed") from None
    return reply


def _request(question: Question, options: Options, *, tls: bool) -> Iterator[bytes]:
    """The request in pieces. ProtocolError, before any of it is sent, for a field that cannot be sent."""
    message, fields = question.message, list(question.fields)
    if question.user:
        fields.append(("User", question.user))
    if message is None:
        return iter((encode(question.verb, 0, fields),))
    most = options.max_size
    if options.compress and not tls:
        data = _compressed(octets(message, most))
        return iter((encode(question.verb, len(data), [*fields, ("Compress", "zlib")]), data))
    ending = b"\n" if tls and _last(message, most) != b"\n" else b""
    head = encode(question.verb, min(message.size, most) + len(ending), fields)
    return _chain(head, octets(message, most), ending)


def exchange(
    line: Line, pieces: Iterable[bytes], decoder: Reader[R], deadline: Deadline, *, half_close: bool = False
) -> R:
    """Sends the pieces, and has the decoder read the answer. ProtocolError, OSError, Unanswered."""
    gone: OSError | None = None
    try:
        for piece in pieces:
            line.send(piece, deadline)
        if half_close:
            line.end()
    except OSError as error:
        if error.errno not in _GONE:
            raise
        gone = error  # what it said before it closed may tell why
    try:
        while True:
            data = line.receive(deadline)
            reply = decoder.feed(data) if data else decoder.end()
            if reply is not None:
                return reply
    except (ProtocolError, ConnectionResetError):
        if gone is not None:
            raise gone from None
        raise


def octets(message: Message, most: int) -> Iterator[bytes]:
    """The first `most` octets of the message as it would be written, in windows."""
    for piece in message.pieces():
        if most <= 0:
            return
        if isinstance(piece, bytes):
            chunks: Iterable[bytes] = (piece[:most],)
            most -= len(piece)
        else:
            chunks = message.octets.chunks(piece.start, min(piece.end, piece.start + most))
            most -= piece.end - piece.start
        yield from chunks


def _last(message: Message, most: int) -> bytes:
    """The last of the first `most` octets of the message."""
    last = b""
    for piece in message.pieces():
        if isinstance(piece, bytes):
            last = piece[:most][-1:] or last
            most -= len(piece)
        else:
            end = min(piece.end, piece.start + most)
            last = message.octets.slice(end - 1, end) if end > piece.start else last
            most -= piece.end - piece.start
        if most <= 0:
            break
    return last


def _compressed(chunks: Iterable[bytes]) -> bytes:
    import zlib

    pack = zlib.compressobj()
    return b"".join([*map(pack.compress, chunks), pack.flush()])


def _chain(first: bytes, rest: Iterable[bytes], last: bytes) -> Iterator[bytes]:
    """The pieces, the small ones put together: a packet for the head alone makes the other side wait."""
    held = first
    for piece in rest:
        if len(held) + len(piece) > limits.WINDOW:
            yield held
            held = piece
        else:
            held += piece
    yield held + last
