"""Which word a name is, and which was meant."""

from __future__ import annotations

from types import ModuleType

import pytest

from mdafilter import words
from mdafilter.lang.sieve.vocabulary import ELSEWHERE, Vocabulary, nearest, require_line
from mdafilter.words.syntax import Tag, Use, Word
from tests.support.sieve import errors


def nothing(_use: Use) -> None:
    return None


def small(*found: Word | Tag) -> Vocabulary:
    """A vocabulary of one file "w" with these."""
    module = ModuleType("w")
    module.WORDS = tuple(w for w in found if isinstance(w, Word))  # type: ignore[attr-defined]
    module.TAGS = tuple(t for t in found if isinstance(t, Tag))  # type: ignore[attr-defined]
    names = " ".join(w.name for w in found)
    return Vocabulary([("w", names, "cap")], lambda _file: module, ["built-in"])


def test_all_words_of_the_table_are_found() -> None:
    vocabulary = Vocabulary()
    for _file, brings, _capabilities in words.TABLE:
        for name in brings.split():
            if not name.startswith(":"):
                found = vocabulary.word(name, test=True)
                assert found is not None
                assert found.name == name


def test_capabilities() -> None:
    vocabulary = small(Word("a", "test", nothing))
    assert vocabulary.supports("cap")
    assert vocabulary.supports("built-in")
    assert not vocabulary.supports("fileinto")
    assert Vocabulary().capabilities == words.CAPABILITIES


def test_a_name_can_be_a_test_and_a_command() -> None:
    test, command = Word("a", "test", nothing), Word("a", "action", nothing)
    vocabulary = small(command, test)
    assert vocabulary.word("a", test=True) is test
    assert vocabulary.word("a", test=False) is command
    assert vocabulary.word("b", test=False) is None


def test_tags_stand_on_the_word_or_in_a_file_of_their_own() -> None:
    own, other = Tag(":own"), Tag(":other", on=("a", "b"))
    word = Word("a", "test", nothing, tags=(own,))
    vocabulary = small(word, other)
    assert vocabulary.tag(":own", word) is own
    assert vocabulary.tag(":other", word) is other
    assert vocabulary.tag(":other", Word("c", "test", nothing)) is None
    assert vocabulary.tag_places(":other") == ("a", "b")
    assert vocabulary.tag(":none", word) is None


@pytest.mark.parametrize(("name", "nests"), [("if", True), ("elsif", True), ("elif", True), ("not", True), ("or", True),
                                             ("keep", False), ("true", False), ("else", False), ("what", False)])  # fmt: skip
def test_what_takes_tests(name: str, nests: bool) -> None:
    assert Vocabulary().nests(name) is nests


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("filinto", "fileinto"),
        ("file_into", "fileinto"),
        ("fileinot", "fileinto"),
        ("elseif", "elsif"),
        ("elif", "elsif"),
        ("dicard", "discard"),
        ("redirekt", "redirect"),
        ("foward", ""),
        ("forward", "redirect"),
        ("reqire", "require"),
        ("headers", "header"),
        ("adress", "address"),
        ("and", "allof"),
        ("xyzzy", ""),
    ],
)
def test_the_word_that_was_meant(name: str, meant: str) -> None:
    assert Vocabulary().meant(name) == meant


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("imap4flag", "imap4flags"),
        ("file-into", "fileinto"),
        ("fileino", "fileinto"),
        ("Fileinto", "fileinto"),
        ("spamtestplu", "spamtestplus"),
        ("comparator-i;ascii-numerc", "comparator-i;ascii-numeric"),
        ("xyzzy", ""),
    ],
)
def test_the_capability_that_was_meant(name: str, meant: str) -> None:
    assert Vocabulary().meant_capability(name) == meant


def test_the_tag_that_was_meant() -> None:
    word = Vocabulary().word("header", test=True)
    assert word is not None
    assert Vocabulary().meant_tag(":contain", word) == ":contains"
    assert Vocabulary().meant_tag(":xyzzy", word) == ""


def test_nearest_is_not_far() -> None:
    assert nearest("abcd", ["abce", "xyz"]) == "abce"
    assert nearest("abcd", ["wxyz"]) == ""
    assert nearest("a" * 100_000, ["a" * 64]) != ""


def test_require_line() -> None:
    assert require_line(["a", "b"]) == 'require "a"; or require "b";'


def test_a_word_that_we_have_is_ours_whatever_the_table_of_others_says() -> None:
    """A new file of words/ needs no change here."""
    name, extension = next(iter(ELSEWHERE.items()))
    word = Word(name, "action", nothing, requires=(extension,))
    module = ModuleType("w")
    module.WORDS = (word,)  # type: ignore[attr-defined]
    vocabulary = Vocabulary([("w", name, extension)], lambda _file: module)
    assert vocabulary.word(name, test=False) is word
    assert errors(f'require "{extension}"; {name};', vocabulary=vocabulary) == []
