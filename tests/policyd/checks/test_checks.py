"""Every check is one file with the same outline, and one line in the table."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from pathlib import Path

import pytest

from mdafilter_policyd import checks

NAMES = [name for name, _stage in checks.TABLE]


def test_each_name_is_there_once_and_the_stages_ascend() -> None:
    assert len(set(NAMES)) == len(NAMES)
    stages = [stage for _name, stage in checks.TABLE]
    assert stages == sorted(stages)


def test_no_check_is_missing_from_the_table() -> None:
    """A check is a file that has `make`; the others are parts of one."""
    found = [
        path.stem
        for path in Path(checks.__file__).parent.glob("*.py")
        if hasattr(importlib.import_module(f"{checks.__name__}.{path.stem}"), "make") and path.stem != "__init__"
    ]
    assert sorted(found) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_check_has_options_and_is_made_and_judges(name: str) -> None:
    module = importlib.import_module(f"{checks.__name__}.{name}")
    options = dataclasses.fields(module.Options)
    assert options[0].name == "mode"
    assert options[0].default in ("off", "warn", "on")
    assert module.Options.__dataclass_params__.frozen
    assert list(inspect.signature(module.make).parameters) == ["options", "house"]
    assert not inspect.iscoroutinefunction(module.judge)
    assert {"opt_in", "opt_out", "seconds"}.isdisjoint(one.name for one in options), "every check has these"
