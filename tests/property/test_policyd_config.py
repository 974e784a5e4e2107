"""Whatever stands in a configuration: it is one, or it is told what is wrong, with a place in that file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdafilter_policyd.config import Config, parse
from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.recipients import Recipients

KEYS = st.sampled_from(
    ["listen", "mode", "reject_at", "processes", "opt_out", "accept", "helo", "hello", "a.b", '"x"', "helo.mode", "log"]
)
VALUES = st.sampled_from(
    [
        '"on"',
        '"x"',
        "1",
        "-1",
        "1.5",
        "nan",
        "inf",
        "true",
        "[]",
        '["a@b"]',
        '["a b"]',
        "[1, [2]]",
        "{}",
        "{ mode = 1 }",
        "2020-01-01",
        "0x7fffffffffffffffffff",
        "1e400",
    ]
)
LINES = st.one_of(
    st.builds("{} = {}".format, KEYS, VALUES),
    st.builds("[{}]".format, KEYS),
    st.builds("[[{}]]".format, KEYS),
    st.text(max_size=20),
)


def faults(content: bytes) -> list[Fault]:
    try:
        assert isinstance(parse(content, "/x/policyd.toml"), Config)
    except ConfigError as failed:
        return failed.faults or [Fault("nothing is told", 0, 0, "")]
    return []


def check(content: bytes) -> None:
    for fault in faults(content):
        assert fault.file == "/x/policyd.toml"
        assert 0 <= fault.line <= content.count(b"\n") + 1
        assert fault.text.isprintable()


@given(st.binary(max_size=200))
def test_octets(content: bytes) -> None:
    check(content)


@given(st.lists(LINES, max_size=12))
def test_lines(lines: list[str]) -> None:
    check("\n".join(lines).encode("utf-8", "surrogatepass"))


@given(st.text(max_size=60), st.lists(st.sampled_from(["a@b", "b", ".b", "a@", "c"]), max_size=4))
def test_any_recipient_is_wanted_or_not(recipient: str, entries: list[str]) -> None:
    assert Recipients((), entries).wants(recipient) in (None, False)
    assert Recipients(entries).wants(recipient) in ((True, False) if entries else (None,))
