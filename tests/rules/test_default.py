"""rules/default.sieve, and what all files of rules/ have in common."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mdafilter.compiled import load, save
from tests.support.scene import StillWorld
from tests.support.script import folders
from tests.support.shipped import RULES, mail, named, rule, ruled
from tests.support.verdicts import scored

NAMES = sorted(path.stem for path in RULES.glob("*.sieve"))
SPAM = StillWorld(scored(20.0))


@pytest.mark.parametrize("name", NAMES)
def test_every_file_compiles_without_a_warning(name: str) -> None:
    assert [str(warning) for warning in rule(name).warnings] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_file_opens_as_a_manual_page(name: str) -> None:
    lines = (RULES / f"{name}.sieve").read_text().splitlines()
    assert lines[0].startswith(f"# {name}.sieve - ")
    assert lines[1] == "#"
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("name", NAMES)
def test_no_file_needs_a_regular_expression(name: str) -> None:
    """Importing `re` is a third of a delivery."""
    assert ":regex" not in (RULES / f"{name}.sieve").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_refused_or_destroyed(name: str) -> None:
    code = [line for line in (RULES / f"{name}.sieve").read_text().splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in code if any(word in line for word in ("discard", "reject", "redirect"))] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "default"])
def test_every_file_is_named_by_the_default_rules(name: str) -> None:
    text = (RULES / "default.sieve").read_text()
    assert f'include :global "{name}";' in text
    assert (f'\ninclude :global "{name}";' in text) is (name != "lists")


def test_the_order_is_cheap_ones_first() -> None:
    included = [name.rpartition("/")[2] for name in rule("default").included]
    assert included == ["attachments.sieve", "headers.sieve", "virus.sieve", "spam.sieve"]


def test_ordinary_mail_is_kept() -> None:
    world = StillWorld(scored(0.0))
    assert folders(ruled("default", mail(), world)) == ["INBOX"]
    assert world.asked == 1


def test_what_is_filed_costs_no_question_to_spamd() -> None:
    world = StillWorld(scored(20.0))
    assert folders(ruled("default", named("invoice.exe"), world)) == ["Quarantine"]
    assert folders(ruled("default", mail("Content-Type: message/partial\n"), world)) == ["Quarantine"]
    assert folders(ruled("default", mail("Subject: *****SPAM***** x\n"), world)) == ["Trash"]
    assert world.asked == 0


def test_spam_ends_in_trash() -> None:
    assert folders(ruled("default", mail(), SPAM)) == ["Trash"]


def test_lists_are_opt_in() -> None:
    world = StillWorld(scored(0.0), folders=("lists.users",))
    assert folders(ruled("default", mail("List-Id: <users.example.org>\n"), world)) == ["INBOX"]


def test_they_load_nothing_heavy() -> None:
    """A one-shot delivery pays for every import: rules that are asked of each message must not bring `re` and its like."""
    script = f"""import sys; sys.path.insert(0, {str(RULES.parent)!r})
from mdafilter import lang
from mdafilter.engine import run
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.world import Scanned, Scored
class World:
    def environment(self, name): return None
    def option(self, name): return ""
    def score(self, message): return Scored(message)
    def scan(self, message): return Scanned()
    def has_folder(self, name): return False
class Shelf:
    def find(self, location, name): return name, open({str(RULES)!r} + '/' + name + '.sieve', 'rb').read()
plan = lang.compile(Shelf().find('', 'default')[1], 'default.sieve', Shelf()).plan
run([plan], Scene(Message.parse({named("a.pdf").encode()!r}), Envelope(), World()))
print('\\n'.join(sys.modules))"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)
    heavy = "re enum typing collections dataclasses email json inspect functools difflib contextlib socket".split()
    assert [name for name in done.stdout.split() if name in heavy] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_can_be_kept_compiled(name: str, tmp_path: Path) -> None:
    plan = rule(name).plan
    save(str(tmp_path), "plan", [b"key"], plan)
    assert load(str(tmp_path), "plan", [b"key"]) == plan
