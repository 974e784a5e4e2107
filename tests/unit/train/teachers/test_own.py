"""The scorer of our own learns, knows, changes sides and forgets, as the user whose counts they are."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from mdafilter.scorers import bayes
from mdafilter.train.teachers import Counts
from mdafilter.train.teachers.own import Own
from mdafilter.train.teachers.salearn import Account
from tests.support.salearn import items


def test_learned_known_changed_forgotten(tmp_path: Path) -> None:
    teacher = Own(bayes.Options(path=f"{tmp_path}/bayes.db"), None, "site")
    taught = teacher.learn("spam", items(1, 2, 3))
    assert [(t.result, t.before, t.after) for t in taught.values()] == [
        ("learned", Counts(n, 0), Counts(n + 1, 0)) for n in range(3)
    ]
    taught = teacher.learn("ham", items(1, 4))
    assert [(t.result, t.after) for t in taught.values()] == [("changed", Counts(2, 1)), ("learned", Counts(2, 2))]
    assert [t.result for t in teacher.learn("spam", items(2)).values()] == ["known"]
    assert teacher.counts() == Counts(2, 2)
    taught = teacher.forget(items(2))
    assert (taught["2"].result, taught["2"].before, taught["2"].after) == ("forgotten", Counts(2, 2), Counts(1, 2))
    assert [t.result for t in teacher.forget(items(2, 9)).values()] == ["refused", "refused"]
    assert teacher.learn("spam", []) == {}


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    teacher = Own(bayes.Options(path=f"{tmp_path}/file/bayes.db"), None, "site")
    taught = teacher.learn("spam", items(1, 2))
    assert [t.result for t in taught.values()] == ["failed", "failed"]
    assert "bayes" in taught["1"].why
    assert teacher.counts() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="to become another user needs root")
def test_as_another_user() -> None:
    account = Account.of("nobody")
    assert account is not None
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        home = Path(name, "home")
        home.mkdir()
        os.chown(home, account.uid, account.gid)
        teacher = Own(bayes.Options(), account.replace(home=str(home)), "nobody")
        assert [t.result for t in teacher.learn("spam", items(1, 2)).values()] == ["learned", "learned"]
        assert teacher.counts() == Counts(2, 0)
        assert (home / ".local/state/mdafilter/bayes.db").stat().st_uid == account.uid
        os.chown(home, 0, 0)
        home.chmod(0o700)
        taught = teacher.learn("spam", items(3))["3"]
        assert taught.result == "failed"
