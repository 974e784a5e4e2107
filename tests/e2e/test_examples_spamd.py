"""The examples with a real spamd: what it calls spam is in .Trash, everything else where it is without it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.situations import Mailbox, Situation, deliver, every, mistakes
from tests.support import bare, daemons


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """A home whose spamd answers."""
    if reason := daemons.why_no_spamd():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="mdafilter-spamd."))
    try:
        with daemons.spamd(folder) as port:
            settings = f'[spamd]\nenabled = "on"\nhosts = ["127.0.0.1:{port}"]\nwhen_down = "defer"\n'
            with bare.mailbox(settings) as made:
                yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def command() -> Iterator[list[str]]:
    with bare.command() as made:
        yield made


@pytest.mark.parametrize("situation", list(every()), ids=lambda s: s.name)
def test_every_example_goes_the_way_that_it_says(situation: Situation, command: list[str], mailbox: Mailbox) -> None:
    assert mistakes(situation, deliver(situation, command, mailbox)) == []
