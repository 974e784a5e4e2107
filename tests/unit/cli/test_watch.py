"""The command line of the watcher; tests/unit/train has what it does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter.events import scripts_of
from mdafilter.train import watchers
from mdafilter.train.watchers import Wish
from tests.support.commandline import invoke

HOME = Path("/nonexistent")


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, Wish]]:
    """What root, or a user, asks for."""
    calls: list[tuple[object, Wish]] = []

    def noted(who: object, wish: Wish) -> int:
        calls.append((who, wish))
        return watchers.NONE

    monkeypatch.setattr(watchers, "everybody", noted)
    monkeypatch.setattr(watchers, "watch", noted)
    return calls


def test_root_watches_everybody(called: list[tuple[object, Wish]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert invoke(HOME, "watch", "--once", "--user", "ann", "--user", "bob", "-v").exit_code == watchers.NONE
    assert called == [(("ann", "bob"), Wish(once=True, verbose=True, scripts=scripts_of))]


def test_a_user_watches_his_own(
    called: list[tuple[object, Wish]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    done = invoke(tmp_path, "watch", "--no-events", "-c", "a.toml", f"{tmp_path}/100%")
    assert (done.exit_code, done.stderr) == (watchers.NONE, "there is no Maildir here\n")
    ((account, wish),) = called
    assert getattr(account, "home", "") == str(tmp_path)
    assert wish == Wish("a.toml", (f"{tmp_path}/100%%",), events=False, scripts=scripts_of)
    assert invoke(HOME, "watch", "--user", "somebody").exit_code == 2


def test_root_says_whose_maildir_it_is(called: list[tuple[object, Wish]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert invoke(HOME, "watch", "/var/mail/ann").exit_code == 2
    assert called == []
    invoke(HOME, "watch", "--user", "ann", "/var/mail/ann")
    assert called == [(("ann",), Wish(maildirs=("/var/mail/ann",), scripts=scripts_of))]
