"""Whatever octets come, and however they are cut, they are the same requests or the same end."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from mdafilter_policyd import limits
from mdafilter_policyd.protocol import Decoder, ProtocolError, encode

NAMES = st.sampled_from(["request", "sender", "recipient", "helo_name", "x", ""])
VALUES = st.text(st.characters(exclude_characters="\0\n", exclude_categories=["Cs"]), max_size=30)
ATTRIBUTES = st.dictionaries(NAMES, VALUES, min_size=1, max_size=6)
PIECES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([b"\n", b"\n\n", b"=", b"sender=a@b\n", b"a=\n\n", b"\0", b"\r\n", b"\xff"]),
    st.just(b"long=" + b"x" * (limits.REQUEST_OCTETS // 2)),
)
OCTETS = st.lists(PIECES, max_size=12).map(b"".join)


def decoded(parts: list[bytes]) -> list[dict[str, str] | str]:
    """The attributes of all requests, and why there is no more."""
    decoder = Decoder()
    found: list[dict[str, str] | str] = []
    try:
        for part in parts:
            decoder.feed(part)
            while (request := decoder.next()) is not None:
                found.append(dict(request.attributes))
    except ProtocolError as wrong:
        found.append(str(wrong))
    else:
        assert len(decoder) < limits.REQUEST_OCTETS
    return found


def written(attributes: dict[str, str]) -> bytes:
    return "".join(f"{name}={value}\n" for name, value in attributes.items()).encode() + b"\n"


@given(OCTETS, st.data())
@example(b"a=b\n\n", None)
def test_any_octets_are_the_same_however_they_are_cut(octets: bytes, data: st.DataObject | None) -> None:
    whole = decoded([octets])
    if len(octets) < 5000:
        assert decoded([octets[i : i + 1] for i in range(len(octets))]) == whole
    if data is not None:
        cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
        edges = [0, *cuts, len(octets)]
        assert decoded([octets[a:b] for a, b in pairwise(edges)]) == whole


@given(st.lists(ATTRIBUTES, max_size=5), st.binary(max_size=3).filter(lambda tail: b"\n" not in tail))
def test_requests_come_back_as_they_were(requests: list[dict[str, str]], tail: bytes) -> None:
    octets = b"".join(map(written, requests)) + tail
    assert decoded([octets]) == requests
    assert decoded([octets[i : i + 1] for i in range(len(octets))]) == requests


@given(st.binary(max_size=60).filter(lambda octets: b"\n" not in octets and b"\0" not in octets))
def test_every_value_can_be_written_down(octets: bytes) -> None:
    (found,) = decoded([b"sender=" + octets + b"\n\n"])
    assert isinstance(found, dict)
    assert "\n" not in found["sender"]
    found["sender"].encode("utf-8")


@given(st.text(max_size=1200))
@example("REJECT " + "x" * 5000)
def test_every_action_is_one_line_of_printable_ascii(action: str) -> None:
    octets = encode(action)
    assert re.fullmatch(rb"action=[!-~]([ -~]*[!-~])?\n\n", octets)
    assert len(octets) <= len(b"action=\n\n") + limits.FIELD


def test_a_request_octet_by_octet_is_linear() -> None:
    """Where the end is looked for again from the start with each octet, this takes minutes."""
    octets = b"x=" + b"y" * (limits.REQUEST_OCTETS - 4) + b"\n\n"
    assert len(decoded([octets[i : i + 1] for i in range(len(octets))])) == 1
