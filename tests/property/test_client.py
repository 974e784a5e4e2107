"""Whatever a service says, and however it goes away: the native client ends in a known code, and no message is read twice."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support import client
from tests.support.client import Stage, end

CODES = {b"S0\n": 0, b"S67\n": 67, b"S75\n": 75, b"S77\n": 77}
SURPRISE = (75, b"4.3.0 ")
TEXT = 4096  # octets of the text at most

texts = st.binary(max_size=30) | st.sampled_from([b"5.7.1 no\n", b"x" * TEXT, b"x" * (TEXT + 1)])
ends = st.builds(lambda start, text: start + text, st.sampled_from([*CODES, b"S0", b"S1\n", b"S\n", b"s0\n"]), texts)
packets = st.sampled_from([b"N", b"T", b""]) | ends | st.binary(max_size=10)
dialogues = st.lists(packets, max_size=5)

octets = st.binary(max_size=20).map(lambda b: b.replace(b"\0", b"\xff"))
arguments = st.lists(octets, max_size=5)
known = ["SENDER", "RECIPIENT", "EXTENSION", "HOME", "CLIENT_HELO", "XDG_CACHE_HOME", "SASL_USERNAME"]
names = st.sampled_from(known) | st.text("ABCDEFGHIJKLM_=", min_size=1, max_size=9).filter(lambda n: "=" not in n)
environments = st.dictionaries(names.map(str.encode), octets, max_size=6)
long = b"x" * 65500  # what fits depends on the rest


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    if not client.compiler():
        pytest.skip("there is no C compiler")
    with client.stage() as made:
        yield made


def outcomes(said: list[bytes], read: bool) -> list[tuple[int, bytes] | None]:
    """Code and output by the protocol, once the service has said this and hung up; None is the one-shot."""
    first = said[0] if said else b""
    if not first:
        # An empty packet is the end of the file to recv(2). Without the request being read, it depends on whether it was
        # heard before the end; nobody has the message, so either will do.
        return [SURPRISE] if read else [None, SURPRISE] if said else [None]
    if first == b"N":
        return [None]
    for start, code in CODES.items():
        if first.startswith(start) and len(first) <= len(start) + TEXT:
            return [(code, first.removeprefix(start))]
    return [SURPRISE]


@given(dialogues, st.booleans())
@example([b"", b"S0\n"], True)
@example([b"", b""], False)
@example([], False)
@example([b"S0\n"], False)
def test_any_packets_and_then_the_end(stage: Stage, said: list[bytes], read: bool) -> None:
    """With or without having read the request, whose loss is told as ECONNRESET."""
    with stage.listening() as service:
        started = stage.start("-x")
        connection = service.accept()
        connection.wait()
        if read:
            connection.request()
        connection.send(*said)
        connection.close()
        code, output = end(started)
    if output.startswith(b"once 1 [-x] <message>"):
        assert None in outcomes(said, read)
    else:
        surprise = (code, output[:17]) == (75, b"4.3.0 mdafilter: ")
        assert (SURPRISE if surprise else (code, output)) in outcomes(said, read)


@given(arguments, environments, st.sampled_from([b"", b"", long]))
def test_any_arguments_and_environment(
    stage: Stage, given_: list[bytes], environ: dict[bytes, bytes], more: bytes
) -> None:
    """They arrive as they are, all of them, or the one-shot has them."""
    with stage.listening() as service:
        started = stage.start(*given_, more, environ=environ)
        connection = service.accept()
        fields, message = connection.request()
        wanted = [b"mdafilter/1", *(b"a" + a for a in [*given_, more])]
        handed = {b"e" + n + b"=" + v for n, v in environ.items() if n.decode() in known}
        if fields:
            assert fields[: len(wanted)] == wanted
            assert set(fields[len(wanted) : -1]) == handed
            assert fields[-1] == b"d" + os.fsencode(stage.folder)
            assert os.read(message, 100) == b"message"
            connection.send(b"S0\n")
            assert end(started) == (0, b"")
            assert connection.rest() == b"A"
        else:
            assert sum(len(f) + 1 for f in [*wanted, *handed, b"d" + os.fsencode(stage.folder)]) > 65536
            assert end(started)[1].startswith(b"once %d [" % (len(given_) + 1))
