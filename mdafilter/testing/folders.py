"""Where tests are, and the simple form of one: a folder with a message, and what must become of it.

    message.eml    the message
    expect.toml    what must become of it; with these keys, all of which may be missing:

    about = "A list has its folder"
    folder = "lists.debian"          where it must be: "INBOX", a folder, or a mailbox's path ("~/lists"); or nowhere
    also = ["INBOX"]                 folders that have it as well
    flags = ["\\\\Flagged"]            flags that it has in `folder`
    redirect = ["ann@example.org"]   where it is sent on to
    reject = "no such user"          it is refused, and this is part of the reason
    has = ["X-Filed-By: me"]         what stands in each message that was filed or sent on ...
    lacks = ["X-Spam-Flag"]          ... and what does not
    score = 7.5                      what a spam scorer with a threshold of 5 says of it; else none is asked
    virus = "Eicar"                  what a virus scanner finds in it
    rules = ["default.sieve", "own.sieve"]      run one after the other; else all rule files there, each by itself
    [envelope]                       sender, recipient, and the other fields of message/envelope.py; else by the header
    [settings]                       as test_config_set names them

It is for all rule languages: the same wish in three of them is three rule files in one folder.

In:    paths; a folder is searched for *.svtest and for such folders.
Out:   Reports (run.py): for each rule file one case.
Fails: RuleErrors, for an expect.toml, too; OSError.
"""

from __future__ import annotations

import os
import time
from typing import Any

from mdafilter import lang, rulebook
from mdafilter.acts import Reject
from mdafilter.engine import run as decide
from mdafilter.errors import Problem, RuleErrors
from mdafilter.message import Envelope, Message
from mdafilter.testing import run as svtest
from mdafilter.testing.carry import carry_out
from mdafilter.testing.run import Report
from mdafilter.testing.stage import Stage
from mdafilter.testing.store import canonical
from mdafilter.testing.walk import Result
from mdafilter.texts import Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.world import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.plan import Plan
    from mdafilter.settings import Settings

SUFFIX, MESSAGE, EXPECT = ".svtest", "message.eml", "expect.toml"
THRESHOLD = 5.0
KEYS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("about", "folder", "reject", "virus"), (str,)),
    **dict.fromkeys(("also", "flags", "redirect", "has", "lacks", "rules"), (list,)),
    **dict.fromkeys(("envelope", "settings"), (dict,)),
    "score": (int, float),
}


def found(paths: Iterable[str]) -> Iterator[str]:
    """The test files, and the folders that are a test, in these paths."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, below, files in os.walk(path):
            below.sort()
            if MESSAGE in files and EXPECT in files:
                yield folder
            yield from (os.path.join(folder, name) for name in sorted(files) if name.endswith(SUFFIX))


def run(path: str, settings: Settings) -> Report:
    """The report of one of them."""
    return _folder(path, settings) if os.path.isdir(path) else svtest.run(path, settings)


def _folder(folder: str, settings: Settings) -> Report:
    began = time.monotonic()
    expect = expected(os.path.join(folder, EXPECT))
    with open(os.path.join(folder, MESSAGE), "rb") as file:
        octets = file.read()
    named = [_located(name, folder, settings) for name in expect.get("rules", ())]
    beside = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if lang.language(name)]
    if not named and not beside:
        raise RuleErrors([Problem(folder, 1, 1, "no rules are named here, and none lie in this folder")])
    sets = [named] if named else [[path] for path in beside]
    results = tuple(_result(folder, octets, rules, expect, settings) for rules in sets)
    return Report(folder, results, seconds=time.monotonic() - began)


def expected(path: str) -> dict[str, Any]:
    """What an expect.toml says. RuleErrors for what it cannot say."""
    import tomllib

    with open(path, "rb") as file:
        text = file.read().decode("utf-8", "replace")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failed:
        raise RuleErrors([_problem(path, text, str(failed), *_place(str(failed)))]) from failed
    wrong = [(key, f"unknown key {key!r}; known: {', '.join(KEYS)}") for key in tables if key not in KEYS]
    for key, kinds in KEYS.items():
        value = tables.get(key)
        if key in tables and not (isinstance(value, kinds) and not isinstance(value, bool)):
            wrong.append((key, f"{key} cannot be {value!r}"))
        elif isinstance(value, list) and not all(isinstance(item, str) for item in value):
            wrong.append((key, f"{key} is a list of texts"))
    fields = [name for name in Envelope._fields if name != "from_line"]
    envelope = tables.get("envelope")
    strange = [key for key in envelope if key not in fields] if isinstance(envelope, dict) else []
    wrong += [(key, f"[envelope] has no {key!r}; it has {', '.join(fields)}") for key in strange]
    if wrong:
        raise RuleErrors([_problem(path, text, said, *_line_of(text, key)) for key, said in wrong])
    return tables


def _place(said: str) -> tuple[int, int]:
    """Line and column that tomllib tells at the end of what it says: "... (at line 3, column 5)"."""
    numbers = [int(word) for word in said.replace(",", " ").replace(")", " ").split() if word.isdigit()]
    return (numbers[-2], numbers[-1]) if "(at line" in said and len(numbers) > 1 else (1, 1)


def _line_of(text: str, key: str) -> tuple[int, int]:
    """The first line that begins with the key, or is the head of its table."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(" \t[\"'").startswith(key):
            return number, 1
    return 1, 1


