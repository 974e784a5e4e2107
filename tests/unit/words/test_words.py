"""The table of words."""

from __future__ import annotations

import pytest

from mdafilter import words

FILES = [line[0] for line in words.TABLE]


@pytest.mark.parametrize(("file", "brings"), [(file, brings) for file, brings, _ in words.TABLE])
def test_a_file_brings_what_the_table_says(file: str, brings: str) -> None:
    module = words.load(file)
    own = list(dict.fromkeys(word.name for word in getattr(module, "WORDS", ())))  # a command and a test of one name
    tags = {tag.name for tag in getattr(module, "TAGS", ())}
    tags |= {tag.name for word in getattr(module, "WORDS", ()) for tag in word.tags}
    named = brings.split()
    assert [name for name in named if name[0] != ":"] == own
    assert {name for name in named if name[0] == ":"} <= tags


@pytest.mark.parametrize("file", FILES)
def test_a_file_needs_the_capabilities_that_the_table_says(file: str) -> None:
    module = words.load(file)
    needed = {capability for word in getattr(module, "WORDS", ()) for capability in word.requires}
    needed |= {capability for tag in getattr(module, "TAGS", ()) for capability in tag.requires}
    assert needed <= set(words.CAPABILITIES)


def test_no_file_stands_twice() -> None:
    assert len(FILES) == len(set(FILES))
    assert not set(FILES) & set(words.SHARED)


def test_the_capabilities_of_the_base() -> None:
    """RFC 5228, 6.1: "all implementations have at least the "comparator-i;octet" and "comparator-i;ascii-casemap"
    capabilities"."""
    assert {"comparator-i;octet", "comparator-i;ascii-casemap", "envelope", "fileinto"} <= words.CAPABILITIES
