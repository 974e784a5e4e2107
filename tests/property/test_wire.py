"""Packets come back as they were, and whatever octets come are a packet or a ValueError."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from mdafilter.serve import wire
from mdafilter.serve.wire import ENVIRONMENT, REQUEST_OCTETS, TEXT_OCTETS, Request, decode, encode, ended, parse_end

OCTETS = st.binary(max_size=40).filter(lambda data: b"\0" not in data)
TEXTS = OCTETS.map(lambda data: data.decode("utf-8", "surrogateescape"))
REQUESTS = st.builds(
    Request,
    st.lists(TEXTS, max_size=5).map(tuple),
    st.lists(st.tuples(st.sampled_from(sorted(ENVIRONMENT)), TEXTS), max_size=5).map(tuple),
    TEXTS,
)
FIELDS = st.lists(
    st.one_of(st.binary(max_size=20), st.just(wire.VERSION), st.sampled_from([b"a-f", b"eSENDER=x", b"d/", b"e", b""])),
    max_size=6,
).map(b"\0".join)


@given(REQUESTS)
def test_a_request_comes_back_as_it_was(request: Request) -> None:
    packet = encode(request)
    assert len(packet) <= REQUEST_OCTETS
    assert decode(packet) == request


@given(REQUESTS, st.binary(max_size=100))
def test_a_message_behind_it_comes_back_as_it_was(request: Request, message: bytes) -> None:
    assert decode(encode(request) + wire.MESSAGE + message) == request.replace(message=message)


@given(st.one_of(FIELDS, FIELDS.map(lambda data: wire.VERSION + b"\0" + data + b"\0"), st.binary(max_size=100)))
@example(wire.VERSION + b"\0" + b"a" + b"x" * REQUEST_OCTETS + b"\0")
def test_any_octets_are_a_request_or_a_value_error(packet: bytes) -> None:
    try:
        request = decode(packet)
    except ValueError:
        return
    assert {name for name, _value in request.environ} <= ENVIRONMENT
    assert decode(encode(request)) == request


@given(REQUESTS, st.data())
def test_a_request_that_is_cut_off_within_a_field_is_none(request: Request, data: st.DataObject) -> None:
    packet = encode(request)
    cut = data.draw(st.integers(0, len(packet) - 1))
    try:
        decode(packet[:cut])
    except ValueError:
        return
    assert packet[cut - 1 : cut] == b"\0"


@given(st.sampled_from([0, 67, 75, 77]), st.text(max_size=2000))
def test_an_end_comes_back_as_far_as_there_is_room(code: int, text: str) -> None:
    packet = ended(code, text)
    assert len(packet) <= TEXT_OCTETS + len(b"S77\n")
    back, said = parse_end(packet)
    assert back == code
    sent = text.encode("utf-8", "replace")
    assert said.encode() == sent if len(sent) <= TEXT_OCTETS else sent.startswith(said.rstrip("\ufffd").encode())


@given(st.one_of(st.binary(max_size=20), st.binary(max_size=10).map(lambda data: b"S" + data)))
def test_any_octets_are_an_end_or_a_value_error(packet: bytes) -> None:
    try:
        code, _text = parse_end(packet)
    except ValueError:
        return
    assert 0 <= code <= 999
