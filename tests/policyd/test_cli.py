"""The commands, as an admin has them."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mdafilter_policyd import store
from mdafilter_policyd.cli import ELSEWHERE, main

CONFIGURATION = """
state_dir = "{folder}/state"
[client_access]
mode = "on"
tables = ["./clients"]
[greylist]
mode = "on"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    (tmp_path / "clients").write_text("198.51.100.0/24 REJECT go away\n")
    file = tmp_path / "policyd.toml"
    file.write_text(CONFIGURATION.replace("{folder}", str(tmp_path)))
    return file


def call(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(file), *arguments])


def test_every_command_has_its_help() -> None:
    said = CliRunner().invoke(main, ["--help"]).output
    for name in ("ask", "check-config", "open", "report", *ELSEWHERE):
        assert re.search(rf"^  {name} ", said, re.MULTILINE)
    assert "mdafilter-policyd, version" in CliRunner().invoke(main, ["--version"]).output


def test_a_configuration_is_checked(file: Path) -> None:
    done = call(file, "check-config")
    assert done.exit_code == 0
    assert done.output.split()[:2] == ["client_access", "on"]
    file.write_text(file.read_text() + "dely = 1\n")
    (file.parent / "clients").write_text("x y z\n")
    done = call(file, "check-config")
    assert (done.exit_code, done.output.partition(" (")[0]) == (1, f"{file}:8:1: unknown key 'dely' in [greylist]")


def test_a_table_is_checked(file: Path) -> None:
    (file.parent / "clients").write_text("192.0.2.1 OK\n192.0.2.2 OOPS\n")
    done = call(file, "check-config")
    assert done.exit_code == 1
    assert f"{file.parent}/clients:2:11: " in done.output


def test_a_question_by_hand(file: Path) -> None:
    done = call(file, "ask", "client_address=198.51.100.7")
    assert done.output.splitlines()[-2:] == ["greylist: not asked", "action=554 5.7.1 go away"]
    done = call(file, "ask", "client_address=192.0.2.1", "sender=a@example.net", "recipient=bob@example.org")
    assert done.output.splitlines()[-1].startswith("action=DEFER_IF_PERMIT ")
    assert call(file, "ask", "hello").exit_code == 2


def test_an_open_window(file: Path) -> None:
    question = ("ask", "client_address=192.0.2.1", "sender=a@example.net", "recipient=bob@example.org")
    assert call(file, "open", "Bob@example.org", "10m").exit_code == 0
    assert "fact: greylist=open" in call(file, *question).output
    assert call(file, "open", "bob@example.org", "0").output == "bob@example.org is not open\n"
    assert "fact: greylist=new" in call(file, *question).output
    assert call(file, "open", "bob@example.org", "soon").exit_code == 2
    assert call(file, "open", "bob").exit_code == 2


def test_a_store_that_does_not_answer(file: Path) -> None:
    file.write_text(file.read_text().replace("/state", "/nowhere"))
    done = call(file, "open", "bob@example.org")
    assert done.exit_code == 1
    assert done.output.startswith("Error: the store does not answer: ")


def test_a_report(file: Path) -> None:
    old = {"time": 1, "action": "554 no", "by": "helo"}
    new = {"time": time.time(), "action": "554 no", "by": "spf"}
    (file.parent / "state" / "decisions.jsonl").write_text(f"{json.dumps(old)}\n{json.dumps(new)}\n")
    assert list(json.loads(call(file, "report", "--json").output)["checks"]) == ["spf"]
    assert call(file, "report").output.splitlines()[1].split()[:2] == ["spf", "1"]
    assert call(file, "report", "--since", "x").exit_code == 2
    file.write_text('decisions = "off"\n' + file.read_text())
    assert call(file, "report").exit_code == 1


def test_a_missing_configuration(tmp_path: Path) -> None:
    done = call(tmp_path / "none", "report")
    assert (done.exit_code, done.output) == (1, f"{tmp_path}/none: cannot be read: No such file or directory\n")


def test_who_has_not_come_back(file: Path) -> None:
    async def body() -> None:
        kept = store.open(f"sqlite://{file.parent}/state/state.db")
        await kept.touch("grey", "192.0.2.0/24 a@example.net bob@example.org", time.time() - 3600, 86400)
        await kept.touch("grey", "192.0.2.0/24 new@example.net bob@example.org", time.time(), 86400)
        await kept.close()

    asyncio.run(body())
    (one,) = json.loads(call(file, "report", "--who", "--json").output)
    assert (one["client"], one["sender"], one["tries"]) == ("192.0.2.0/24", "a@example.net", 1)
    (line,) = call(file, "report", "--who").output.splitlines()
    assert line.endswith("  1 tries  192.0.2.0/24 a@example.net bob@example.org")
    assert call(file, "report", "--who", "--since", "10m").output == ""
