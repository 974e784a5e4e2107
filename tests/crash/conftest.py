"""What the tests of the resident service share: an installation, and a folder that every user can reach."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import installation as installing
from tests.support import resident


@pytest.fixture(scope="session")
def native() -> Iterator[Path]:
    """The folder of an installation with the native client, readable by all."""
    top = Path(tempfile.mkdtemp(prefix="mdafilter-installed."))
    top.chmod(0o755)
    try:
        program = installing.install(top / "mdafilter")
        if not program.read_bytes().startswith(b"\x7fELF"):
            pytest.skip("there is no C compiler, and so no native client")
        if resident.ROOT_RUNS and not installing.usable_by(resident.UID, top / "mdafilter"):
            pytest.skip("other users cannot run the Python of these tests (it lies in a private folder)")
        yield top / "mdafilter"
    except installing.NotPossible as reason:
        pytest.skip(str(reason))
    finally:
        shutil.rmtree(top)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may write to."""
    with resident.folder() as made:
        yield made
