"""Every file that is shipped for use is used: the rules compile, and each example goes the way that it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.situations import Mailbox, Situation, deliver, every, mistakes
from mdafilter import limits
from mdafilter.serve.pool import Size
from tests.support import bare
from tests.support.house import ROOT

RULES = sorted(p for p in (ROOT / "rules").glob("*") if p.is_file() and p.suffix != ".md")
OWN = sorted(
    p for p in (ROOT / "examples").glob("[a-z]*/*") if p.is_file() and p.name not in ("message.eml", "expect.toml")
)


CONTRIB = sorted(
    p
    for p in (ROOT / "contrib" / "postfix").rglob("*")
    if p.is_file() and p.suffix not in (".md", ".pyc") and "mdafilter_policyd" not in p.parts
)


class Library:
    """Includes among the shipped rules."""

    def find(self, location: str, name: str) -> tuple[str, bytes] | None:
        path = ROOT / "rules" / (name if "." in name else f"{name}.sieve")
        return (str(path), path.read_bytes()) if path.exists() else None


@pytest.mark.parametrize("path", [*RULES, *OWN], ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_file_is_read_without_a_warning(path: Path) -> None:
    """Rules; a configuration; a lookup table; a test file, whose cases pass."""
    from mdafilter import lang, settings
    from mdafilter.lang.tables import access
    from mdafilter.testing.run import run

    text = path.read_bytes()
    if lang.language(path.name):
        assert lang.compile(text, path.name, Library()).warnings == ()
    elif path.suffix == ".svtest":
        assert [result.reason for result in run(str(path)).results if result.reason] == []
    elif path.suffix == ".toml":
        settings.parse([(path.name, text)])
    else:
        assert access.parse(text, path.name).problems == ()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """A home for which spamd is switched off: what it would say depends on the machine."""
    with bare.mailbox('[spamd]\nenabled = "off"\n[journal]\nsyslog = false\n') as made:
        yield made


@pytest.fixture(scope="module")
def command() -> Iterator[list[str]]:
    with bare.command() as made:
        yield made


@pytest.mark.parametrize("situation", list(every()), ids=lambda s: s.name)
def test_every_example_goes_the_way_that_it_says(situation: Situation, command: list[str], mailbox: Mailbox) -> None:
    assert mistakes(situation, deliver(situation, command, mailbox)) == []


def test_there_are_examples_and_rules() -> None:
    assert RULES
    assert len(list(every())) > 15


def settings(text: str) -> set[str]:
    """The lines that are no comment, with blanks as they matter to Postfix."""
    return {" ".join(line.split()) for line in text.splitlines() if line.strip() and not line.startswith("#")}


@pytest.mark.parametrize("path", CONTRIB, ids=lambda p: p.name)
def test_its_own_readme_speaks_of_every_file_for_postfix(path: Path) -> None:
    assert path.name in (ROOT / "contrib" / "postfix" / "README.md").read_text()


def test_both_ways_of_lmtp_say_the_same_where_they_say_it() -> None:
    """And Postfix waits for longer than a delivery may take, after it has waited for a worker."""
    local, virtual = (
        settings((ROOT / "contrib/postfix" / name).read_text()) for name in ("main.cf.lmtp", "main.cf.virtual_lmtp")
    )
    assert {"recipient_delimiter = +", "lmtp_send_xforward_command = yes"} <= local & virtual
    (timeout,) = [line for line in local & virtual if line.startswith("lmtp_data_done_timeout")]
    seconds = int(timeout.rpartition(" ")[2].removesuffix("s"))
    assert seconds > Size().deadline + Size().wait > limits.DELIVERY_SECONDS


@pytest.mark.parametrize("name", ["main.cf.mailbox_command", "master.cf.pipe", "forward"])
def test_the_readme_says_what_the_shipped_files_say(name: str) -> None:
    readme = settings((ROOT / "README.md").read_text())
    wanted = settings((ROOT / "contrib" / "postfix" / name).read_text()) - {"recipient_delimiter = +"}
    assert wanted <= readme
