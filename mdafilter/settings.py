"""The configuration: TOML files in, a frozen Settings out. Without any file everything has its default.

Read in this order, a later file overriding single values of an earlier one:

    /etc/mdafilter/mdafilter.toml      the site
    ~/.config/mdafilter/mdafilter.toml the user ($XDG_CONFIG_HOME)
    -c FILE                            the command line

Each table of a file is the Options of one part, in that part's own file: [spamd] is scorers/spamd.py, [journal] is
journal.py. A new option is a new field there; nothing changes here. Where it is one of a few words, CHOICES of that
class lists them. What stands outside a table is Settings itself.

In:    UTF-8 TOML. A path may hold ~ and the templates %u (address), %n (local part), %d (domain), %h (home).
Out:   Settings.
Fails: SettingsError, all mistakes at once, a line each with file:line, and what would be right. At delivery that
       means "try again" (4.3.5): the message waits until the admin has mended the file.

`tomllib` costs two starts of Python, so what was read is kept compiled (compiled.py) under the content of the files,
and in the process for as long as the files stay the same (recall.py).
"""

from __future__ import annotations

import os

from mdafilter import compiled, policy, recall, sieving, targets, teaching
from mdafilter.errors import SettingsError
from mdafilter.journal import Options as JournalOptions
from mdafilter.scorers import bayes, clamd, spamd
from mdafilter.targets import Options as DeliveryOptions
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SITE_FILE = "/etc/mdafilter/mdafilter.toml"
USER_FILE = "mdafilter/mdafilter.toml"


class Settings(Value):
    """All settings of one delivery."""

    # The Maildir; "" is ~/Maildir, or ~/.maildir where that exists.
    maildir: str = ""
    # The site's rule files, in order. A name without a slash is looked for in rules_dir, then among the shipped rules.
    rules: tuple[str, ...] = ("default.sieve",)
    rules_dir: str = "/etc/mdafilter/rules"
    # The user's rule file: the first of these that exists.
    user_rules: tuple[str, ...] = ("~/.mdafilter.sieve", "~/.dovecot.sieve", "~/.procmailrc")
    # Where `include :personal` looks.
    user_rules_dir: str = "~/.sieve"
    recipient_delimiter: str = "+"
    # Mail to user+folder that no rule filed: "off", "existing" (only into a folder that exists) or "create".
    subaddress: str = "off"
    # The folder for mail that a Postfix table puts on HOLD.
    quarantine: str = "Quarantine"
    # Whether Postfix tables look at header fields decoded as well: encoded names, folded fields.
    decoded: bool = False
    # How the rules' `environment` names this site ("" is asked of the system).
    hostname: str = ""
    domain: str = ""
    spamd: spamd.Options = spamd.Options()
    clamd: clamd.Options = clamd.Options()
    bayes: bayes.Options = bayes.Options()
    policy: policy.Options = policy.Options()
    journal: JournalOptions = JournalOptions()
    delivery: DeliveryOptions = DeliveryOptions()
    train: teaching.Options = teaching.Options()
    sieve: sieving.Options = sieving.Options()

    CHOICES = {"subaddress": ("off", "existing", "create")}


TABLES = ("spamd", "clamd", "bayes", "policy", "journal", "delivery", "train", "sieve")


def load(home: str, extra: str = "", environ: Mapping[str, str] | None = None, cache: str = "") -> Settings:
    """The settings for a user whose home is `home` ("" has none). `extra` is the file of -c, which must exist.

    `cache` is the folder of compiled.py; "" keeps nothing.
    """
    config = (environ or {}).get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")
    return recall.once(("settings", config, extra), lambda: _load(config, extra, cache))


def _load(config: str, extra: str, cache: str) -> Settings:
    wanted = [SITE_FILE] + ([os.path.join(config, USER_FILE)] if config else [])
    files = [(name, text) for name in wanted if (text := _read(name)) is not None]
    if extra:
        text = _read(extra)
        if text is None:
            raise SettingsError(f"{extra}: there is no such configuration file")
        files.append((extra, text))
    if not files:
        return Settings()
    key = [part for name, text in files for part in (name.encode(), text)]
    kept = compiled.load(cache, "settings", key)
    if isinstance(kept, Settings):
        return kept
    settings = parse(files)
    compiled.save(cache, "settings", key, settings)
    return settings


