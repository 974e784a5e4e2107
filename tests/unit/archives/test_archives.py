"""The table of formats."""

from __future__ import annotations

import importlib

from mdafilter.archives import ENDINGS, OPENERS, Entry, Fact
from mdafilter.archives.kinds import TABLE
from mdafilter.words.archive import FACTS


def test_every_opener_opens() -> None:
    for opener in OPENERS.values():
        assert callable(importlib.import_module(f"mdafilter.archives.{opener}").members)


def test_every_format_can_be_told() -> None:
    formats = {row[1] for row in TABLE} | {"eml"}
    assert set(OPENERS) <= formats
    assert set(ENDINGS) <= set(OPENERS)


def test_the_facts_are_those_that_are_explained() -> None:
    text = importlib.import_module("mdafilter.archives").__doc__ or ""
    assert all(f"    {fact} " in text for fact in FACTS)
    assert Fact("encrypted", "x.zip").text == ""
    assert Entry._fields[0] == "path"
