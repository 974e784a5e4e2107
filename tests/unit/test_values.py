"""Frozen values behave as frozen dataclasses do."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, ClassVar

import pytest

from mdafilter.values import Value, _quicken, never


class Point(Value):
    x: int
    y: int = 0
    shared: ClassVar[int] = 3


class Named(Point):
    name: str = ""


def test_fields_are_given_by_place_and_by_name() -> None:
    assert Point(1, y=2) == Point(1, 2)
    assert Named(1, 2, "a").name == "a"
    assert Named._fields == ("x", "y", "name")


def test_a_missing_field_takes_its_default() -> None:
    assert Point(1).y == 0


@pytest.mark.parametrize(
    ("args", "named", "text"),
    [
        ((), {}, "'x' is missing"),
        ((1, 2, 3), {}, "takes 2 values"),
        ((1,), {"x": 2}, "doubled field 'x'"),
        ((1,), {"z": 2}, "unknown or doubled field 'z'"),
    ],
)
def test_wrong_arguments_are_named(args: tuple[int, ...], named: dict[str, int], text: str) -> None:
    with pytest.raises(TypeError, match=text):
        Point(*args, **named)


def test_a_value_cannot_be_changed() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match="frozen"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    assert point.x == 1


def test_replace_gives_another_value() -> None:
    point = Point(1, 2)
    assert point.replace(y=5) == Point(1, 5)
    assert point == Point(1, 2)


def test_values_of_two_classes_are_never_equal() -> None:
    assert Point(1, 2) != Named(1, 2)
    assert len({Point(1), Point(1, 0), Named(1)}) == 2


def test_match_takes_the_fields_in_order() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_repr_shows_every_field() -> None:
    assert repr(Named(1, name="a")) == "Named(x=1, y=0, name='a')"


def test_never_raises() -> None:
    with pytest.raises(AssertionError, match="not a case"):
        never(1)  # type: ignore[arg-type]


def test_replace_knows_the_fields() -> None:
    with pytest.raises(TypeError, match="unknown field in z"):
        Point(1).replace(z=2)


def test_replace_leaves_behind_what_is_no_field() -> None:
    """What a value has worked out of its fields (Field.text) is not true of another one."""
    point = Point(1)
    point.__dict__["_sum"] = 1
    assert point.replace(x=2).__dict__ == {"x": 2, "y": 0}


@pytest.mark.parametrize("args", [(1,), (1, 2), (1, 2, "a")])
def test_a_quickened_class_makes_the_same_values(args: tuple[Any, ...]) -> None:
    class Quick(Named):
        pass

    _quicken(Quick)
    assert Quick.__init__ is not Named.__init__
    made = Quick(*args)
    assert (made._values(), made.__dict__.keys()) == (Named(*args)._values(), Named(*args).__dict__.keys())
    assert Quick(y=5, x=1).replace(x=2) == Quick(2, 5)
    for wrong in ({}, {"x": 1, "z": 2}):
        with pytest.raises(TypeError):
            Quick(**wrong)  # type: ignore[arg-type]


def test_a_class_whose_defaults_come_first_stays_as_it_is() -> None:
    class Late(Point):
        needed: int  # type: ignore[misc]

    _quicken(Late)
    assert Late(1, needed=3) == Late(1, 0, 3)


def test_all_classes_are_quickened_and_those_to_come() -> None:
    """In a process of its own: it is for good."""
    code = "from mdafilter import values; from mdafilter.acts import Keep; values.quicken()\n"
    code += "class Later(values.Value):\n    a: int\n"
    code += "assert all('__init__' in c.__dict__ for c in (Keep, Later)); assert Later(1).a == 1 and Keep() == Keep(())"
    subprocess.run([sys.executable, "-c", code], check=True)
