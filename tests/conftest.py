"""What all tests share: the order of the folders, and a profile for hypothesis that behaves the same everywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SIZES = ("linear", "hundred_thousand", "100_mb")  # tests of hostile sizes say so in their names, and take seconds
# Quick ones first; last what forks most: tests/support/beside.py.
ORDER = ("house", "unit", "cases", "dialogues", "rules", "sieve", "policyd", "property", "e2e", "soak", "crash")

try:
    from hypothesis import HealthCheck, Phase, settings
except ImportError:
    collect_ignore_glob = ["property/*"]
else:
    # The same examples in each run: whether a change is good must not be drawn by lot. HYPOTHESIS_PROFILE=explore looks
    # for new ones, and for the smallest that fails.
    settings.register_profile(
        "mdafilter",
        max_examples=100,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.register_profile(
        "explore",
        settings.get_profile("mdafilter"),
        max_examples=2000,
        derandomize=False,
        phases=tuple(Phase),
        print_blob=True,
    )
    settings.register_profile("fast", settings.get_profile("mdafilter"), max_examples=10)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "mdafilter"))


def _rank(item: pytest.Item) -> int:
    folder = item.path.relative_to(ROOT / "tests").parts[0]
    return ORDER.index(folder) if folder in ORDER else len(ORDER)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs the folders in ORDER, and keeps the order within them; what is about SIZES is slow."""
    items.sort(key=_rank)
    for item in items:
        if any(word in item.name for word in SIZES):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _private_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the mail settings of whoever runs it, nor the umask that a delivery sets."""
    for name in list(os.environ):
        if name.startswith("MDAFILTER_") and name not in ("MDAFILTER_VENV", "MDAFILTER_NO_APT"):
            monkeypatch.delenv(name)
    umask = os.umask(0o022)
    yield
    os.umask(umask)
