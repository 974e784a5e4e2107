"""Tables of patterns as a rule language, and as a room of the house."""

from __future__ import annotations

import subprocess
import sys

from mdafilter.lang import tables
from mdafilter.lang.tables import checks


def test_a_table_of_patterns_is_compiled() -> None:
    assert tables.compile(b"/a/ DISCARD\n", "header_checks") == checks.compile(b"/a/ DISCARD\n", "header_checks")


def test_a_lookup_loads_no_patterns() -> None:
    """A one-shot delivery pays for each import."""
    code = "import sys, mdafilter.lang.tables.access; print('mdafilter.lang.tables.checks' in sys.modules, 're' in sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "False False\n"