def _read(name: str) -> bytes | None:
    try:
        return recall.read(name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as failed:
        raise SettingsError(f"{name}: cannot be read: {failed.strerror}") from failed


def parse(files: list[tuple[str, bytes]]) -> Settings:
    """The settings that these files (name, content), in this order, say."""
    import tomllib

    wrong: list[str] = []
    read: list[_Lines] = []
    settings = Settings()
    for name, content in files:
        try:
            text = content.decode()
            tables = tomllib.loads(text)
        except UnicodeDecodeError as failed:
            wrong.append(f"{name}:{content[: failed.start].count(10) + 1}: not UTF-8")
            continue
        except tomllib.TOMLDecodeError as failed:
            wrong.append(f"{name}: {failed}")
            continue
        lines = _Lines(name, text)
        read.append(lines)
        changes: dict[str, Any] = {}
        for key, value in tables.items():
            if key in TABLES:
                options = getattr(settings, key)
                if isinstance(value, dict):
                    changes[key] = options.replace(**_fill(type(options), value, key, lines, wrong))
                else:
                    wrong.append(f"{lines.at('', key)}: {key} is a table: write [{key}]")
            else:
                changes |= _fill(Settings, {key: value}, "", lines, wrong)
        settings = settings.replace(**changes)
    parts = {
        "spamd": spamd, "clamd": clamd, "bayes": bayes, "policy": policy, "delivery": targets, "train": teaching,
        "sieve": sieving,
    }  # fmt: skip
    for name, part in parts.items():
        try:
            part.check(getattr(settings, name))  # what the types of its fields cannot say
        except SettingsError as failed:
            wrong += [_placed(text, read) for text in str(failed).splitlines()]
    if wrong:
        raise SettingsError("\n".join(wrong))
    return settings


class _Lines:
    """Finds the line of a key in a TOML text, for errors: tomllib itself tells no positions."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.found: dict[tuple[str, str], int] = {}
        table = ""
        for number, line in enumerate(text.splitlines(), 1):
            line = line.strip()
            if line.startswith("["):
                table = line.strip("[] \t").split("]")[0]
                self.found.setdefault(("", table), number)
            elif "=" in line:
                self.found.setdefault((table, line.split("=")[0].strip().strip("\"'")), number)

    def at(self, table: str, key: str) -> str:
        line = self.found.get((table, key))
        return f"{self.name}:{line}" if line else self.name


def _placed(text: str, read: list[_Lines]) -> str:
    """What is wrong with "[table] key ...", behind the place of that key in the last file that sets it."""
    table, _, rest = text.removeprefix("[").partition("] ")
    key = rest.split(" ")[0].rstrip(":")
    places = [lines.at(table, key) for lines in read if (table, key) in lines.found]
    return f"{places[-1]}: {text}" if places else text


def _fill(cls: type[Value], table: dict[str, Any], title: str, lines: _Lines, wrong: list[str]) -> dict[str, Any]:
    """The values of `table` as fields of `cls`, checked against its annotations; mistakes are added to `wrong`."""
    out: dict[str, Any] = {}
    choices: Mapping[str, tuple[str, ...]] = getattr(cls, "CHOICES", {})
    for key, value in table.items():
        kind = str(cls.__annotations__.get(key, "")) if key in cls._fields and key not in TABLES else ""
        where = lines.at(title, key)
        if not kind:
            known = ", ".join(sorted(f for f in cls._fields if f not in TABLES))
            place = f"[{title}]" if title else "the top of the file"
            wrong.append(f"{where}: unknown setting {key!r} in {place}; known: {known}")
        elif not _fits(value, kind):
            wrong.append(f"{where}: {key} must be {KINDS.get(kind, kind)}, not {value!r}")
        elif value not in choices.get(key, (value,)):
            wrong.append(f"{where}: {key} must be one of {', '.join(choices[key])}, not {value!r}")
        else:
            out[key] = tuple(value) if isinstance(value, list) else float(value) if kind == "float" else value
    return out


KINDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple[str, ...]": "a list of texts",
}


def _fits(value: object, kind: str) -> bool:
    match kind:
        case "str":
            return isinstance(value, str)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "tuple[str, ...]":
            return isinstance(value, list) and all(isinstance(v, str) for v in value)
        case _:
            return False


def base(template: str, *, home: str) -> str:
    """The fixed folders before the first part of a path with a template in it: /var/mail of /var/mail/%d/%n; or ""."""
    if "%" not in template:
        return ""
    path = home + template[1:] if template.startswith("~/") else template
    return path[: path.index("%")].rpartition("/")[0]


def expand(template: str, *, home: str, recipient: str) -> str:
    """A path with ~ and %u %n %d %h filled in. SettingsError where a part of the address cannot be part of a path."""
    path = home + template[1:] if template == "~" or template.startswith("~/") else template
    if "%" not in path:
        return path
    local, _, domain = recipient.rpartition("@") if "@" in recipient else (recipient, "", "")
    domain = domain.lower()
    values = {"u": f"{local}@{domain}" if domain else local, "n": local, "d": domain, "h": home, "%": "%"}
    out, rest = "", path
    while rest:
        before, percent, rest = rest.partition("%")
        out += before
        if percent:
            letter, rest = rest[:1], rest[1:]
            value = values.get(letter)
            if value is None:
                raise SettingsError(f"{template!r}: unknown %{letter}; known are %u %n %d %h %%")
            if letter in "und" and (not value or "/" in value or "\0" in value or value.startswith(".")):
                raise SettingsError(f"{template!r}: %{letter} of the recipient {recipient!r} cannot be part of a path")
            out += value
    return out
