"""What the end-to-end tests share: an installation that every user can reach, and a private Postfix for each file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import installation as installing
from tests.support import postfix
from tests.support.house import ROOT

SHIPPED_PATH = "/opt/mdafilter"
SKIP: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is end to end."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def installation() -> Iterator[Path]:
    """The folder of an installation, readable by all."""
    if os.geteuid() != 0:
        pytest.skip("real deliveries to several users need root")
    try:
        with installing.installed(postfix.FIRST_UID) as folder:
            yield folder
    except installing.NotPossible as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def stage() -> Iterator[postfix.Postfix]:
    """A private Postfix, not yet started."""
    if reason := postfix.why_not():
        pytest.skip(reason)
    made = postfix.Postfix()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def shipped(installation: Path) -> dict[str, str]:
    """The files of contrib/postfix as they are shipped, but for the place of the installation."""
    folder = ROOT / "contrib" / "postfix"
    files = [f for f in folder.rglob("*") if f.is_file() and f.suffix != ".md" and "mdafilter_policyd" not in f.parts]
    return {f.name: f.read_text().replace(SHIPPED_PATH, str(installation)) for f in files}
