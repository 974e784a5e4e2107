"""A program at the end."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, Pipe, Reject
from mdafilter.decision import Decided, LogTo
from mdafilter.words.trap import Trap
from tests.support.scene import scene


def test_a_copy_for_the_program() -> None:
    """procmailrc(5): "it will execute the contents of this variable. A copy of the mail can be read from stdin"."""
    made = scene()
    made.variables.update(TRAP="rm -f $T", T="tmp", TIMEOUT="5", LASTFOLDER="box")
    made.decided.append(Decided(Discard(), made.message))
    (pipe,) = Trap().acts(made)
    assert isinstance(pipe, Pipe)
    assert pipe.command[-1].endswith("rm -f $T")
    assert (pipe.copy, pipe.check, pipe.seconds, pipe.postmark) == (True, False, 5.0, True)
    environ = dict(pipe.environ)
    assert (environ["T"], environ["EXITCODE"], environ["LASTFOLDER"]) == ("tmp", "0", "box")
    assert made.variables["LASTFOLDER"] == "box"
    assert Trap().describe() == "run the program of TRAP at the end"


def test_what_it_writes_is_logged() -> None:
    """ "Any output produced by this command will be appended to $LOGFILE"."""
    made = scene()
    made.set("TRAP", "echo x")
    made.log = LogTo("/tmp/a log")
    (pipe,) = Trap().acts(made)
    assert isinstance(pipe, Pipe)
    assert pipe.command[-1].endswith("exec >>'/tmp/a log' 2>&1\necho x")


@pytest.mark.parametrize("line", ["", " "])
def test_none(line: str) -> None:
    made = scene()
    made.set("TRAP", line)
    assert Trap().acts(made) == ()


def test_not_where_the_message_is_refused() -> None:
    made = scene()
    made.set("TRAP", "echo x")
    made.decided.append(Decided(Reject("no"), made.message))
    assert Trap().acts(made) == ()
