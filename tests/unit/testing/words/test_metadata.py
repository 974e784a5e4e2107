"""test_imap_metadata_set."""

from __future__ import annotations

from mdafilter.message import Envelope
from mdafilter.settings import Settings
from mdafilter.testing.stage import Stage
from mdafilter.testing.words.metadata import Annotation


def test_it_is_what_the_world_answers() -> None:
    stage = Stage("/", Settings(), 0.0)
    Annotation("INBOX", "/private/Comment", "mine").assign(stage)
    Annotation(None, "/shared/x", "all").assign(stage)
    assert stage.inside.metadata("INBOX", "/Private/comment") == "mine"
    assert stage.inside.metadata("", "/shared/x") == "all"
    assert stage.inside.metadata("INBOX", "/shared/x") is None
    assert stage.inside.metadata("inbox", "/private/comment") == "mine"
    assert stage.envelope != Envelope()
