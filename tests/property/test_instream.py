"""Whatever clamd sends is a reply or one declared error, the same one however it is cut; and no octet gets lost on the
way to it."""

from __future__ import annotations

import socket
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.scorers import clamd
from mdafilter.scorers.hosts import Outages
from mdafilter.scorers.instream import COMMAND, END, Decoder, Reply, encode
from tests.support.clamd import options
from tests.support.cuts import outcome
from tests.support.spamd import Scripted, scripted

words = st.sampled_from(
    [b"stream: ", b"OK", b" FOUND", b" ERROR", b"INSTREAM size limit exceeded.", b"\0", b"\n", b" "]
)
replies = st.binary(max_size=100) | st.lists(words | st.binary(max_size=5)).map(b"".join)


@given(replies, st.lists(st.integers(min_value=0, max_value=100), max_size=8))
def test_any_bytes_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(data)]
    whole = outcome(Decoder(), [data])
    assert outcome(Decoder(), [data[a:b] for a, b in pairwise(places)]) == whole
    assert outcome(Decoder(), [data[i : i + 1] for i in range(len(data))]) == whole
    if isinstance(whole, Reply):
        assert whole.word in ("OK", "FOUND", "ERROR")
        assert whole.text.isprintable()
        assert bool(whole.text) or whole.word != "FOUND"
    else:
        assert whole.isprintable()


@given(replies, st.integers(min_value=0))
def test_no_beginning_of_a_reply_is_one(data: bytes, cut: int) -> None:
    line = data.partition(b"\0")[0]
    assert isinstance(outcome(Decoder(), [line[: cut % (len(line) + 1)]]), str)


@given(st.binary(min_size=0, max_size=10), st.integers(min_value=limits.CLAMD_REPLY_OCTETS - 20, max_value=20_000))
def test_a_long_reply_in_any_pieces(end: bytes, size: int) -> None:
    data = b"x" * size + end
    assert outcome(Decoder(), [data]) == outcome(Decoder(), [data[i : i + 100] for i in range(0, len(data), 100)])


def decoded(stream: bytes) -> bytes:
    """What clamd makes of a stream (clamd(8)): fails unless it is one, to its last octet."""
    assert stream.startswith(COMMAND)
    at, data = len(COMMAND), b""
    while size := int.from_bytes(stream[at : at + 4], "big"):
        data += stream[at + 4 : at + 4 + size]
        at += 4 + size
    assert stream[at:] == END
    return data


@given(st.lists(st.binary(max_size=50)), st.integers(min_value=1, max_value=20))
def test_all_octets_arrive_in_their_order(pieces: list[bytes], most: int) -> None:
    sent = list(encode(pieces, most))
    assert decoded(b"".join(sent)) == b"".join(pieces)
    assert max(map(len, sent)) <= max(len(COMMAND), most) + most + 4 + len(END)


@given(st.lists(replies, min_size=5, max_size=5))
def test_any_answer_on_a_socket_is_a_finding_or_a_note(answers: list[bytes]) -> None:
    todo = iter(answers)

    def play(connection: socket.socket, server: Scripted) -> None:
        connection.recv(65536)
        connection.sendall(next(todo))

    message = Message.parse(b"Subject: x\n\nbody\n")
    with scripted(play) as server:
        for _ in answers:
            scanned = clamd.scan(message, options(server.host), outages=Outages())
            assert (scanned.finding is None) is bool(scanned.note)
