"""The configuration: a TOML file in, a frozen Config out. Every key has a default, so an empty file is one.

Keys at the top are Config itself, [web] is the Options of web/options.py. A table for each check, by its name in
checks.TABLE: the Options in that check's own file, and these, which every check has:

    opt_in, opt_out     recipients (recipients.py) that are alone asked for, or not at all; they come before those at
                        the top
    seconds             how long the check may take; 0 is check_seconds

A new option is a new field in the check's file; nothing changes here.

In:    UTF-8 TOML. A value that begins with "./" or "../" is a path from the folder of the configuration.
Fails: ConfigError, all faults at once, with file:line:col and what would be right.
"""

from __future__ import annotations

import dataclasses
import importlib
import math
import os
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mdafilter import policy
from mdafilter.errors import SettingsError
from mdafilter_policyd import checks, limits
from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.positions import Positions, of_error
from mdafilter_policyd.recipients import Recipients

MODES = ("off", "warn", "on")
EVERYWHERE = ("opt_in", "opt_out", "seconds")
# Tables of what is no check: NAME/options.py has the Options and their `faults`, a field of Config the values.
PARTS = ("web",)


@dataclass(frozen=True)
class Asked:
    """What the configuration says about one check."""

    name: str
    stage: int
    options: Any  # the Options of checks/NAME.py
    recipients: Recipients
    seconds: float

    @property
    def mode(self) -> str:
        return str(self.options.mode)


@dataclass(frozen=True)
class Config:
    """Everything that can be configured, outside of the checks."""

    # Where Postfix connects to: unix:PATH or inet:HOST:PORT. --listen of the command line replaces it.
    listen: tuple[str, ...] = ()
    # Whom the daemon becomes after it has its sockets; "" stays who it was started by.
    user: str = ""
    # Mode of a socket file, in octal, and its group.
    socket_mode: str = "0660"
    socket_group: str = ""
    # How many processes answer, on the same sockets.
    processes: int = 1
    # Of all clients together; and seconds after which one that asks nothing is hung up on.
    connections: int = limits.CONNECTIONS
    idle: float = limits.IDLE_SECONDS
    # Where what is remembered is kept; "" is sqlite:// in state_dir.
    store: str = ""
    state_dir: str = "/var/lib/mdafilter-policyd"
    # How this host names itself; "" is asked of the system.
    hostname: str = ""
    # Name servers as ADDRESS or ADDRESS:PORT; () are those of resolv.conf(5).
    nameservers: tuple[str, ...] = ()
    # The mode of checks that do not say theirs; "" leaves each its own default.
    mode: Literal["", "off", "warn", "on"] = ""
    # From so many points of all checks together on a client is refused, or deferred; 0 is never.
    reject_at: float = 0.0
    defer_at: float = 0.0
    # What Postfix is told where a check accepts: "OK" skips the restrictions that stand after this service.
    accept: Literal["DUNNO", "OK"] = "DUNNO"
    # Recipients that checks are for, or are not for.
    opt_in: tuple[str, ...] = ()
    opt_out: tuple[str, ...] = ()
    recipient_delimiter: str = "+"
    # How long one check, and all of a request, may take.
    check_seconds: float = limits.CHECK_SECONDS
    request_seconds: float = limits.REQUEST_SECONDS
    # What X-Mdafilter-Policy is signed with, or the file that has it; "" writes no such field.
    header_secret: str = ""
    header_secret_file: str = ""
    # Where the decisions are written to, for `report`; "" is decisions.jsonl in state_dir, "off" nowhere.
    decisions: str = ""
    decisions_size: int = limits.DECISIONS_OCTETS
    decisions_keep: int = limits.DECISIONS_KEEP
    # Whether the mail log hears of each decision that is not DUNNO.
    log: bool = True

    file: str = field(default="", metadata={"key": False})
    checks: tuple[Asked, ...] = field(default=(), metadata={"key": False})
    recipients: Recipients = field(default_factory=Recipients, metadata={"key": False})
    web: Any = field(default=None, metadata={"key": False})  # the Options of web/options.py; None: nothing is said

    @property
    def store_url(self) -> str:
        return self.store or f"sqlite://{os.path.abspath(self.state_dir)}/state.db"

    @property
    def decisions_file(self) -> str:
        """The path; "" writes none."""
        return "" if self.decisions == "off" else self.decisions or os.path.join(self.state_dir, "decisions.jsonl")


def load(file: str) -> Config:
    """The configuration in this file."""
    try:
        with open(file, "rb") as opened:
            content = opened.read(limits.CONFIG_OCTETS + 1)
    except OSError as failed:
        raise ConfigError([Fault(file, 0, 0, f"cannot be read: {failed.strerror}")]) from failed
    return parse(content, os.path.abspath(file))


