"""The example of a configuration (contrib/postfix/policyd.toml.example): whole, right, and harmless."""

from __future__ import annotations

import dataclasses
import re

from mdafilter_policyd import checks
from mdafilter_policyd.config import Config, parse
from mdafilter_policyd.web.options import Options
from tests.support.house import ROOT

EXAMPLE = ROOT / "contrib" / "postfix" / "policyd.toml.example"
# In every check's table; the example explains them once, at the top, and shows them in the first one.
COMMON = ("opt_in", "opt_out", "seconds")
SET = {"opt_out", "mode", "tables", "helo_access"}  # what the example sets


def uncommented() -> tuple[str, dict[str, dict[str, str]]]:
    """The example with all of its values, and their keys by table."""
    lines: list[str] = []
    keys: dict[str, dict[str, str]] = {"": {}}
    table = ""
    for line in EXAMPLE.read_text().splitlines():
        found = re.fullmatch(r"(?:# )?([a-z0-9_]+) = (\S.*)", line)
        if line.startswith("["):
            table = line.strip("[]")
            keys[table] = {}
        if found:
            keys[table][found[1]] = found[2]
            line = "" if "/etc/postfix/" in line else f"{found[1]} = {found[2]}"
        lines.append(line)
    return "\n".join(lines), keys


def test_the_example_has_every_key_with_its_default() -> None:
    text, keys = uncommented()
    config = parse(text.encode(), "/x/policyd.toml")
    assert [one.name for one in config.checks] == [name for name, _stage in checks.TABLE]
    given = dataclasses.asdict(config)
    for one in dataclasses.fields(Config):
        if one.metadata.get("key", True):
            assert one.name in keys[""]
            assert one.name in SET or given[one.name] == one.default
    for asked in config.checks:
        names = [one.name for one in dataclasses.fields(asked.options)]
        assert sorted(set(names) - set(keys[asked.name])) == []
        assert sorted(set(keys[asked.name]) - {*names, *COMMON}) == []
        for one in dataclasses.fields(asked.options):
            assert one.name in SET or getattr(asked.options, one.name) == one.default, (asked.name, one.name)
    assert config.web == Options() and sorted(keys["web"]) == sorted(one.name for one in dataclasses.fields(Options))


def test_the_example_refuses_nothing() -> None:
    text = re.sub(r"(tables|helo_access) = .*", "", EXAMPLE.read_text())
    assert {one.mode for one in parse(text.encode(), "/x/policyd.toml").checks} <= {"off", "warn"}
