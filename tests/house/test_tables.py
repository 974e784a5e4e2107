"""A part becomes part of mdafilter by its file and its line in a table: no file without a line, no line without a file."""

from __future__ import annotations

import importlib

import pytest

from mdafilter import words
from tests.support.house import PACKAGE

NO_WORDS = {file for file, spelled, _ in words.TABLE if not spelled}  # nodes that only procmailrc and tables spell
# Files that words, scorers or targets share and that are no word, scorer or target.
SHARED = {
    "words": set(words.SHARED),
    "scorers": {"client", "hosts", "instream", "mark", "spamc"},
    "targets": {
        "accounts",
        "folder",
        "foldername",
        "keywords",
        "label",
        "maildirsize",
        "mbox",
        "mboxlock",
        "mh",
        "naming",
        "program",
    },
}


def listed(folder: str) -> set[str]:
    """The first column of the folder's table; the table of the scorers is that of the sections of the settings."""
    if folder == "scorers":
        return set(importlib.import_module("mdafilter.settings").TABLES)
    return {line[0] for line in importlib.import_module(f"mdafilter.{folder}").TABLE}


def files(folder: str) -> set[str]:
    stems = {p.stem for p in (PACKAGE / folder).glob("*.py")}
    return {s for s in stems if not s.startswith("_")} - SHARED[folder]


@pytest.mark.parametrize("folder", SHARED)
def test_every_file_is_in_the_table(folder: str) -> None:
    if found := files(folder):
        assert found - listed(folder) == set()


def test_every_word_imports() -> None:
    for file in sorted(files("words") & listed("words")):
        module = words.load(file)
        assert getattr(module, "WORDS", ()) or getattr(module, "TAGS", ()) or file in NO_WORDS, file


def test_every_command_is_in_the_table() -> None:
    """A file of cli/ that has a `command` is in a table of commands, and each line of a table has its file."""
    tables = [importlib.import_module(f"mdafilter.cli.{name}").COMMANDS for name in ("main", "train")]
    files_with = {
        p.stem
        for p in (PACKAGE / "cli").glob("*.py")
        if "\ncommand = " in p.read_text() or "def command(" in p.read_text()
    }
    assert files_with == {module for table in tables for module, _text in table.values()}


def test_the_readme_lists_the_commands_that_exist() -> None:
    main = importlib.import_module("mdafilter.cli.main")
    text = (PACKAGE.parent / "README.md").read_text()
    listed_there = {
        line.split("`")[1].removeprefix("mdafilter ") for line in text.splitlines() if line.startswith("| `mdafilter ")
    }
    assert listed_there == set(main.COMMANDS)
