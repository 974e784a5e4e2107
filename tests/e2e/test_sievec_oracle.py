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
        (path / "message").write_bytes(MESSAGE)
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
        (any("is too large" in error for error in ours), "large numbers"),
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


def their_actions(folder: Path, script: str) -> list[str]:
    """What sieve-test would do with the message."""
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


def our_actions(script: str) -> list[str]:
    """The same of our decision, in sieve-test's words."""
    scene = Scene(Message.parse(MESSAGE), Envelope(SENDER, RECIPIENT), StillWorld())
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


@pytest.mark.parametrize(
    ("script", "theirs", "ours"),
    [
        (b"if false { foo; }", True, False),
        (b'require "ihave"; if not ihave "x" { stop; } foo;', False, True),
        (b"\xef\xbb\xbfkeep;", False, True),
        (b"keep;\rstop;", True, False),
        (b"# \xe9\nkeep;", True, False),
        (b'if header [] "a" { stop; }', False, True),
        (b"if size :over 9223372036854775808 { stop; }", True, False),
        (b'require "variables"; set "a" "${32}";', True, False),
        (b'require "variables"; set "a" "${unknown.name}";', True, False),
        (b'require "fileinto"; fileinto "";', True, False),
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
