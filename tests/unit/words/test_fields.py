"""Which fields a test looks at."""

from __future__ import annotations

from collections.abc import Iterable

from mdafilter.message import Field, Headers
from mdafilter.plan import Scene
from mdafilter.texts import Template, Var
from mdafilter.words.fields import fields
from tests.support.scene import scene

MESSAGE = b"Received: 1\nTo: a\nRECEIVED: 2\nCc: b\n\n"


class Twice:
    """What :mime may do: look at several headers."""

    def headers(self, scene: Scene) -> Iterable[Headers]:
        return [scene.message.headers, scene.message.headers]

    def values(self, scene: Scene, field: Field) -> Iterable[str]:
        return [field.value]

    def describe(self) -> str:
        return ":mime"


def raw(found: Iterable[Field]) -> list[bytes]:
    return [field.raw for field in found]


def test_in_the_order_of_the_names_then_of_the_header() -> None:
    assert raw(fields(scene(MESSAGE), ("cc", "received"))) == [b"Cc: b\n", b"Received: 1\n", b"RECEIVED: 2\n"]


def test_names_may_have_variables() -> None:
    one = scene(MESSAGE)
    one.set("x", "o")
    assert raw(fields(one, (Template(("t", Var("x"))),))) == [b"To: a\n"]


def test_other_headers_where_mime_says_so() -> None:
    assert raw(fields(scene(MESSAGE), ("to",), Twice())) == [b"To: a\n", b"To: a\n"]


def test_the_message_is_the_one_that_rules_left() -> None:
    one = scene(MESSAGE)
    one.message = one.message.on_top(Field.make("To", "new", b"\n"))
    assert raw(fields(one, ("to",)))[0] == b"To: new\n"
