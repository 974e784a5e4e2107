"""mdafilter train status: the ledger for people, and what waits."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from mdafilter.cli.train_status import row, waiting
from mdafilter.train import Report
from mdafilter.train.door import write
from mdafilter.train.ledger import Ledger, Line
from tests.support.commandline import invoke

LINE = Line(1.0, "bob", "sasl", "spam", "alias", "h1", "<1@x>", "Cheap pills", teacher="sa-learn", report="r1")


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "spool").mkdir()
    (tmp_path / "state").mkdir()
    file = tmp_path / "c.toml"
    file.write_text(f'[train]\nspool = "{tmp_path}/spool"\nstate = "{tmp_path}/state"\n')
    return str(file)


def fill(config: str, *lines: tuple[Line, str, str]) -> None:
    with Ledger(os.path.join(os.path.dirname(config), "state", "ledger.db")) as ledger:
        for line, result, why in lines:
            number = ledger.add(line)
            if result:
                ledger.finish(number, result, why, *(((200, 210), (201, 210)) if result == "learned" else ()))


def test_nothing_yet(tmp_path: Path, config: str) -> None:
    done = invoke(tmp_path, "train", "status", "-c", config)
    assert done.output == (
        f"Nothing waits in {tmp_path}/spool.\nNothing has been learned yet: there is no {tmp_path}/state/ledger.db.\n"
    )
    assert invoke(tmp_path, "train", "status", "--json", "-c", config).output == ""


def test_a_line_for_each_the_newest_first(tmp_path: Path, config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    nobody = LINE.replace(reporter="", how="", teacher="", hash="", subject="Won!")
    fill(config, (LINE, "learned", ""), (nobody, "refused", "it came from outside (192.0.2.66)"), (LINE, "", ""))
    done = invoke(tmp_path, "train", "status", "-c", config)
    assert done.exit_code == 0
    assert [line.split() for line in done.output.splitlines()[1:]] == [
        "3 1970-01-01 00:00:01 bob (sasl) spam waits site sa-learn Cheap pills".split(),
        "2 1970-01-01 00:00:01 - spam refused it came from outside (192.0.2.66) Won!".split(),
        "1 1970-01-01 00:00:01 bob (sasl) spam learned site sa-learn 200+210 -> 201+210 Cheap pills".split(),
    ]


def test_some_of_them(tmp_path: Path, config: str) -> None:
    now = time.time()
    fill(
        config,
        (LINE, "learned", ""),
        (LINE.replace(time=now), "known", ""),
        (LINE.replace(reporter="eve"), "known", ""),
    )

    def ids(*options: str) -> list[int]:
        done = invoke(tmp_path, "train", "status", "--json", "-c", config, *options)
        return [json.loads(line)["id"] for line in done.output.splitlines()]

    assert ids() == [3, 2, 1]
    assert ids("-n", "1") == [3]
    assert ids("-r", "bob") == [2, 1]
    assert ids("-d", "1") == [2]


def test_json_has_all_of_it(tmp_path: Path, config: str) -> None:
    fill(config, (LINE, "learned", ""))
    (line,) = invoke(tmp_path, "train", "status", "--json", "-c", config).output.splitlines()
    found = json.loads(line)
    assert list(found) == list(Line._fields)
    assert (found["reporter"], found["before_spam"], found["after_spam"]) == ("bob", 200, 201)


def test_a_hostile_subject_does_not_reach_the_terminal() -> None:
    shown = row(LINE.replace(subject="\x1b[2J\n" + "x" * 500, why="\r\x07"))
    assert shown.isprintable() and len(shown) < 250


def test_what_waits(tmp_path: Path) -> None:
    write(str(tmp_path), Report("spam", "alias", {}, b""))
    assert waiting(str(tmp_path)).startswith(f"One report waits in {tmp_path}, the oldest since 2")
    write(str(tmp_path), Report("spam", "alias", {}, b""))
    assert waiting(str(tmp_path)).startswith("2 reports wait in ")
    assert waiting(str(tmp_path / "no")) == f"The spool {tmp_path}/no cannot be listed: No such file or directory."


def test_a_ledger_that_cannot_be_read_is_an_error(tmp_path: Path, config: str) -> None:
    (tmp_path / "state" / "ledger.db").write_bytes(b"junk, and more than a hundred octets of it" * 10)
    done = invoke(tmp_path, "train", "status", "-c", config)
    assert done.exit_code == 1
    assert "not a database" in done.output
