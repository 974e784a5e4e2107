"""What a worker notes is what the broker reads, and nothing that it could write does harm."""

from __future__ import annotations

import os

import pytest

from mdafilter.serve import slate
from mdafilter.serve.slate import OCTETS, Slate, draft, paths
from tests.support.processes import child, status

PATHS = ["/home/a/Maildir/tmp/1.mdafilter", "/home/\udcff/tmp/2.mdafilter"]


def test_what_one_process_writes_the_other_reads() -> None:
    page = Slate()

    def work() -> int:
        page.write(PATHS)
        return 0

    assert status(child(work)) == 0
    assert paths(page.read()) == PATHS
    page.wipe()
    assert page.read() == b""
    page.close()


def test_it_takes_the_place_of_what_stood_there() -> None:
    page = Slate()
    page.write(PATHS)
    page.write(PATHS[1:])
    assert paths(page.read()) == PATHS[1:]
    page.write(())
    assert page.read() == b""
    page.close()


def test_what_does_not_fit_is_left_out() -> None:
    page = Slate()
    page.write(PATHS)
    page.write([f"/{'x' * 200}/{number}.mdafilter" for number in range(100)])
    assert page.read() == b""
    whole = "/" + "x" * (OCTETS - 4 - 11) + ".mdafilter"
    page.write([whole])
    assert paths(page.read()) == [whole]
    page.close()


@pytest.mark.parametrize("size", [OCTETS, 2**32 - 1])
def test_a_size_that_cannot_be_is_nothing(size: int) -> None:
    page = Slate()
    page._page[:4] = size.to_bytes(4, "little")
    assert page.read() == b""
    page.close()


def test_closed_it_is_no_longer_mapped() -> None:
    page = Slate()
    page.close()
    page.close()
    with pytest.raises(ValueError, match="closed"):
        page.read()


@pytest.mark.parametrize(
    "path",
    ["", "relative.mdafilter", "/etc/passwd", "/home/a/../b/x.mdafilter", "/home/a/x.mdafilter/", "x\n/y"],
)
def test_only_what_can_be_a_draft_is_removed(path: str) -> None:
    assert not draft(path)
    assert paths(os.fsencode(path)) == []


def test_some_octets_are_no_paths() -> None:
    assert paths(b"") == []
    assert paths(os.urandom(1000).replace(b"/", b"")) == []
    assert slate.OCTETS % os.sysconf("SC_PAGE_SIZE") == 0
