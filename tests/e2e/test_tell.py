"""TELL to the real spamd, and `sa-learn --dump magic` on its database as the witness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.train.teachers.tell import Tell
from tests.support import salearn, spamd
from tests.support.salearn import items
from tests.support.spamd import magic

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(bool(spamd.missing()), reason=spamd.missing() or "spamd is here"),
    pytest.mark.skipif(bool(salearn.missing()), reason=salearn.missing() or "sa-learn is here"),
]


@pytest.fixture(scope="module")
def daemon() -> Iterator[tuple[str, Path]]:
    with spamd.real() as (host, folder):
        yield host, folder


def test_learned_known_the_other_side_forgotten(daemon: tuple[str, Path]) -> None:
    host, folder = daemon
    teacher = Tell(spamd.options(host))
    spam, ham = magic(folder)
    assert [t.result for t in teacher.learn("spam", items(1, 2)).values()] == ["learned", "learned"]
    assert magic(folder) == (spam + 2, ham)
    assert [t.result for t in teacher.learn("spam", items(1, 3)).values()] == ["known", "learned"]
    assert magic(folder) == (spam + 3, ham)
    assert [t.result for t in teacher.learn("ham", items(1)).values()] == ["learned"]
    assert magic(folder) == (spam + 2, ham + 1)
    assert [t.result for t in teacher.forget(items(1, 2, 9)).values()] == ["forgotten", "forgotten", "refused"]
    assert magic(folder) == (spam + 1, ham)


def test_it_would_learn_GTUBE(daemon: tuple[str, Path]) -> None:
    """Why fit.py refuses it: spamd does not."""
    assert Tell(spamd.options(daemon[0])).learn("spam", [("1", spamd.SPAM)])["1"].result == "learned"


def test_a_daemon_without_Bayes_is_not_taken_for_one_that_knows(daemon: tuple[str, Path]) -> None:
    with spamd.real(configuration="use_bayes 0") as (host, _):
        taught = Tell(spamd.options(host)).learn("spam", items(1))["1"]
    assert taught.result == "failed"
    assert "use_bayes" in taught.why
