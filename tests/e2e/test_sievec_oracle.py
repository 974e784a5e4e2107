"""The same scripts by Pigeonhole's sievec and sieve-test: accepted or not, and what becomes of the message.

Where the two differ, sievec_differences.md beside this file names the difference and the sentence of the RFC that
decides; `differs` below knows the same list.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from mdafilter.acts import Discard, File, Keep, Redirect
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.lang.sieve import compile
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.testing import told
from tests.support.scene import StillWorld
from tests.support.sieve import errors
from tests.support.sievescripts import REQUIRE, commands, damaged, tests, valid

SIEVEC, SIEVE_TEST = shutil.which("sievec"), shutil.which("sieve-test")
pytestmark = pytest.mark.skipif(not (SIEVEC and SIEVE_TEST), reason="sievec and sieve-test (dovecot-sieve) are missing")

SENDER, RECIPIENT = "ann@example.org", "bob@example.net"
MESSAGE = b"""From: Ann <ann@example.org>\r
To: a.b@example.net, "c d" <c@example.com>\r
Cc: x@example.org\r
Subject: abcX YZ*\r
X-Spam: 5\r
List-Id: <a.example.org>\r
\r
body\r
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where sieve-test, as another user, can read and write."""
    with tempfile.TemporaryDirectory(prefix="mdafilter-sievec.") as name:
        path = Path(name)
        path.chmod(0o777)
        yield path


def accepted(folder: Path, script: str | bytes) -> tuple[bool, str]:
    """Whether sievec compiles the script, and what it says."""
    file = folder / "script.sieve"
    file.write_bytes(script if isinstance(script, bytes) else script.encode())
    done = subprocess.run(
        [SIEVEC or "", str(file), str(folder / "script.svbin")], capture_output=True, text=True, errors="replace"
    )
    return done.returncode == 0, done.stderr


def open_ended(script: str) -> str:
    """The script without tests that always or never hold: sievec does not check what these make unreachable."""
    return re.sub(r"(?i)\b(true|false)\b", 'exists "subject"', script)


def differs(script: str, ours: list[str]) -> str:
    """The known difference that explains why one accepts what the other does not; "" if none does."""
    raw = script.encode()
    for holds, name in (
        ("\r" in script.replace("\r\n", ""), "lone CR"),
        (raw.startswith(b"\xef\xbb\xbf"), "byte order mark"),
        ("\0" in script, "NUL"),
        ('require "ihave"' in script, "ihave at compile time"),
    ):
        if holds:
            return name
    return ""


@settings(max_examples=60)
@given(script=valid())
def test_what_the_grammar_makes_compiles_in_both(folder: Path, script: str) -> None:
    theirs, said = accepted(folder, script)
    assert theirs, said
    assert errors(script) == []


@settings(max_examples=80)
@given(script=damaged().map(open_ended))
def test_a_mistake_for_one_is_a_mistake_for_the_other(folder: Path, script: str) -> None:
    theirs, said = accepted(folder, script)
    ours = errors(script)
    if theirs != (ours == []):
        assert differs(script, ours), f"sievec: {said or 'accepted'}\nmdafilter: {ours or 'accepted'}"


@settings(max_examples=120)
@given(script=damaged().map(open_ended))
def test_test_error_counts_as_many(folder: Path, script: str) -> None:
    """Both with the last one, which says that the script is no good (testing/told.py)."""
    _accepted, said = accepted(folder, script)
    theirs = [line for line in said.splitlines() if ": error: " in line]
    try:
        compile(script.encode(), "t.sieve")
        ours = []
    except RuleErrors as wrong:
        ours = told.errors(script.encode(), wrong.problems, "t.sieve")
    if len(theirs) != len(ours):
        assert differs(script, ours), f"sievec: {said or 'accepted'}\nmdafilter: {ours or 'accepted'}"


def their_actions(folder: Path, script: str, message: bytes = MESSAGE) -> list[str]:
    """What sieve-test would do with the message."""
    (folder / "message").write_bytes(message)
    file = folder / "run.sieve"
    file.write_bytes(script.encode())
    done = subprocess.run(
        [
            SIEVE_TEST or "",
            *("-o", "first_valid_uid=1", "-o", f"mail_home={folder}"),
            *("-o", f"mail_uid={os.geteuid() or 65534}", "-o", f"mail_gid={os.getegid() or 65534}"),
            *("-f", SENDER, "-r", RECIPIENT),
            str(file),
            str(folder / "message"),
        ],
        capture_output=True,
        text=True,
        env={"PATH": os.environ.get("PATH", "")},
    )
    if "Panic: file mcht-matches.c" in done.stderr:
        reject()  # it aborts on a :matches pattern that ends in a backslash
    assert done.returncode == 0, done.stderr
    return sorted({line.strip(" *") for line in done.stdout.splitlines() if line.startswith(" * ")})


def our_actions(script: str, message: bytes = MESSAGE) -> list[str]:
    """The same of our decision, in sieve-test's words."""
    scene = Scene(Message.parse(message), Envelope(SENDER, RECIPIENT), StillWorld())
    decision = run([compile(script.encode(), "t.sieve").plan], scene)
    found = set()
    for decided in decision.decided:
        match decided.act:
            case Keep():
                found.add("store message in folder: INBOX")
            case File(folder=name):
                found.add(f"store message in folder: {name}")
            case Redirect(address=address):
                found.add(f"redirect message to: <{address}>")
            case Discard():
                found.add("discard")
    return sorted(found)


@settings(max_examples=80)
@given(test=tests)
def test_a_test_holds_in_both(folder: Path, test: str) -> None:
    script = f'{REQUIRE}\nif {test} {{ fileinto "yes"; }} else {{ fileinto "no"; }}\n'
    assert our_actions(script) == their_actions(folder, script)


