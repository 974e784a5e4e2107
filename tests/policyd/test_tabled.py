"""The files of a check together: whose entry counts, and how what is wrong reaches the admin."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter_policyd import tabled
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.opinion import Reject
from mdafilter_policyd.tables import Entry


def write(folder: Path, **files: str) -> list[str]:
    """Files, and their names."""
    for name, text in files.items():
        (folder / name).write_text(text)
    return [str(folder / name) for name in files]


def test_what_the_admin_wrote_stands_over_what_others_have_collected(tmp_path: Path) -> None:
    own, listed = write(tmp_path, own="1.2.3.0/24 OK\n", listed="1.2.3.4\n5.6.7.8\n")
    found = tabled.read("client_access", [own], [listed], "REJECT")
    assert found.find(lambda table: table.client("1.2.3.4")) == Entry(own, 1, "OK")
    assert found.find(lambda table: table.client("5.6.7.8")) == Entry(listed, 0, "REJECT")
    assert found.find(lambda table: table.client("9.9.9.9")) is None


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    files = write(tmp_path, a="1.2.3.4 REJCT\n", b="1.2.3.999 OK\n", c="nonsense\n")
    with pytest.raises(ConfigError) as raised:
        tabled.read("client_access", files[:2], files[2:], "REFUSE")
    places = [(Path(fault.file).name, fault.line, fault.column) for fault in raised.value.faults]
    assert places == [("client_access", 0, 0), ("a", 1, 9), ("b", 1, 1), ("c", 1, 1)]


def test_warnings_are_one_alert(tmp_path: Path) -> None:
    (listed,) = write(tmp_path, listed="1.2.3.4\n" + "\n".join(f"host{n}.example" for n in range(20)))
    alerts: list[str] = []
    tabled.read("client_access", [], [listed], alert=alerts.append)
    (alert,) = alerts
    lines = alert.split("\n")
    assert lines[0] == f'client_access: {listed}:2:1: "host0.example" is no address or network'
    assert lines[tabled.SHOWN :] == ["client_access: and 15 more"]


def test_an_entry_is_an_opinion_that_says_where_it_stands() -> None:
    assert tabled.judge(Entry("/t", 7, "REJECT"), "go away", "https://x/") == (
        Reject("go away; see https://x/", "/t:7: REJECT"),
    )
    assert tabled.judge(None, "go away") == ()
