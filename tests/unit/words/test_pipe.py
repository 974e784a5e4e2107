"""`| program` of a procmailrc."""

from __future__ import annotations

from mdafilter.acts import Pipe
from mdafilter.words.pipe import PipeInto
from tests.support.scene import scene


def test_the_command_line_goes_to_the_shell() -> None:
    assert PipeInto("sort >out").acts(scene()) == (Pipe(("/bin/sh", "-c", "sort >out")),)


def test_it_says_what_it_runs() -> None:
    assert PipeInto("sort").describe() == 'pipe "sort"'
