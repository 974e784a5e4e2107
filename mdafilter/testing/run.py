"""Runs one test file.

In:    a *.svtest, the settings of the site.
Out:   a Report: what came of each case, and settings that mean nothing here.
Fails: RuleErrors for a file that does not compile; OSError for one that cannot be read. An error outside of all cases
       ends the file, and is a failed case of its own.
"""

from __future__ import annotations

import os
import time

from mdafilter.errors import MdafilterError
from mdafilter.lang import sieve
from mdafilter.settings import Settings
from mdafilter.testing import vocabulary
from mdafilter.testing.stage import Stage
from mdafilter.testing.walk import CaseWalk, Result
from mdafilter.texts import Where
from mdafilter.values import Value

OUTSIDE = "outside of all cases"


class Report(Value):
    """What came of one test file or folder."""

    file: str
    results: tuple[Result, ...]
    unknown: tuple[str, ...] = ()  # settings that were set and mean nothing here
    seconds: float = 0.0


def run(path: str, settings: Settings | None = None) -> Report:
    """The report of a test file."""
    from mdafilter import rulebook

    began = time.monotonic()
    stage = Stage(os.path.dirname(os.path.abspath(path)), settings or Settings(), time.time())
    plan = sieve.compile(rulebook.read(path), path, stage.library(), vocabulary=vocabulary()).plan
    stage.globals = frozenset(plan.globals_)
    walk = CaseWalk(stage)
    try:
        walk.whole(plan.steps)
    except MdafilterError as failed:
        walk.results.append(Result(OUTSIDE, walk.at or Where(path, 1), str(failed)))
    finally:
        stage.config.restore()
    return Report(path, tuple(walk.results), tuple(stage.config.unknown), time.monotonic() - began)
