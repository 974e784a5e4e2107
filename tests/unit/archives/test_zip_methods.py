"""Methods of zip for which a program is needed."""

from __future__ import annotations

import os

import pytest

from mdafilter import limits
from mdafilter.archives import Entry, program, zip_methods
from tests.support.archives import EXE, by_program, facts, paths, seen, zipped

INNER = zipped(("evil.exe", EXE))


def made(method: str) -> bytes:
    return by_program(
        "7zz", "a", "-tzip", f"-mm={method}", files=[("a.pdf", EXE * 50), ("i.zip", INNER * 5)], name="x.zip"
    )


@pytest.mark.parametrize("name", ["7zz", "unar"])
@pytest.mark.parametrize("method", ["Deflate64", "PPMd"])
def test_a_program_unpacks_it(method: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not program.path_of(name):
        pytest.skip(f"{name} is not installed")
    data = made(method)
    monkeypatch.setattr(zip_methods, "PROGRAMS", [line for line in zip_methods.PROGRAMS if line[0] == name])
    before = len(os.listdir("/proc/self/fd"))
    found = seen("x.zip", data)
    assert {one.path: one.format for one in found if isinstance(one, Entry)} == {
        "x.zip": "zip",
        "x.zip/a.pdf": "pe",
        "x.zip/i.zip": "zip",
        "x.zip/i.zip/evil.exe": "pe",
    }
    assert set(facts(found)) <= {"names-differ"}
    assert len(os.listdir("/proc/self/fd")) == before


def test_without_a_program_the_name_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    data = made("Deflate64")
    monkeypatch.setattr(program, "FOLDERS", ())
    found = seen("x.zip", data)
    assert (paths(found), facts(found)) == (["x.zip/a.pdf", "x.zip/i.zip"], ["unreadable"] * 2)


def test_what_is_too_large_is_given_to_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    data = made("Deflate64")
    monkeypatch.setattr(limits, "ARCHIVE_UNPACKED", 100)
    assert "unreadable" in facts(seen("x.zip", data))