def _problem(path: str, text: str, said: str, line: int, column: int) -> Problem:
    lines = text.split("\n")
    return Problem(path, line, column, said, source=lines[line - 1] if line <= len(lines) else "")


def _located(name: str, folder: str, settings: Settings) -> str:
    """A rule file of the folder, or else one of the site's."""
    path = os.path.join(folder, name)
    return path if os.path.exists(path) else rulebook.site_files(settings.replace(rules=(name,)))[0]


def _result(folder: str, octets: bytes, rules: list[str], expect: dict[str, Any], settings: Settings) -> Result:
    """One case: these rules on the message."""
    stage = Stage(os.path.abspath(folder), settings, time.time())
    names = " ".join(os.path.basename(path) for path in rules)
    name = f"{expect.get('about') or os.path.basename(stage.folder)} ({names})"
    try:
        for key, value in expect.get("settings", {}).items():
            stage.config.set(key, str(value))
        stage.config.reload()
        stage.take(Message.parse(octets))
        stage.look_again(stage.envelope.replace(**{k: str(v) for k, v in expect.get("envelope", {}).items()}))
        if "score" in expect:
            stage.verdict_given = Verdict(expect["score"] >= THRESHOLD, float(expect["score"]), THRESHOLD)
        if "virus" in expect:
            stage.finding_given = Finding(expect["virus"])
        plans: list[Plan] = [lang.compile(rulebook.read(path), path, stage.library()).plan for path in rules]
        decision = decide(rulebook.together(plans), stage.scene())
    finally:
        stage.config.restore()
    stage.decided = list(decision.decided)
    wrong = [*carry_out(stage), *_mistakes(stage, expect)]
    at = next((one.at for one in decision.decided if one.at), Where(os.path.join(folder, EXPECT), 1))
    reason = "; ".join([*wrong, *decision.notes]) if wrong else None
    return Result(name, at, reason)


def _mistakes(stage: Stage, expect: dict[str, Any]) -> Iterator[str]:
    """What is not as expected."""
    wanted = {canonical(name) for name in (expect.get("folder"), *expect.get("also", ())) if name}
    there = {name for name in stage.store.names() if stage.store.get(name, 0)}
    if there != wanted:
        yield f"it is in {_listed(there)}, not in {_listed(wanted)}"
    elif "folder" in expect and (stored := stage.store.get(expect["folder"], 0)):
        lost = [flag for flag in expect.get("flags", ()) if flag.lower() not in map(str.lower, stored.flags)]
        if lost:
            yield f"it has not the flags {' '.join(lost)}"
    refused = [one.act.text for one in stage.decided if isinstance(one.act, Reject)]
    if ("reject" in expect) != bool(refused) or not all(expect["reject"] in text for text in refused):
        yield f"it is refused: {refused[0]}" if refused else "it is not refused"
    sent = {address for one in stage.outgoing if not refused for address in one.to}
    if sent != set(expect.get("redirect", ())):
        yield f"it is sent to {_listed(sent)}, not to {_listed(set(expect.get('redirect', ())))}"
    texts = [stored.message for name in there if (stored := stage.store.get(name, 0))]
    for text in map(octets_of, [*texts, *(one.message for one in stage.outgoing if not refused)]):
        yield from (f"{part!r} is not in it" for part in expect.get("has", ()) if part.encode() not in text)
        yield from (f"{part!r} is in it" for part in expect.get("lacks", ()) if part.encode() in text)


def octets_of(message: Message) -> bytes:
    """The message as it would be written."""
    pieces = (p if isinstance(p, bytes) else message.octets.slice(p.start, p.end) for p in message.pieces())
    return b"".join(pieces)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "nowhere"
