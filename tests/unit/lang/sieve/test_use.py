"""What the `build` of a word is told, and where what it reports is shown."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from mdafilter.lang.sieve import compile
from mdafilter.lang.sieve.vocabulary import Vocabulary
from mdafilter.plan import Loop, Stop
from mdafilter.texts import Template, Var, Where
from mdafilter.words.syntax import Tag, Use, Word
from tests.support.sieve import errors, line


def vocabulary(build: Callable[[Use], object], **named: object) -> Vocabulary:
    """One word, `w`, that is built by `build`."""
    module = ModuleType("w")
    arguments = named.pop("arguments", ("string", "strings", "number"))
    module.WORDS = (  # type: ignore[attr-defined]
        Word("w", "step", build, arguments, tags=(Tag(":t", argument="string"),), **named),  # type: ignore[arg-type]
    )
    table = [("w", "w", "cap variables encoded-character")]
    return Vocabulary(table, lambda _file: module)


def used(script: str, look: Callable[[Use], object], **named: object) -> object:
    """What `look` sees of the first `w` of the script."""
    seen: list[object] = []

    def build(use: Use) -> Stop:
        seen.append(look(use))
        return Stop("all", "", use.at)

    compile(script.encode(), "t.sieve", vocabulary=vocabulary(build, **named))
    return seen[0]


W = 'w :t "tag" "one" ["two", "three"] 4;'


def test_arguments() -> None:
    assert used(W, lambda use: (use.text(0), use.texts(0), use.text(1), use.texts(1), use.number(2))) == (
        "one",
        ("one",),
        "two",
        ("two", "three"),
        4,
    )
    assert used(W, lambda use: (use.given(), use.name, use.at)) == (3, "w", Where("t.sieve", 1, 1))


def test_tags() -> None:
    assert used(W, lambda use: (use.has(":t"), use.tag_text(":t"), use.tag_texts(":t"))) == (True, "tag", ("tag",))
    without = 'w "one" ["two", "three"] 4;'
    assert used(
        without, lambda use: (use.has(":t"), use.tag_text(":t"), use.tag_texts(":t"), use.tag_number(":t"))
    ) == (
        False,
        None,
        None,
        None,
    )


def test_strings_are_read_as_the_script_requires() -> None:
    script = 'w "${hex:24}{a}" "${a}" 1;'
    both = 'require ["variables", "encoded-character"]; '
    assert used(script, lambda use: (use.text(0), use.text(1))) == ("${hex:24}{a}", "${a}")
    assert used(both + script, lambda use: (use.text(0), use.text(1))) == (
        Template((Var("a"),)),
        Template((Var("a"),)),
    )


def test_requires() -> None:
    assert used(W, lambda use: use.requires("cap")) is False
    assert used('require "cap"; ' + W, lambda use: use.requires("cap")) is True


def test_errors_point_to_what_is_wrong() -> None:
    def build(use: Use) -> Stop:
        use.error("command", "hint")
        use.error("argument", argument=1)
        use.error("tag", tag=":t")
        use.error("nowhere", argument=9)
        use.error("no tag", tag=":none")
        return Stop("all", "", use.at)

    assert errors(W, vocabulary=vocabulary(build)) == [
        "1:1 command | hint",
        "1:1 nowhere",
        "1:1 no tag",
        "1:3 tag",
        "1:18 argument",
    ]


def test_warnings_are_no_errors() -> None:
    def build(use: Use) -> Stop:
        use.warn("hm", argument=0)
        return Stop("all", "", use.at)

    found = compile(W.encode(), "t.sieve", vocabulary=vocabulary(build))
    assert [line(problem) for problem in found.warnings] == ["1:12 hm"]


def test_a_block_comes_lowered_and_loops_know_their_labels() -> None:
    labels: list[str | None] = []

    def build(use: Use) -> Stop | Loop:
        labels.extend([use.loop_label(None), use.loop_label("x")])
        return Loop(None, use.block, "", use.at)  # type: ignore[arg-type]

    found = compile(b'w :t "a" { stop; }', "t.sieve", vocabulary=vocabulary(build, block=True, loop=True, arguments=()))
    (loop,) = found.plan.steps
    assert isinstance(loop, Loop)
    assert loop.body == (Stop("all", "", Where("t.sieve", 1, 12)),)
    assert labels == [None, None]
