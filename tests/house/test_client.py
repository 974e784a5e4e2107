"""The native client can be read at one sitting, and no compiler has anything to say about it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mdafilter.serve import wire
from tests.support import client

LINES = 200
WIDTH = 120


def test_it_is_short() -> None:
    lines = client.SOURCE.read_text().splitlines()
    assert len(lines) <= LINES
    assert [line for line in lines if len(line) > WIDTH or line != line.rstrip() or "\t" in line] == []


def test_it_opens_with_what_it_is() -> None:
    assert client.SOURCE.read_text().startswith("/*\n * mdafilter-deliver: ")


@pytest.mark.parametrize("optimised", ["-O0", "-O2"])
def test_there_is_no_warning(tmp_path: Path, optimised: str) -> None:
    if not client.compiler():
        pytest.skip("there is no C compiler")
    client.build(tmp_path / "client", optimised)


def test_static_analysis_finds_nothing(tmp_path: Path) -> None:
    program = client.compiler()
    if not program or "gcc" not in subprocess.run([program, "-v"], capture_output=True, text=True, check=False).stderr:
        pytest.skip("gcc -fanalyzer needs gcc")
    client.build(tmp_path / "client", "-O2", "-fanalyzer")


def test_the_environment_that_is_handed_over_is_the_list_of_the_workers() -> None:
    """What Postfix gives (local(8)), and where the files of a user are; some are told by the LMTP door alone."""
    names = re.findall(r'"([A-Z_]+)="', client.SOURCE.read_text())
    assert len(names) == len(set(names))
    assert set(names) == wire.ENVIRONMENT - {"QUEUE_ID", "DSN_NOTIFY", "DSN_RET", "SMTPUTF8"}
