"""`mdafilter test`: rules are tried on messages, and nothing is delivered.

    file.svtest --lang/sieve with the words of words/--> Plan --walk--> Results --tap, junit--> what people and CI read

A test file is a Sieve script with `require "vnd.dovecot.testsuite";`: the dialect in which Pigeonhole's own test suite
is written. Every word of Sieve may stand in it and acts on the message at hand; the words of this package make
messages, run other scripts, and look at what became of them.

    stage.py     the Scene of a test file: message, envelope, settings, clock, and what the scripts have decided
    store.py     mailboxes in memory; outgoing.py: what would have been sent
    carry.py     a decision, carried out there
    world.py     the outside, as the test says it is
    config.py    settings under Pigeonhole's names
    told.py      the errors of a script as test files count them; grammar.py: those of its grammar
    walk.py      the engine's walk, with cases
    run.py       one file
    folders.py   the simple second form: a folder with message.eml and expect.toml
    tap.py, junit.py   what comes out

In strings, ${tst.path} is the folder of the test file (with `require "variables"`).

The table is like that of mdafilter/words: the file in testing/words, what it brings. No ordinary script knows them.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from mdafilter.lang.sieve.vocabulary import Vocabulary

CAPABILITY = "vnd.dovecot.testsuite"

# file           words
TABLE: tuple[tuple[str, str], ...] = (
    ("case", "test test_fail"),
    ("situation", "test_set"),
    ("script", "test_script_compile test_script_run test_multiscript"),
    ("result", "test_result_action test_result_execute test_result_reset test_result_print"),
    ("error", "test_error"),
    ("message", "test_message"),
    ("mailbox", "test_mailbox test_mailbox_create test_mailbox_delete"),
    ("config", "test_config_set test_config_unset test_config_reload"),
    ("metadata", "test_imap_metadata_set"),
    ("binary", "test_binary_save test_binary_load"),
)

SHARED = ("indexed",)
_OURS = "testing."


def load(file: str) -> ModuleType:
    """The module of a file of either table."""
    import importlib

    from mdafilter import words

    if file.startswith(_OURS):
        return importlib.import_module(f"mdafilter.testing.words.{file.removeprefix(_OURS)}")
    return words.load(file)


def vocabulary() -> Vocabulary:
    """All words of Sieve, and those of tests."""
    from mdafilter import words
    from mdafilter.lang.sieve.vocabulary import Vocabulary

    return Vocabulary((*words.TABLE, *((_OURS + file, brings, CAPABILITY) for file, brings in TABLE)), load)
