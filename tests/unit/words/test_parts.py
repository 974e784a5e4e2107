"""Which parts a word looks at."""

from __future__ import annotations

from mdafilter import limits
from mdafilter.words.parts import after, below, here, tree
from tests.support.scene import scene

MESSAGE = b"""Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/mixed; boundary=n

--n

1.1
--n

1.2
--n--
--m

2
--m--
"""


def test_outside_of_loops_all_parts_in_their_order() -> None:
    assert [part.path for part in tree(scene(MESSAGE))] == ["", "1", "1.1", "1.2", "2"]


def test_in_a_loop_the_part_and_what_is_in_it() -> None:
    at = scene(MESSAGE)
    at.parts = [at.message.parts[1]]
    assert here(at).path == "1"
    assert [part.path for part in tree(at)] == ["1", "1.1", "1.2"]
    assert [part.path for part in below(here(at))] == ["1.1", "1.2"]
    assert list(below(at.message.parts[-1])) == []


def test_deep_messages_need_no_recursion() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(500))
    assert len(list(tree(scene(deep)))) > limits.MIME_DEPTH


def test_the_part_behind_a_part() -> None:
    root, one, _, deep, two = scene(MESSAGE).message.parts
    assert after(root, 0) is one and after(root, 0, inside=False) is None
    assert after(one, 0, inside=False) is two
    assert after(deep, 0) is two and after(deep, 2) is None and after(deep, 1) is two
    assert after(two, 0) is None
