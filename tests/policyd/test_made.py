"""The checks of a configuration: made, and made anew as little as possible."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter_policyd import made
from mdafilter_policyd.config import load
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.made import Made, Repeated
from tests.support.policyd_core import Lines, house, installed


@pytest.fixture(autouse=True)
def _checks(tmp_path: Path) -> Iterator[None]:
    with installed(tmp_path, alpha=1, beta=2):
        yield


def make(
    folder: Path, text: str, before: tuple[Made, ...] = (), changed: frozenset[str] | None = None
) -> tuple[Made, ...]:
    file = folder / "policyd.toml"
    file.write_text(text)
    return made.make(load(str(file)), house(), Lines(), before, changed)


def test_what_is_off_is_not_made(tmp_path: Path) -> None:
    found = make(tmp_path, '[alpha]\n[beta]\nmode = "on"\n')
    assert [one.asked.name for one in found] == ["beta"]


def test_all_faults_of_all_checks_at_once(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("broken\n")
    with pytest.raises(ConfigError) as failed:
        make(tmp_path, '[alpha]\nmode = "on"\ntext = "broken"\n[beta]\nmode = "warn"\nfile = "./t"\n')
    assert str(failed.value).splitlines() == [
        f"{tmp_path}/policyd.toml:3:1: [alpha] text: broken",
        f"{tmp_path}/t:7:3: broken",
    ]


def test_a_check_is_kept_where_nothing_of_it_has_changed(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("no\n")
    text = '[alpha]\nmode = "on"\n[beta]\nmode = "on"\nfile = "./t"\n'
    first = make(tmp_path, text)

    def kept(text: str, changed: frozenset[str] | None) -> list[bool]:
        found = make(tmp_path, text, first, changed)
        return [any(one.check is old.check and one.repeated is old.repeated for old in first) for one in found]

    file, table = str(tmp_path / "policyd.toml"), str(tmp_path / "t")
    assert kept(text, frozenset({file})) == [True, True]
    assert kept(text, frozenset({table})) == [True, False]
    assert kept(text, None) == [False, False]
    assert kept(text.replace('"on"', '"warn"', 1), frozenset({file})) == [False, True]
    assert kept(text + "seconds = 3\n", frozenset({file})) == [True, True]
    assert make(tmp_path, text + "seconds = 3\n", first, frozenset({file}))[1].asked.seconds == 3


def test_the_files_that_it_was_made_from(tmp_path: Path) -> None:
    for name in "tuv":
        (tmp_path / name).write_text("example.org\n")
    text = 'opt_out = ["./u"]\n[alpha]\nopt_in = ["./v"]\n[beta]\nmode = "on"\nfile = "./t"\n'
    found = make(tmp_path, text)
    names = made.files(load(str(tmp_path / "policyd.toml")), found)
    assert names == tuple(str(tmp_path / name) for name in ("policyd.toml", "u", "v", "t"))


def test_the_file_with_the_secret_is_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("0123456789abcdef\n")
    found = make(tmp_path, 'header_secret_file = "./secret"\n')
    config = load(str(tmp_path / "policyd.toml"))
    assert made.files(config, found) == (str(tmp_path / "policyd.toml"), str(tmp_path / "secret"))
    assert made.rules(config, found).header_secret == "0123456789abcdef"


def test_the_rules_are_those_of_the_configuration(tmp_path: Path) -> None:
    found = make(tmp_path, 'reject_at = 3\naccept = "OK"\nrequest_seconds = 2\n[alpha]\nmode = "warn"\nseconds = 1\n')
    rules = made.rules(load(str(tmp_path / "policyd.toml")), found)
    assert (rules.reject_at, rules.accept, rules.seconds) == (3.0, "OK", 2.0)
    (active,) = rules.checks
    assert (active.name, active.stage, active.mode, active.seconds) == ("alpha", 1, "warn", 1.0)


def test_what_a_check_wants_again_and_again() -> None:
    async def body() -> list[str]:
        log, done = Lines(), asyncio.Event()
        times = 0

        async def what() -> None:
            nonlocal times
            times += 1
            if times == 2:
                raise OSError("gone")
            if times == 4:
                done.set()

        repeated = Repeated("dnsbl", house(), log)
        repeated.every(0.001, what)
        assert times == 0
        repeated.start()
        repeated.start()  # goes on, once
        await asyncio.wait_for(done.wait(), 10)
        repeated.stop()
        await asyncio.sleep(0.01)
        assert times == 4
        return log.lines

    assert asyncio.run(body()) == ["warning: dnsbl, by itself, fails, mail goes on without it: OSError: gone"]
