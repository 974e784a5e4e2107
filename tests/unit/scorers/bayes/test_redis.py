"""Counts that hosts share, in a real redis-server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from mdafilter.message import Message
from mdafilter.scorers import bayes
from tests.support import policyd_store as support
from tests.support.bayesmail import ham, spam, taught
from tests.support.house import ROOT


@pytest.fixture
def server() -> Iterator[support.Server]:
    if support.missing():
        pytest.skip(support.missing())
    with support.server() as made:
        yield made


def options(server: support.Server) -> bayes.Options:
    return bayes.Options(path=f"redis+unix:{server.socket}", name="site", minimum=5)


def test_it_learns_scores_and_forgets_as_in_a_file(server: support.Server, tmp_path: object) -> None:
    made = taught(options(server), 10)
    file = taught(bayes.Options(path=f"{tmp_path}/db", minimum=5), 10)
    assert sorted(bayes.export(made)) == sorted(bayes.export(file))
    for raw in (ham(99), spam(99)):
        verdicts = [bayes.score(Message.parse(raw), o).verdict for o in (made, file)]
        assert verdicts[0] == verdicts[1] is not None
    assert bayes.learn(spam(1), "ham", made) == "changed"
    assert bayes.forget(spam(1), made) == "forgotten"
    assert bayes.counts(made) == (9, 10)
    assert bayes.import_(bayes.export(file), made) > 0
    assert bayes.counts(made) == (10, 10)


def test_each_user_has_his_own(server: support.Server) -> None:
    made = options(server).replace(name="%n")
    bayes.learn(spam(0), "spam", made, "bob")
    assert [bayes.counts(made, user) for user in ("bob", "eve")] == [(1, 0), (0, 0)]


def test_hosts_that_learn_at_the_same_time_lose_nothing(server: support.Server) -> None:
    code = (
        "import sys\nfrom mdafilter.scorers import bayes\nfrom tests.support.bayesmail import spam\n"
        "o = bayes.Options(path=sys.argv[1], name='site')\n"
        "for n in range(int(sys.argv[2]), 60, 2): bayes.learn(spam(n), 'spam', o)"
    )
    path = options(server).path
    both = [subprocess.Popen([sys.executable, "-c", code, path, str(n)], cwd=ROOT) for n in (0, 1)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert bayes.counts(options(server)) == (60, 0)


def test_a_server_that_is_gone_is_a_note(server: support.Server) -> None:
    made = taught(options(server), 5)
    server.stop()
    scored = bayes.score(Message.parse(spam(9)), made)
    assert scored.verdict is None and scored.note.startswith("bayes: Redis: ")


def test_old_counts_go(server: support.Server) -> None:
    made = taught(options(server), 5)
    assert bayes.expire(made, most=5000) > 0
