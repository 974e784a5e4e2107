"""The rules of one delivery: which files they are, compiled, the site's before the user's.

    site    Settings.rules: names in rules_dir or among the shipped rules, or paths. A mistake there is TryAgain: no
            message is judged by half of the admin's rules.
    user    the first of Settings.user_rules that exists. A mistake there leaves the user's rules out, and comes back
            as a problem: the site's rules still run, the message goes to the inbox, and the user gets a notice.
    given   -R FILE on the command line, instead of both. Whose they are is told by the owner of the file.

Everything is compiled before any mail is looked at, or taken from the cache (compiled.py) under the content of the
file and of all that it includes. In a process that has loaded the same rules before, that is what they are while no
file has changed (recall.py). A user's file that others may write to is refused, as procmail refuses it; what it
includes is not looked at, and `mdafilter check` warns of it, unless the name is known only when the rules run.
"""

from __future__ import annotations

import os
import stat

from mdafilter import compiled, limits, recall
from mdafilter.errors import Problem, RuleErrors, RuleFailed, TryAgain
from mdafilter.plan import Plan, Scan
from mdafilter.settings import Settings, expand
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

SHIPPED = next(
    (p for p in (os.path.join(os.path.dirname(__file__), "rules"),) if os.path.isdir(p)),
    os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "rules"),
)
recall.installed(SHIPPED)


def shown(path: str) -> str:
    """The name of a rule file as people read it: a shipped one is rules/NAME, wherever it is installed."""
    return f"rules/{path[len(SHIPPED) + 1 :]}" if path.startswith(f"{SHIPPED}/") else path


def located(name: str) -> str:
    """The path of the file that `shown` named so."""
    shipped = os.path.join(SHIPPED, name.removeprefix("rules/"))
    return shipped if name.startswith("rules/") and recall.there(shipped) else name


class Looked(Value):
    """One script that a rule file asked for, and what was found: a digest of its name and content, b"" for nothing."""

    location: str
    name: str
    found: bytes


class Kept(Value):
    """What the cache holds for one rule file: its plan, and all that it looked for to include."""

    plan: Plan
    looked: tuple[Looked, ...] = ()


class Rulebook(Value):
    """The plans in the order in which they run, and what is wrong with the user's own file."""

    plans: tuple[Plan, ...]
    problems: tuple[Problem, ...] = ()