def parse(content: bytes, file: str) -> Config:
    """The configuration in this content; `file` is its name for errors."""
    text, tables = _toml(content, file)
    reader = _Reader(file, text)
    values = reader.fill(Config, {k: v for k, v in tables.items() if not _is_check(k) and k not in PARTS}, (), ())
    parts = {name: _part(name, tables[name], reader) for name in PARTS if name in tables}
    config = Config(**{**values, **parts, "file": file})
    asked = tuple(
        found
        for name, stage in checks.TABLE
        if (found := _asked(name, stage, tables.get(name), config, reader)) is not None
    )
    _say_what_types_cannot(config, reader)
    recipients = reader.recipients(config.opt_in, config.opt_out, ())
    secret = _header_secret(config, reader)
    if reader.faults:
        raise ConfigError(sorted(reader.faults, key=lambda fault: (fault.file, fault.line, fault.column)))
    return dataclasses.replace(config, checks=asked, recipients=recipients, header_secret=secret)


def placed(failed: ConfigError, file: str, table: str = "") -> ConfigError:
    """What `make` of a check found, or who was given a value of this file, each fault with a place.

    A fault without a line that names no path is about a key of the table ("" is the top): the one that it is called by,
    or the first one that its text names.
    """
    try:
        with open(file, encoding="utf-8") as opened:
            positions = Positions(opened.read(limits.CONFIG_OCTETS))
    except (OSError, ValueError):
        return failed
    return ConfigError(
        [
            f if f.line or "/" in f.file else _placed(f, file, (table,) if table else (), positions)
            for f in failed.faults
        ]
    )


def _placed(fault: Fault, file: str, table: tuple[str, ...], positions: Positions) -> Fault:
    name = "" if (fault.file,) == table else fault.file
    words = "".join(c if c.isalnum() or c == "_" else " " for c in fault.text).split()
    key = next((word for word in (name, *words) if positions.has(*table, word)), "")
    text = f"{name}: {fault.text}" if name else fault.text
    place = positions.at(*table, key) if key else positions.at(*table)
    return Fault(file, *place, f"[{table[0]}] {text}" if table else text, fault.hint)


def _toml(content: bytes, file: str) -> tuple[str, dict[str, Any]]:
    if len(content) > limits.CONFIG_OCTETS:
        raise ConfigError([Fault(file, 0, 0, f"has more than {limits.CONFIG_OCTETS} octets")])
    try:
        text = content.decode()
        return text, tomllib.loads(text)
    except UnicodeDecodeError as failed:
        line = content[: failed.start].count(b"\n") + 1
        column = failed.start - content.rfind(b"\n", 0, failed.start)
        raise ConfigError([Fault(file, line, column, "not UTF-8")]) from failed
    except ValueError as failed:  # TOMLDecodeError, and what int() says of 5000 digits
        said, line, column = of_error(str(failed))
        raise ConfigError([Fault(file, line, column, f"not TOML: {said}")]) from failed
    except RecursionError as failed:  # tables in tables in tables
        raise ConfigError([Fault(file, 0, 0, "not TOML: nested too deeply")]) from failed


def _is_check(key: str) -> bool:
    return any(key == name for name, _stage in checks.TABLE)


def _part(name: str, table: Any, reader: _Reader) -> Any:
    """What is said about a part; None where it is wrong."""
    if not isinstance(table, dict):
        reader.fault((name,), f"{name} is a table", f"write [{name}]")
        return None
    module = importlib.import_module(f"{__package__}.{name}.options")
    options = module.Options(**reader.fill(module.Options, table, (name,), ()))
    for key, text, hint in module.faults(options):
        reader.fault((name, key), text, hint)
    return options


def _asked(name: str, stage: int, table: Any, config: Config, reader: _Reader) -> Asked | None:
    """What is said about a check; None where it is not there, or its table is wrong."""
    if table is None and not config.mode:
        # Nothing of it is imported where nothing is said of it: what is off costs nothing.
        return None
    if not isinstance(table, dict | None):
        reader.fault((name,), f"{name} is a table", f"write [{name}]")
        return None
    table = dict(table or {})
    common = reader.fill(_Common, {k: table.pop(k) for k in EVERYWHERE if k in table}, (name,), ())
    try:
        cls = importlib.import_module(f"{checks.__name__}.{name}").Options
    except ImportError as failed:
        reader.fault((name,), f"{name} is not installed: {failed}")
        return None
    if config.mode and "mode" not in table:
        table["mode"] = config.mode
    options = cls(**reader.fill(cls, table, (name,), EVERYWHERE))
    shared = _Common(**common)
    if shared.seconds < 0:
        reader.fault((name, "seconds"), "seconds must not be negative")
    recipients = reader.recipients(shared.opt_in, shared.opt_out, (name,))
    return Asked(name, stage, options, recipients, shared.seconds or config.check_seconds)


@dataclass(frozen=True)
class _Common:
    """What every check has."""

    opt_in: tuple[str, ...] = ()
    opt_out: tuple[str, ...] = ()
    seconds: float = 0.0


