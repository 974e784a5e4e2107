"""The World of a run over stored mail: nothing happens in it, and what was not asked is known."""

from __future__ import annotations

from pathlib import Path

from mdafilter.message import Envelope, Message, Octets
from mdafilter.outside import Outside
from mdafilter.refiling.still import Still
from mdafilter.scorers.spamd import Options as Spamd
from mdafilter.settings import Settings

MESSAGE = Message.parse(b"Subject: x\n\n")


def still(root: Path, chosen: Settings | None = None) -> Still:
    world = Still(Outside(chosen or Settings(), Envelope(), str(root), False, False, str(root), {}))
    world.turn_to(Envelope("s@example.org", "r@example.net"), 1_700_000_000.0)
    return world


def test_the_time_is_that_of_the_message(tmp_path: Path) -> None:
    assert still(tmp_path).now() == 1_700_000_000.0


def test_nothing_was_met_before(tmp_path: Path) -> None:
    assert still(tmp_path).seen("duplicate", "<1@example.org>") is False


def test_what_is_not_asked_is_noted_until_the_next_message(tmp_path: Path) -> None:
    world = still(tmp_path, Settings(spamd=Spamd(enabled="on")))
    assert world.score(MESSAGE).verdict is None
    ran = world.run("touch ran", Octets.of(b""), {})  # type: ignore[arg-type]
    assert ran.status is None and not (tmp_path / "ran").exists()
    assert world.unasked == {"a scorer of spam was not asked", "a program was not run"}
    world.turn_to(Envelope(), 0.0)
    assert world.unasked == set()


def test_a_scanner_that_is_switched_off_has_nothing_to_say(tmp_path: Path) -> None:
    world = still(tmp_path)
    assert world.scan(MESSAGE).finding is None and world.unasked == set()


def test_a_folder_is_there_or_not_for_all_messages_of_a_run(tmp_path: Path) -> None:
    world = still(tmp_path)
    assert not world.has_folder("lists")
    (tmp_path / ".lists/cur").mkdir(parents=True)
    assert not world.has_folder("lists")
    assert still(tmp_path).has_folder("lists")


def test_the_rest_is_the_outside(tmp_path: Path) -> None:
    world = still(tmp_path)
    assert world.option("duplicate_max_period") == "2d"
    assert world.environment("location") == "MDA"
    assert world.presets()["HOME"] == str(tmp_path)
    assert world.folder_of(f"{tmp_path}/.lists") == "lists"
    assert world.has_directory(str(tmp_path))
    assert world.rules(f"{tmp_path}/none") is None