class Folders(Value):
    """Where `include` finds scripts: implements lang.Library. The first folder that has the name wins."""

    personal: tuple[str, ...]
    site: tuple[str, ...]
    home: str = ""

    def find(self, location: str, name: str) -> tuple[str, bytes] | None:
        """The file name and content of an included script; None if there is none, or the name is no plain name."""
        if location == "path":
            return self._at(self.home + name[1:] if name.startswith("~/") else name)
        if not name or name.startswith(".") or "/" in name or "\0" in name:
            return None
        for folder in self.personal if location == "personal" else self.site:
            for path in (os.path.join(folder, name), os.path.join(folder, f"{name}.sieve")):
                try:
                    return shown(path), read(path)
                except (FileNotFoundError, NotADirectoryError):
                    continue
        return None

    def table(self, name: str, rule: str) -> str:
        """The path of a lookup table that a rule file names: relative to the home in a file of the user.

        In a file of the site it is found as other files of the site are.
        """
        if name.startswith("/"):
            return name
        if self.home and name.startswith("~/"):
            return self.home + name[1:]
        path = located(rule)
        if self.home and (path.startswith(f"{self.home}/") or is_users(path)):
            return os.path.join(self.home, name)
        places = [os.path.join(folder, name) for folder in self.site]
        return next((place for place in places if recall.there(place)), places[0])

    def _at(self, path: str) -> tuple[str, bytes] | None:
        try:
            return path, read(path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
            return None


class Recorded:
    """A library that remembers what it was asked for: implements lang.Library."""

    def __init__(self, library: Folders) -> None:
        self.library = library
        self.looked: list[Looked] = []

    def find(self, location: str, name: str) -> tuple[str, bytes] | None:
        """As Folders.find."""
        found = self.library.find(location, name)
        self.looked.append(Looked(location, name, _digest(found)))
        return found


def _digest(found: tuple[str, bytes] | None) -> bytes:
    return compiled.digest([found[0].encode(), found[1]]) if found else b""


def folders(settings: Settings, home: str) -> Folders:
    """The folders of included scripts for this user."""
    personal = (expand(settings.user_rules_dir, home=home, recipient=""),) if home else ()
    return Folders(personal, (settings.rules_dir, SHIPPED), home)


def site_files(settings: Settings) -> tuple[str, ...]:
    """The paths of the site's rule files; a name that is nowhere stays as it is."""
    return tuple(_site_file(name, settings) for name in settings.rules)


def _site_file(name: str, settings: Settings) -> str:
    if "/" in name:
        return name
    places = [os.path.join(folder, name) for folder in (settings.rules_dir, SHIPPED)]
    return next((place for place in places if recall.there(place)), name)


def user_file(settings: Settings, home: str) -> str | None:
    """The user's rule file, or None. TryAgain where the home cannot be looked into."""
    for template in settings.user_rules:
        if template.startswith("~") and not home:
            continue
        path = expand(template, home=home, recipient="")
        try:
            recall.status(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            return path  # it is there and closed to us: a problem of that file, told like any other
        except OSError as failed:
            raise TryAgain(f"{path}: {failed.strerror}") from failed
        return path
    return None


def load(settings: Settings, home: str, given: Sequence[str] = (), cache: str = "") -> Rulebook:
    """All rules of a delivery; `cache` is the folder of compiled.py. TryAgain for a broken file of the site."""
    places = (settings.rules, settings.rules_dir, settings.user_rules, settings.user_rules_dir, home, *given)
    return recall.once(("rules", os.geteuid(), *places), lambda: _load(settings, home, given, cache))


def _load(settings: Settings, home: str, given: Sequence[str], cache: str) -> Rulebook:
    library = folders(settings, home)
    plans: list[Plan] = []
    problems: list[Problem] = []
    user = user_file(settings, home) if not given else None
    for path in given or site_files(settings):
        if given and is_users(path):
            problems += _add(plans, path, cache, library, suspicious(path, named=True))
        elif wrong := _add(plans, path, cache, library):
            raise TryAgain(f"site rules: {wrong[0]}", "4.3.5")
    plans = together(plans)
    if user is not None:
        problems += _add(plans, user, cache, library, suspicious(user))
    return Rulebook(tuple(plans), tuple(problems))


def together(plans: list[Plan]) -> list[Plan]:
    """Postfix tables side by side are one pass through the message, as they are in cleanup(8)."""
    if sum(any(isinstance(step, Scan) for step in plan.steps) for plan in plans) < 2:
        return plans
    from mdafilter.words import scan

    return list(scan.together(plans))


def _add(
    plans: list[Plan], path: str, cache: str, library: Folders, untrusted: tuple[str, str] | None = None
) -> tuple[Problem, ...]:
    """Adds the plan of a file, or returns what is wrong with it."""
    try:
        text = read(path)
    except OSError as failed:
        return (Problem(path, 1, 1, f"cannot be read: {failed.strerror}"),)
    except RuleErrors as wrong:
        return wrong.problems
    if untrusted:
        return (Problem(path, 1, 1, untrusted[0], hint=untrusted[1]),)
    try:
        plans.append(plan_of(path, text, cache, library))
    except RuleErrors as wrong:
        return wrong.problems
    return ()


def read(path: str) -> bytes:
    """A rule file. OSError as open(2) gives it; RuleErrors for one that is too large."""
    text = recall.read(path, limits.SCRIPT_OCTETS + 1)
    if len(text) > limits.SCRIPT_OCTETS:
        raise RuleErrors([Problem(path, 1, 1, f"the file is longer than {limits.SCRIPT_OCTETS} octets", "divide it")])
    return text


def plan_of(path: str, text: bytes, cache: str, library: Folders) -> Plan:
    """The plan of a rule file, compiled now or before. RuleErrors with all that is wrong."""
    common = path, text, library.site
    kept: object = _shipped.get(common)
    if isinstance(kept, Kept) and _unchanged(kept, library):
        return kept.plan
    key = [path.encode(), text, *(f.encode() for f in library.personal + library.site)]
    kept = compiled.load(cache, path, key)
    if not (isinstance(kept, Kept) and _unchanged(kept, library)):
        from mdafilter import lang  # most deliveries find their plan compiled

        recorded = Recorded(library)
        kept = Kept(lang.compile(text, shown(path), recorded).plan, tuple(recorded.looked))
        compiled.save(cache, path, key, kept)
    if path.startswith(f"{SHIPPED}/") and not any(one.location == "personal" for one in kept.looked):
        if len(_shipped) >= limits.RECALLED:
            _shipped.clear()  # the site's folders change all the time
        _shipped[common] = kept
    return kept.plan


_shipped: dict[tuple[str, bytes, tuple[str, ...]], Kept] = {}  # plans of shipped files: they are the same for all users


def included(path: str, library: Folders) -> Plan | None:
    """The plan of a procmailrc that another one reads when it runs, or None. RuleFailed with what is wrong with it."""
    from mdafilter.lang import procmail

    try:
        text = read(path) if os.path.isfile(path) else None
        untrusted = suspicious(path, named=True)
        if untrusted and text is not None:
            raise RuleFailed(f"{path}: {untrusted[0]}")
        return None if text is None else procmail.included(text, shown(path), library)
    except OSError:
        return None  # procmail passes over what it cannot read
    except RuleErrors as wrong:
        raise RuleFailed(str(wrong.problems[0])) from None


def _unchanged(kept: Kept, library: Folders) -> bool:
    """Whether each include would find today what it found then: a file that is new or gone counts as a change."""
    try:
        return all(_digest(library.find(one.location, one.name)) == one.found for one in kept.looked)
    except (OSError, RuleErrors):
        return False  # compiling says what is wrong with it


def is_users(path: str) -> bool:
    """Whether the file is the user's own that we run as; root has none."""
    try:
        owner = recall.status(path).st_uid
    except OSError:
        return False
    return owner == os.geteuid() and owner != 0


def suspicious(path: str, *, named: bool = False) -> tuple[str, str] | None:
    """Why a user's rule file is not believed, and what to do; None if it is: procmail(1), "Suspicious rcfile".

    It must be the user's or root's. Neither it nor its folder may be for everybody to write to, nor for a group, but
    the user's own (Debian gives each user one, and umask 002 with it); of a folder with the sticky bit that is no
    matter. A file that was `named`, and is not one of those that are looked for, may be for a group to write to.
    """
    folder = os.path.dirname(path) or "."
    try:
        file, above = recall.status(path), recall.status(folder)
    except OSError:
        return None  # whoever reads it says so
    if file.st_uid not in (os.geteuid(), 0):
        return "this file belongs to somebody else", f"chown it to this user, or to root: {path}"
    for place, info, what in ((path, file, "this file"), (folder, above, "the folder of this file")):
        if info is above and info.st_mode & stat.S_ISVTX:
            continue
        if info.st_mode & 0o002:
            return f"everybody may write to {what}", f"chmod go-w {place}"
        if not named and info.st_mode & 0o020 and info.st_gid != _own_group():
            return f"the group {info.st_gid} may write to {what}", f"chmod go-w {place}"
    return None


def _own_group() -> int:
    """The group that passwd(5) says; of a user that it does not know, the one that we run as."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_gid
    except KeyError:
        return os.getegid()


def writable_by_others(path: str) -> str:
    """Why a user's table cannot be trusted; "" if it can. A group of the user alone (Debian's default) may write."""
    info = os.stat(path)
    if info.st_mode & 0o002:
        return "everybody may write to this file"
    if info.st_mode & 0o020 and info.st_gid != os.getegid():
        return f"the group {info.st_gid} may write to this file"
    return ""
