"""Compiled plans as people read them."""

from __future__ import annotations

import pytest

from mdafilter import lang
from mdafilter.cli import outline


def shown(text: str, name: str) -> list[str]:
    return outline.render(lang.compile(text.encode(), name).plan).split("\n")


def test_the_steps_of_a_script() -> None:
    script = """require ["fileinto", "foreverypart", "mime", "editheader", "imap4flags"];
if header :contains "subject" "x" { fileinto "X"; stop; } elsif true { keep; } else { discard; }
foreverypart { break; }
addheader "A" "b";
setflag "\\\\Seen";
"""
    assert shown(script, "r.sieve") == [
        'r.sieve:2  if header :contains "subject" "x"',
        'r.sieve:2    fileinto "X"',
        "r.sieve:2    stop",
        "r.sieve:2  elsif true",
        "r.sieve:2    keep",
        "           else",
        "r.sieve:2    discard",
        "r.sieve:3  foreverypart",
        "r.sieve:3    stop loop",
        'r.sieve:4  addheader "A" "b"',
        'r.sieve:5  setflag "\\\\Seen"',
    ]


def test_the_steps_of_a_recipe() -> None:
    rc = ":0 c\n* ^Subject\n{\n:0 fw\n| cat\n}\n:0\nbox\n"
    assert shown(rc, "a.rc") == [
        "a.rc:1  the variables that are preset",
        'a.rc:1  if header has "^Subject"',
        "a.rc:3    for a copy of the message",
        "a.rc:4      if true",
        'a.rc:4        filter through "cat"',
        "a.rc:7  if true",
        "a.rc:7    try, and if it cannot be done go on",
        'a.rc:8      store in "box"',
        "a.rc:8      stop",
    ]


def test_the_steps_of_a_table() -> None:
    assert shown("/a/ DISCARD\n/b/ OK\n", "header_checks") == [
        'header_checks:1  header mime nested lines: the first that matches of "a", "b"',
        'header_checks:1    if line has "a"',
        "header_checks:1      DISCARD takes back what it overrules",
        "header_checks:1      discard",
        "header_checks:1      stop",
        'header_checks:2    if line has "b"',
    ]


@pytest.mark.parametrize(("text", "name"), [("", "x.sieve"), ("# nothing\n", "x.sieve")])
def test_an_empty_plan(text: str, name: str) -> None:
    assert shown(text, name) == ["nothing: the message is kept"]


def test_an_included_file_is_shown_where_it_is_included() -> None:
    class Shelf:
        def find(self, location: str, name: str) -> tuple[str, bytes] | None:
            return f"{name}.sieve", b"discard;"

    plan = lang.compile(b'require "include"; include "other";', "r.sieve", Shelf()).plan
    assert outline.render(plan).split("\n") == ["r.sieve:1      include other.sieve", "other.sieve:1    discard"]


def test_what_is_at_the_end() -> None:
    assert shown("TRAP=x\n", "a.rc")[2:] == [
        "        at the end",
        "a.rc:1    try, and if it cannot be done go on",
        "a.rc:1      run the program of TRAP at the end",
    ]


def test_what_has_to_be_done() -> None:
    plan = lang.compile(b'require "vnd.dovecot.pipe"; pipe "x";', "r.sieve").plan
    assert outline.render(plan).split("\n") == [
        "r.sieve:1  try, and if it cannot be done keep the message",
        'r.sieve:1    pipe "x"',
    ]


def test_a_score() -> None:
    assert shown(":0\n* -1^0\n* 2^.5 B ?? ! a\n/dev/null\n", "a.rc")[1] == (
        'a.rc:1  if allof (-1^0 header has "", 2^0.5 not body has "a")'
    )
