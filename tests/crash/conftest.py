"""What the tests of the resident service share: an installation, and a folder that every user can reach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import installation as installing
from tests.support import resident


@pytest.fixture(scope="session")
def native() -> Iterator[Path]:
    """The folder of an installation with the native client, readable by all."""
    try:
        with installing.installed(resident.UID if resident.ROOT_RUNS else None) as folder:
            if not (folder / "bin" / "mdafilter-deliver").read_bytes().startswith(b"\x7fELF"):
                pytest.skip("there is no C compiler, and so no native client")
            yield folder
    except installing.NotPossible as reason:
        pytest.skip(str(reason))


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may write to."""
    with resident.folder() as made:
        yield made
