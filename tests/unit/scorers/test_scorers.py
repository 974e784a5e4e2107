"""The table of scorers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import scorers
from mdafilter.scorers import bayes, clamd, spamd


def test_every_file_of_the_folder_is_in_the_table() -> None:
    folder = Path(str(scorers.__file__)).parent
    files = {path.stem for path in folder.iterdir() if path.name[0] != "_"}
    assert files == {*scorers.SCORERS.values(), *scorers.PARTS}


def test_a_scorer_is_loaded_by_its_name() -> None:
    assert scorers.load("spamd") is spamd
    assert scorers.load("clamd") is clamd
    assert scorers.load("bayes") is bayes
    with pytest.raises(KeyError):
        scorers.load("os")
