"""`| program` of a procmailrc."""

from __future__ import annotations

from mdafilter.acts import Pipe
from mdafilter.words.command import Command
from mdafilter.words.pipe import PipeInto
from tests.support.scene import scene


def test_the_command_line_goes_to_the_shell() -> None:
    assert PipeInto("sort >out").acts(scene()) == (Pipe(("/bin/sh", "-c", "sort >out")),)


def test_a_procmailrc_gives_it_more() -> None:
    """The variables, the folder, the From line and an empty line at the end."""
    made = scene()
    made.variables.update({"HOME": "/home/ann", "MAILDIR": "Mail", "A": "b", "`1": "hidden", "TIMEOUT": "5"})
    (pipe,) = PipeInto(Command("cat >x"), exported=True).acts(made)
    assert isinstance(pipe, Pipe)
    assert pipe.command == (
        "/bin/sh",
        "-c",
        "cd -- /home/ann/Mail 2>/dev/null\ncat >x".replace("/home/ann/Mail", "'/home/ann/Mail'"),
    )
    assert pipe.environ == (("A", "b"), ("HOME", "/home/ann"), ("MAILDIR", "Mail"), ("TIMEOUT", "5"))
    assert (pipe.seconds, pipe.postmark, pipe.ended) == (5.0, True, True)
    assert made.value("LASTFOLDER") == "cat >x"
    (raw,) = PipeInto(Command("cat"), exported=True, raw=True).acts(made)
    assert isinstance(raw, Pipe)
    assert (raw.postmark, raw.ended) == (True, False)


def test_it_says_what_it_runs() -> None:
    assert PipeInto("sort").describe() == 'pipe "sort"'