@settings(max_examples=60)
@given(found=st.lists(commands, min_size=1, max_size=4))
def test_a_script_decides_the_same_in_both(folder: Path, found: list[str]) -> None:
    script = REQUIRE + "\n" + "\n".join(found) + "\n"
    ours = our_actions(script)
    assert ours == their_actions(folder, script)


_zones = st.tuples(st.sampled_from("+-"), st.integers(0, 14), st.sampled_from((0, 15, 30, 59))).map(
    lambda zone: f"{zone[0]}{zone[1]:02}{zone[2]:02}"
)
_days = st.sampled_from(("", "Mon, ", "sun, ", "Fri , ", "(day) Tue,"))
_dates = st.builds(
    "{}{} {} {} {}{} {}{}".format,
    _days,
    st.integers(1, 31) | st.integers(1, 31).map("{:02}".format),
    st.sampled_from("Jan Feb mar Apr MAY Jun Jul Aug Sep Oct Nov Dec (what)Dec".split()),
    st.integers(1971, 2036) | st.integers(71, 99) | st.integers(0, 36).map("{:02}".format),
    st.sampled_from(("00:00", "09:05", "23:59", "24:00", "12:60")),
    st.sampled_from(("", ":00", ":07", ":59", ":61")),
    _zones | st.sampled_from("GMT UT EST EDT CST CDT MST MDT PST PDT".split()),
    st.sampled_from(("", " (CET)", "  ", " (a (b))")),
)
_places = st.sampled_from(("{}", "from a.example by b.example; {}", "from a (b; c) by d;{}", "x; y; {}"))
_tags = st.sampled_from(("", ":originalzone", ':zone "+0000"')) | _zones.map(':zone "{}"'.format)
_parts = st.sampled_from("year month day date julian hour minute second time iso8601 std11 zone weekday".split())


@settings(max_examples=80)
@given(date=_dates, place=_places, tags=_tags, part=_parts)
def test_a_date_is_the_same_in_both(folder: Path, date: str, place: str, tags: str, part: str) -> None:
    message = f"X-Date: {place.format(date)}\r\n\r\n".encode()
    test = f'date :matches {tags} "x-date" "{part}" "*"'
    script = (
        f'require ["date", "variables", "fileinto"]; if {test} {{ fileinto "<${{1}}>"; }} else {{ fileinto "no"; }}'
    )
    assert our_actions(script, message) == their_actions(folder, script, message)


@pytest.mark.parametrize(
    ("test", "theirs", "ours"),
    [
        ('string "a" "A"', "no", "yes"),
        ('date :originalzone "x-military" "zone" "+0100"', "yes", "no"),
        ('date :originalzone "x-leap" "second" "60"', "no", "yes"),
        ('date :originalzone "x-early" "year" "1850"', "no", "yes"),
        ('date :originalzone "x-three" "year" "2026"', "no", "yes"),
        ('date :originalzone "x-more" "year" "2026"', "yes", "no"),
        ('date :originalzone "x-day" "year" "2026"', "yes", "no"),
        ('date :originalzone "x-hyphens" "year" "2026"', "no", "yes"),
        ('date :zone "bogus" "x-leap" "hour" "23"', "yes", "no"),
    ],
)
def test_what_differs_when_it_runs(folder: Path, test: str, theirs: str, ours: str) -> None:
    """When one of these is gone, sievec_differences.md loses a line as well."""
    message = b"""X-Military: 1 Jan 2026 10:00:00 A
X-Leap: 31 Dec 2016 23:59:60 +0000
X-Early: 1 Jan 1850 10:00:00 +0000
X-Three: 1 Jan 126 10:00:00 +0000
X-More: 1 Jan 2026 10:00:00 +0100 and more
X-Day: Foo, 1 Jan 2026 10:00:00 +0100
X-Hyphens: 1-Jan-2026 10:00:00 +0100

"""
    script = f'require ["date", "variables", "fileinto"]; if {test} {{ fileinto "yes"; }} else {{ fileinto "no"; }}'
    assert their_actions(folder, script, message) == [f"store message in folder: {theirs}"]
    assert our_actions(script, message) == [f"store message in folder: {ours}"]


@pytest.mark.parametrize(
    ("script", "theirs", "ours"),
    [
        (b"if false { foo; }", True, False),
        (b'require "ihave"; if not ihave "x" { stop; } foo;', False, True),
        (b"\xef\xbb\xbfkeep;", False, True),
        (b"keep;\rstop;", True, False),
        (b'require "variables"; set "a" "${unknown.name}";', True, False),
        (b'require "relational"; if header :value "GT" "a" "b" { stop; }', False, True),
    ],
)
def test_the_differences_are_as_they_are_written_down(folder: Path, script: bytes, theirs: bool, ours: bool) -> None:
    """When one of them is gone, sievec_differences.md loses a line."""
    assert accepted(folder, script)[0] is theirs
    assert (errors(script) == []) is ours


def test_a_line_end_in_a_string_is_crlf_in_both(folder: Path) -> None:
    """RFC 5228 section 2.2: "newlines (CRLF, never just CR or LF)"; the file has LF."""
    script = 'require ["variables", "fileinto"];\nset :length "n" "a\nb";\nfileinto "${n}";\n'
    assert our_actions(script) == their_actions(folder, script) == ["store message in folder: 4"]


def test_errors_name_the_same_line(folder: Path) -> None:
    """sievec knows lines only."""
    script = 'require "fileinto";\n\nfilinto "a";\n'
    _accepted, said = accepted(folder, script)
    with pytest.raises(RuleErrors) as caught:
        compile(script.encode(), "t.sieve")
    assert f"line {caught.value.problems[0].line}" in said
