"""Another file of rules."""

from __future__ import annotations

import pytest

from mdafilter.texts import Template, Var
from mdafilter.words.assign import Assign
from mdafilter.words.rcfile import OtherFile, ThisFile
from tests.support.scene import StillWorld, scene

WORLD = StillWorld(files={"/home/ann/a.rc": "A=b\n", "/etc/a.rc": "", "/home/ann/bad": ":0 f\nx\n"})


@pytest.mark.parametrize(("name", "steps"), [("a", 1), ("/etc/a", 0), ("b", None), ("../../etc/a\0", None)])
def test_its_steps(name: str, steps: int | None) -> None:
    made = scene(world=WORLD)
    made.variables.update(HOME="/home/ann", X=name)
    found = OtherFile(Template((Var("X"), ".rc"))).block(made)
    assert (None if found is None else len(found)) == steps
    assert bool(made.notes) == (steps is None)


@pytest.mark.parametrize("name", ["", "/dev/null"])
def test_no_file(name: str) -> None:
    assert OtherFile(name).block(scene(world=WORLD)) == ()


def test_a_mistake_is_a_note() -> None:
    made = scene(world=WORLD)
    made.set("HOME", "/home/ann")
    assert OtherFile("bad").block(made) is None
    assert made.notes == ["/home/ann/bad:2:1: error: a filter (f) needs a | and a program; the file is passed over"]


def test_this_file() -> None:
    from mdafilter.plan import Set
    from mdafilter.texts import Where

    steps = (Set(Assign("A", "b"), Where("rc", 1)),)
    assert ThisFile("rc", steps).block(scene()) == steps
    assert ThisFile("rc", steps).describe() == "the rules of rc"
    assert OtherFile("x").describe() == 'the rules of the file "x", read then'
