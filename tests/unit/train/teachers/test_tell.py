"""TELL: what spamd changed, and what it may mean that it changed nothing. The real one is met in tests/e2e/test_tell.py."""

from __future__ import annotations

import socket

from mdafilter.train.teachers import Taught
from mdafilter.train.teachers.tell import UNWRITABLE, Tell
from tests.support.spamd import HAM, Scripted, answer, closed_port, options, request, scripted

SET = b"SPAMD/1.1 0 EX_OK\r\nDidSet: local\r\n\r\n\r\n"
REMOVED = b"SPAMD/1.1 0 EX_OK\r\nDidRemove: local\r\n\r\n\r\n"
NOTHING = b"SPAMD/1.1 0 EX_OK\r\n\r\n\r\n"
FORBIDDEN = b"SPAMD/1.0 69 Service Unavailable: TELL commands are not enabled, set the --allow-tell switch.\r\n"


class Says:
    """A spamd that answers one connection after the other."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)

    def __call__(self, connection: socket.socket, server: Scripted) -> None:
        server.requests.append(request(connection))
        connection.sendall(self.answers.pop(0))


def told(what: str, *answers: bytes) -> tuple[Taught, list[bytes]]:
    with scripted(Says(*answers)) as server:
        teacher = Tell(options(server.host), "alice")
        done = teacher.forget([("1", HAM)]) if what == "forget" else teacher.learn(what, [("1", HAM)])
        return done["1"], [r.partition(b"\r\n\r\n")[0] for r in server.requests]


def test_learned() -> None:
    taught, [head] = told("spam", SET)
    assert taught == Taught("learned")
    fields = head.split(b"\r\n")
    assert fields[0] == b"TELL SPAMC/1.5"
    for field in (b"Message-class: spam", b"Set: local", b"User: alice"):
        assert field in fields


def test_known_is_what_could_be_forgotten_and_learned_again() -> None:
    taught, heads = told("ham", NOTHING, REMOVED, SET)
    assert taught == Taught("known")
    assert [b"Remove: local" in head for head in heads] == [False, True, False]


def test_nothing_changed_and_nothing_to_forget_is_no_writing() -> None:
    assert told("ham", NOTHING, NOTHING)[0] == Taught("failed", UNWRITABLE)
    assert told("ham", NOTHING, REMOVED, NOTHING)[0] == Taught("failed", UNWRITABLE)


def test_forgotten_or_not() -> None:
    assert told("forget", REMOVED)[0] == Taught("forgotten")
    assert told("forget", NOTHING)[0].result == "refused"


def test_TELL_must_be_allowed_and_the_rest_is_not_asked() -> None:
    with scripted(answer(FORBIDDEN)) as server:
        taught = Tell(options(server.host)).learn("spam", [("1", HAM), ("2", HAM)])
        assert len(server.requests) == 1
    assert [t.result for t in taught.values()] == ["failed", "failed"]
    assert "--allow-tell" in taught["2"].why


def test_nobody_listens() -> None:
    host = closed_port()
    teacher = Tell(options(host))
    assert f"spamd {host}" in teacher.learn("spam", [("1", HAM)])["1"].why
    assert teacher.counts() is None
