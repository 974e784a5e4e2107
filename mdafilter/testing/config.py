"""Settings of a test, under the names that Pigeonhole's test files use.

    test_config_set "sieve_max_redirects" "2";      test_config_reload;

What is set takes effect at the next reload, of whatever extension. There are three kinds:

    limits     are those of limits.py, for as long as the test file runs (LIMITS)
    settings   of mdafilter itself under another name (SETTINGS)
    options    all other "sieve_..." names: World.option gives them to the words that ask

Fails: never. A value that is none for its limit counts as not set; a name that nobody here knows is accepted, and
told to those who want to know (`mdafilter test --strict`).
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Pigeonhole's name                       ours, in limits.py
LIMITS: dict[str, str] = {
    "sieve_max_script_size": "SCRIPT_OCTETS",
    "sieve_max_actions": "ACTIONS",
    "sieve_max_redirects": "REDIRECTS",
    "sieve_max_cpu_time": "RULES_SECONDS",
    "sieve_variables_max_variable_size": "VARIABLE_OCTETS",
    "sieve_variables_max_scope_size": "VARIABLES",
    "sieve_include_max_includes": "INCLUDES",
    "sieve_include_max_nesting_depth": "INCLUDE_DEPTH",
    "sieve_editheader_max_header_size": "HEADER_EDIT_OCTETS",
}
# Younger names, and the older ones that words know.
OLDER: dict[str, str] = {
    "sieve_variables_max_value_size": "sieve_variables_max_variable_size",
    "sieve_variables_max_scope_count": "sieve_variables_max_scope_size",
    "sieve_vacation_dont_check_recipient": "sieve_vacation_check_recipient",
}
OPPOSITE = ("sieve_vacation_dont_check_recipient",)  # of what the name that words know says
SETTINGS: dict[str, str] = {
    "recipient_delimiter": "recipient_delimiter",
    "sieve_subaddress_sep": "recipient_delimiter",
    "hostname": "hostname",
}
# The beginnings of the names that words ask World.option for, without "sieve_".
KNOWN = (
    *("user_email", "redirect_", "spamtest_", "virustest_", "editheader_", "vacation_", "notify_", "duplicate_"),
    *("pipe_", "filter_", "execute_", "report_", "environment", "env_", "extlists_", "mailbox_", "special_use"),
)
LIST = "sieve_extlists_list/"
WORDS = {"true": "yes", "y": "yes", "false": "no", "n": "no"}
UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
TIMES = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Config:
    """The settings that are in force, and those that wait for a reload."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}
        self._active: dict[str, str] = {}
        self._spelled: dict[str, str] = {}  # names as they were written
        self.unknown: dict[str, None] = {}  # names that mean nothing here, in order
        self._shipped = {name: getattr(limits, name) for name in LIMITS.values()}

    def set(self, name: str, value: str) -> None:
        """Sets it, from the next reload on. Case is ignored in names, as in all of Sieve."""
        self._spelled[name.lower()] = name
        if name.lower() in OPPOSITE:
            value = "no" if WORDS.get(value.lower(), value.lower()) == "yes" else "yes"
        name = _older(name)
        self._waiting[name] = value
        if not (name in LIMITS or name in SETTINGS or self._option(name).startswith(KNOWN)):
            self.unknown[name] = None

    def unset(self, name: str) -> None:
        """As if it had never been set, from the next reload on."""
        self._waiting.pop(_older(name), None)

    def reload(self) -> None:
        """What was set is in force from here on."""
        self._active = dict(self._waiting)
        for name, ours in LIMITS.items():
            value = number(self._active.get(name, ""))
            if value is not None:
                setattr(limits, ours, value)
            elif not any(other in self._active for other, same in LIMITS.items() if same == ours):
                setattr(limits, ours, self._shipped[ours])

    def restore(self) -> None:
        """The limits as they were: they are those of the whole process."""
        for ours, value in self._shipped.items():
            setattr(limits, ours, value)

    def settings(self) -> Mapping[str, str]:
        """What is set of settings.py."""
        return {ours: self._active[name] for name, ours in SETTINGS.items() if name in self._active}

    def option(self, name: str) -> str | None:
        """What World.option answers; None: as the site has it. Yes and no have several spellings."""
        name = name.lower()
        given = self._active.get(f"sieve_{name}")
        if given is None and name.startswith("environment/"):
            given = self._active.get(f"sieve_env_{name.partition('/')[2]}")
        return given if given is None else WORDS.get(given.lower(), given)

    def lists(self, folder: str) -> tuple[str, ...]:
        """External lists (RFC 6134), set by sieve_extlists_list/NAME/path, as the setting `extlists` has them."""
        names = [name for name in self._active if name.startswith(LIST) and name.endswith("/path")]
        pairs = [(self._spelled[name][len(LIST) : -len("/path")], self._active[name]) for name in names]
        return tuple(f"{name} {os.path.join(folder, path.removeprefix('file:'))}" for name, path in pairs)

    def environment(self, name: str) -> str | None:
        """An item of the environment that the test has set."""
        given = self._active.get(f"sieve_environment/{name.lower()}")
        return self._active.get(f"sieve_env_{name.lower()}") if given is None else given

    @staticmethod
    def _option(name: str) -> str:
        return name.removeprefix("sieve_") if name.startswith("sieve_") else ""


def _older(name: str) -> str:
    return OLDER.get(name.lower(), name.lower())


def number(text: str) -> float | int | None:
    """A size ("4k"), a time ("2s", "500ms") or a number; None where it is none of them."""
    digits = len(text) - len(text.lstrip("0123456789"))
    if not 0 < digits <= 18:
        return None
    value, unit = int(text[:digits]), text[digits:].strip().lower().removesuffix("ib")
    if unit.startswith("sec"):
        unit = "s"
    if unit in UNITS:
        return value * UNITS[unit]
    return value * TIMES[unit] if unit in TIMES else None
