"""Counts that hosts share, in a real redis-server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from mdafilter.errors import TryAgain
from mdafilter.message import Message
from mdafilter.scorers import bayes
from mdafilter.scorers.bayes import redis, teach
from mdafilter.scorers.bayes.store import Known, Lesson, Totals, Whole
from tests.support import policyd_store as support
from tests.support.bayesmail import ham, spam, taught
from tests.support.house import ROOT
from tests.support.lessons import STEPS, follow


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
    with pytest.raises(bayes.Taken, match=r"Redis \(site\) has learned 9 spam and 10 ham"):
        bayes.import_(bayes.export(file), made)
    assert bayes.counts(made) == (9, 10)
    bayes.import_(bayes.export(file), made, over=True)
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
    before = {line for line in bayes.export(made) if line.startswith("token")}
    told = bayes.expire(made, most=5000, dry=True)
    assert {line for line in bayes.export(made) if line.startswith("token")} == before
    gone = bayes.expire(made, most=5000)
    assert (gone.tokens, gone.known) == (told.tokens, told.known)
    assert gone.tokens > 0 and gone.after <= 5000 < gone.before
    left = {line for line in bayes.export(made) if line.startswith("token")}
    assert len(before) - len(left) == gone.tokens and left < before
    assert min(_seen(line) for line in left) >= max(_seen(line) for line in before - left)


def _seen(line: str) -> bool:
    _, _, spam, ham, *_ = line.split()
    return int(spam) + int(ham) > 1


def test_messages_that_are_remembered_go_too_the_oldest_first(server: support.Server) -> None:
    store = redis.Redis(options(server).path, "site", 5)
    known = {number: Known(True, False, 20_000 + number % 10) for number in range(1000)}
    store.replace(Whole(Totals(1000, 0, 0, 0), {}, known), over=False)
    assert store.trim("known", 700) == 300
    assert {one.day for one in dict(store.scan_known()).values()} == set(range(20_003, 20_010))
    assert (store.trim("known", 700), store.many("known"), store.totals().spam) == (0, 700, 1000)
    store.close()


def test_what_is_no_count_of_ours_is_a_note(server: support.Server) -> None:
    made = taught(options(server), 5)
    store = redis.Redis(made.path, "site", 5)
    for number in dict(store.scan()):
        store._line.ask("HSET", "mdafilter:bayes:site:token", number, "x" * 100)
    store.close()
    scored = bayes.score(Message.parse(spam(1)), made)
    assert scored.verdict is None and "are no counts" in scored.note


def test_an_export_in_which_another_host_learned_is_none(server: support.Server) -> None:
    made = taught(options(server), 5)
    lines = bayes.export(made)
    next(lines)
    bayes.learn(spam(77), "spam", made)
    with pytest.raises(TryAgain, match="others have learned meanwhile"):
        list(lines)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_order_of_lessons_ends_where_their_last_verdicts_say(
    server: support.Server, steps: list[tuple[int, str]]
) -> None:
    store = redis.Redis(options(server).path, "site", 5)
    store.replace(Whole(Totals(), {}, {}), over=True)
    follow(store, steps)
    store.close()


def test_keys_of_before_there_were_weights_are_read(server: support.Server) -> None:
    store = redis.Redis(options(server).path, "site", 5)
    store._line.ask("HSET", "mdafilter:bayes:site:token", 9, "1 0 20000")
    store._line.ask("HSET", "mdafilter:bayes:site:known", 5, "1 1 20000")
    names = ("spam", 1, "ham", 0, "counted_spam", 1, "counted_ham", 0, "version", 1)
    store._line.ask("HSET", "mdafilter:bayes:site:total", *names)
    assert (store.totals(), store.rows([9])) == (Totals(1, 0, 1, 0), {9: (1, 0, 20000, 0)})
    assert store.known(5) == Known(True, True, 20000, 0)
    assert teach.forget(store, Lesson(5, (9,))) == "forgotten"
    assert (store.totals(), dict(store.scan())) == (Totals(), {})
    store.close()
