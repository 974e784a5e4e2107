"""Whose counts a command is for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter.errors import MdafilterError
from mdafilter.scorers import bayes
from mdafilter.settings import Settings
from mdafilter.train.counts import take


def settings(path: str, **more: str) -> Settings:
    return Settings(bayes=bayes.Options(path=path, **more))  # type: ignore[arg-type]


def test_those_of_all(tmp_path: Path) -> None:
    whose = take(settings(f"{tmp_path}/db", enabled="off"), "")
    assert (whose.place, whose.options.enabled) == (f"{tmp_path}/db", "on")
    with pytest.raises(MdafilterError, match="leave out --user"):
        take(settings(f"{tmp_path}/db"), "bob")


def test_those_of_a_name_in_redis() -> None:
    whose = take(settings("redis://:secret@127.0.0.1"), "bob@example.org")
    assert (whose.user, whose.place) == ("bob@example.org", "Redis (bob@example.org)")
    assert take(settings("redis://127.0.0.1", name="site"), "").place == "Redis (site)"


def test_each_has_his_own() -> None:
    with pytest.raises(MdafilterError, match="no-such-user"):
        take(settings(""), "no-such-user")
    if os.geteuid() == 0:
        with pytest.raises(MdafilterError, match="say --user NAME"):
            take(settings(""), "")
        assert take(settings("%h/db"), "root").place.endswith("/db")
    else:
        assert take(settings(""), "").user
        with pytest.raises(MdafilterError, match="only root"):
            take(settings(""), "root")
