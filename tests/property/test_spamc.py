"""Whatever a server sends is a reply or one declared error, and the same one however it is cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.scorers import mark
from mdafilter.scorers.spamc import VERBS, Decoder, ProtocolError, Reply, encode, symbols
from mdafilter.world import Verdict
from tests.support.cuts import outcome

verbs = st.sampled_from(sorted(VERBS))
lines = st.sampled_from(
    [
        b"SPAMD/1.1 0 EX_OK",
        b"SPAMD/1.0 76 Bad header line",
        b"SPAMD/1.5 0 PONG",
        b"SPAMD/ 0",
        b"Content-length: 3",
        b"content-LENGTH:5",
        b"Content-length: 99999999999999999999999",
        b"Content-length: \xb2",
        b"Spam: True ; 15.2 / 5.0",
        b"Spam: False ; nan / inf",
        b"Spam: Yes ; -3.2/5.0",
        b"Spam: True ; 1_0 / 5",
        b"DidSet: local",
        b": x",
        b"",
    ]
)
ends = st.sampled_from([b"\r\n", b"\n", b"\r", b"\0\n"])
likely = st.lists(st.tuples(lines | st.binary(max_size=20), ends)).map(lambda x: b"".join(a + b for a, b in x))
replies = st.binary(max_size=300) | likely | likely.map(lambda x: b"SPAMD/1.1 0 EX_OK\r\n" + x)


@given(verbs, replies, st.lists(st.integers(min_value=0, max_value=300), max_size=8))
def test_any_bytes_in_any_pieces(verb: str, data: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(places)]
    whole = outcome(Decoder(verb, most=1000), [data])
    assert outcome(Decoder(verb, most=1000), pieces) == whole
    assert outcome(Decoder(verb, most=1000), [data[i : i + 1] for i in range(len(data))]) == whole
    if isinstance(whole, Reply):
        assert len(whole.body) <= 1000
        try:
            judgement = whole.judgement()
        except ProtocolError:
            return
        assert abs(judgement.score) < 1e32  # neither nan nor inf
        assert abs(judgement.threshold) < 1e32


@given(verbs, st.text(st.characters(), max_size=50), st.text(st.characters(), max_size=50))
def test_a_request_has_the_lines_it_was_meant_to_have(verb: str, name: str, value: str) -> None:
    try:
        data = encode(verb, 7, [("User", value), (name, "x")])
    except ProtocolError:
        return
    assert data.count(b"\r\n") == (4 if verb == "PING" else 5)
    assert data.count(b"\n") == data.count(b"\r") == data.count(b"\r\n")
    assert data.endswith(b"\r\n\r\n")
    assert data.index(b"\r\n\r\n") == len(data) - 4


verdicts = st.builds(
    Verdict,
    st.booleans(),
    st.floats(),
    st.floats(),
    st.lists(st.text(max_size=30), max_size=40).map(tuple),
    st.text(max_size=10),
    st.integers(min_value=0, max_value=10**9),
)
headers = st.sampled_from(
    [b"Subject: x", b"X-Spam-Status: No", b"x-spam-level :\n ***", b"X-Spam: no", b"Junk", b"", b"X-Spam-\xff: 1"]
)
messages = st.lists(headers | st.binary(max_size=20)).map(b"\n".join)


def written(message: Message) -> bytes:
    pieces = message.pieces()
    return b"".join(p if isinstance(p, bytes) else message.octets.slice(p.start, p.end) for p in pieces)


@given(messages, verdicts)
def test_a_mark_adds_its_fields_and_nothing_else(data: bytes, verdict: Verdict) -> None:
    message = Message.parse(data)
    marked = mark.mark(message, verdict)
    ours = len(marked.headers) - len(message.headers)
    assert 1 <= ours <= 3
    top = b"".join(f.raw for f in list(marked.headers)[:ours])
    again = Message.parse(top + b"\n").headers
    assert [f.name for f in again] == [f.name for f in list(marked.headers)[:ours]]  # no value made another field
    assert all(c in b"\r\n\t" or 32 <= c < 127 for c in top)
    assert len(top) < limits.SYMBOLS * limits.SYMBOL_OCTETS + 1000
    assert (
        written(marked)
        .removeprefix(top)
        .replace(b"X-Original-", b"")
        .replace(b"\r", b"")
        .startswith(message.headers.raw().replace(b"X-Original-", b"").replace(b"\r", b""))
    )
    assert written(mark.mark(message, verdict)) == written(marked)


@given(messages, st.binary(max_size=300) | messages, verdicts)
def test_a_header_that_spamd_rewrote_brings_only_its_own_fields(data: bytes, theirs: bytes, verdict: Verdict) -> None:
    message = Message.parse(data)
    marked = mark.adopt(message, verdict, mark.rewritten(theirs))
    parsed = Message.parse(written(marked))
    added = len(marked.headers) - len(message.headers)
    for field in list(marked.headers)[:added]:
        assert field.key.startswith("x-spam-") or field.key == "subject"
        assert all(c in b"\r\n\t" or c >= 32 for c in field.raw)
    if data[:1] not in (b" ", b"\t", b"\n", b"\r") and b"\r" not in data:
        assert [f.key for f in parsed.headers][:added] == [f.key for f in marked.headers][:added]


@given(st.text(max_size=200))
def test_symbols_cannot_end_a_line(text: str) -> None:
    for name in symbols(text):
        assert name
        assert name.isascii()
        assert name.isprintable()
        assert not set(name) & set(" ,;=")