def _say_what_types_cannot(config: Config, reader: _Reader) -> None:
    for key in ("check_seconds", "request_seconds", "connections", "idle", "decisions_size", "decisions_keep"):
        if getattr(config, key) <= 0:
            reader.fault((key,), f"{key} must be more than 0")
    for key in ("reject_at", "defer_at"):
        if getattr(config, key) < 0:
            reader.fault((key,), f"{key} must not be negative", "0 is never")
    if not 1 <= config.processes <= limits.PROCESSES:
        reader.fault(("processes",), f"processes must be between 1 and {limits.PROCESSES}")
    if not _is_mode(config.socket_mode):
        reader.fault(("socket_mode",), f"socket_mode is no mode: {config.socket_mode!r}", 'an octal text as "0660"')


def _header_secret(config: Config, reader: _Reader) -> str:
    """The secret, wherever it stands."""
    secret, file = config.header_secret, config.header_secret_file
    if secret and (fault := policy.fault(secret)):
        reader.fault(("header_secret",), f"header_secret {fault}")
    if not file:
        return secret
    if secret:
        reader.fault(("header_secret_file",), "header_secret and header_secret_file are one too many", "keep one")
    try:
        return policy.secret_in(file)
    except SettingsError as failed:
        reader.fault(("header_secret_file",), f"header_secret_file: {failed}")
        return ""


def _is_mode(text: str) -> bool:
    return 3 <= len(text) <= 4 and all(c in "01234567" for c in text) and int(text, 8) <= 0o777


class _Reader:
    """Fills tables into dataclasses by their annotations, and collects what is wrong."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.folder = os.path.dirname(file)
        self.positions = Positions(text)
        self.faults: list[Fault] = []

    def fault(self, path: tuple[str, ...], text: str, hint: str = "") -> None:
        self.faults.append(Fault(self.file, *self.positions.at(*path), text, hint))

    def fill(
        self, cls: type[Any], table: Mapping[str, Any], path: tuple[str, ...], also: tuple[str, ...]
    ) -> dict[str, Any]:
        """The values of the table as fields of `cls`. `also` are keys that are known besides."""
        kinds = _kinds(cls)
        out: dict[str, Any] = {}
        for key, value in table.items():
            kind = kinds.get(key)
            if kind is None:
                known = [*kinds, *also, *([] if path else [*(name for name, _stage in checks.TABLE), *PARTS])]
                place = f"[{'.'.join(path)}]" if path else "the top of the file"
                self.fault((*path, key), f"unknown key {key!r} in {place}", f"known: {', '.join(sorted(known))}")
            elif (fitting := _fit(value, kind)) is None:
                self.fault((*path, key), f"{key} must be {_words(kind)}, not {_shown(value)}")
            else:
                out[key] = _from(self.folder, fitting)
        return out

    def recipients(self, opt_in: tuple[str, ...], opt_out: tuple[str, ...], path: tuple[str, ...]) -> Recipients:
        """The lists; an entry in the configuration itself has the place of its key."""
        try:
            return Recipients(opt_in, opt_out)
        except ConfigError as failed:
            for fault in failed.faults:
                if fault.file:
                    self.faults.append(fault)
                else:
                    key = "opt_out" if any(f"{e!r} is no" in fault.text for e in opt_out) else "opt_in"
                    self.fault((*path, key), fault.text, fault.hint)
            return Recipients()


def _kinds(cls: type[Any]) -> dict[str, Any]:
    """The types of the fields that can be configured. `mode` of a check is one of MODES, however it is annotated."""
    hints = typing.get_type_hints(cls)
    kinds = {f.name: hints[f.name] for f in dataclasses.fields(cls) if f.metadata.get("key", True)}
    if cls is not Config and "mode" in kinds:
        kinds["mode"] = Literal["off", "warn", "on"]
    return kinds


def _fit(value: Any, kind: Any) -> Any:
    """The value as this type has it; None where it does not fit."""
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return value if isinstance(value, str) and value in of else None
    if origin is tuple:
        if not isinstance(value, list) or (of[-1] is not ... and len(value) != len(of)):
            return None
        items = [_fit(item, of[0] if of[-1] is ... else of[at]) for at, item in enumerate(value)]
        return None if any(item is None for item in items) else tuple(items)
    if origin in (typing.Union, types.UnionType):
        return next((fitting for one in of if (fitting := _fit(value, one)) is not None), None)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(value)
    return value if type(value) is kind else None


def _from(folder: str, value: Any) -> Any:
    """A path from there as an absolute one; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(_from(folder, item) for item in value)
    if folder and isinstance(value, str) and value.startswith(("./", "../")):
        return os.path.normpath(os.path.join(folder, value))
    return value


def _finite(value: float) -> float | None:
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def _words(kind: Any) -> str:
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return "one of " + ", ".join(f'"{word}"' for word in of)
    if origin is tuple:
        if of[-1] is ...:
            return f"a list, each item {_words(of[0])}"
        return f"a list of {', '.join(map(_words, of))}"
    return _WORDS.get(kind, "something else")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
