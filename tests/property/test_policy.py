"""Whatever octets stand in the field of the policy daemon: they are believed if they are signed, and lost in no case."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdafilter import policy
from mdafilter.message import Message
from mdafilter.policy import Options, told
from mdafilter_policyd import findings
from tests.support.mailboxes import written

SECRET = "0123456789abcdef"
names = st.sampled_from(
    [b"X-Mdafilter-Policy", b"x-mdafilter-policy ", b"X-Original-X-Mdafilter-Policy", b"Subject", b""]
)
pieces = st.sampled_from(
    [b"time=1", b"client=", b"; ", b"=", b"sign=", b"; sign=", b"0" * 32, b"\n ", b"\r\n\t", b"\0"]
)
values = st.lists(st.binary(max_size=20) | pieces, max_size=12).map(b"".join)
headers = st.lists(st.tuples(names, values), max_size=8).map(
    lambda fields: b"".join(n + b":" + v + b"\n" for n, v in fields)
)
texts = st.text(max_size=40)


@given(headers, st.text(max_size=20), st.floats(allow_nan=False))
def test_what_is_not_signed_is_never_believed(header: bytes, client: str, now: float) -> None:
    message = Message.parse(header + b"\nbody\n")
    came, found = told(message, Options(SECRET), client, now)
    assert found is None or (found.why and not found.items)
    assert came.headers.first(policy.NAME) is None
    assert written(came).replace(b"X-Original-", b"") == written(message).replace(b"X-Original-", b"")
    assert str(found or "").count("\n") == 0


@given(st.dictionaries(texts.filter(bool), texts, max_size=20), texts, st.integers(0, 10**11), headers)
def test_what_the_daemon_signs_is_believed_above_all_else(
    facts: dict[str, str], client: str, now: int, header: bytes
) -> None:
    field = findings.field(facts, client, 0, now, SECRET).encode()
    came, found = told(Message.parse(field + b"\n" + header + b"\nbody\n"), Options(SECRET), "", now + 60)
    assert found is not None and not found.why
    assert found.items["vnd.mdafilter.policy.time"] == str(now)
    assert [one.raw for one in came.headers.all(policy.NAME)] == [field + b"\n"]


@given(st.integers(0, 200), st.integers(0, 7), st.text(max_size=30))
def test_one_bit_makes_it_another_field(at: int, bit: int, fact: str) -> None:
    value = findings.field({"spf": "pass", "helo": fact}, "192.0.2.1", 1, 5, SECRET).partition(": ")[2]
    at %= len(value)
    other = value[:at] + chr(ord(value[at]) ^ 1 << bit) + value[at + 1 :]
    assert policy.read(other, SECRET) is None
