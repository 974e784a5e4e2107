"""INCLUDERC and SWITCHRC of a procmailrc: other files, whose recipes see and change our variables (procmailrc(5)).

    a name that is known      read when the file is compiled: of texts, $HOME, $MAILDIR, and variables made of these
    another one               read when the rule runs: $LOGNAME, $MATCH, `commands` (words/rcfile.py)
    SWITCHRC                  ends this file behind the other one; without a name, or with that of /dev/null, at once

A file that is not there is passed over, as procmail does; this file goes on then.

In: the walk through the file that names another one, its line, and the name. Out: steps. A file that is included too
deeply, or one of too many, is an error.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang.problems import Problems
from mdafilter.lang.procmail.lines import logical_lines
from mdafilter.plan import Read, Stop
from mdafilter.texts import Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.rcfile import OtherFile

if TYPE_CHECKING:
    from mdafilter.lang.problems import Line
    from mdafilter.lang.procmail.recipes import Recipes
    from mdafilter.plan import Step
    from mdafilter.texts import Text

HOME = "\0"  # stands for the home in what is known; a ~ is nothing but itself to procmail


def read(recipes: Recipes, line: Line, name: str, spelled: Text, known: str | None) -> list[Step]:
    """The steps of `name`=`spelled`, whose value may be known."""
    where = Where(recipes.file, line.number)
    switches = name == "SWITCHRC"
    path = _path(recipes, known)
    if path is None:
        recipes.shared.complete = False
        recipes.shared.known.clear()
        return [Read(OtherFile(spelled), tuple(end(recipes, where)) if switches else (), where)]
    if switches and known in ("", "/dev/null"):
        return end(recipes, where)
    found = _found(recipes, line, name, path)
    return [] if found is None else [*found, *(end(recipes, where) if switches else ())]


def end(recipes: Recipes, where: Where) -> list[Step]:
    """The end of the file."""
    recipes.ends = True
    return [Stop("file", "", where)]


def _path(recipes: Recipes, known: str | None) -> str | None:
    """Absolute, or below a ~; None where it is not known."""
    if known is None:
        return None
    path = known
    if not path.startswith(("/", HOME)):
        folder = recipes.shared.known.get("MAILDIR")
        if folder is None:
            return None
        path = f"{folder}/{path}"
    if not path.startswith(("/", HOME)):
        path = f"{HOME}/{path}"
    return path.replace(HOME, "~", 1) if path.startswith(HOME) else path


def _found(recipes: Recipes, line: Line, variable: str, path: str) -> tuple[Step, ...] | None:
    """The steps of the file at the path; None where there is none."""
    from mdafilter.lang.procmail.recipes import Recipes as Walk

    at = max(line.text.find(variable), 0)
    shared = recipes.shared
    if recipes.including >= limits.INCLUDE_DEPTH or len(shared.included) >= limits.INCLUDES:
        what = f"files are included deeper than {limits.INCLUDE_DEPTH}, or more than {limits.INCLUDES} are"
        recipes.problems.error(line, what, "put several into one", at=at)
        return None
    found = shared.library.find("path", path) if shared.library and "\0" not in path else None
    if found is None:
        hint = "write $HOME for a ~" if "/~" in path else "procmail does so, too"
        recipes.problems.warn(line, f"{path} is not there: it is passed over", hint, at=at)
        return None
    name, text = found
    decoded = text.decode("utf-8", "surrogateescape")
    problems = Problems(name, decoded)
    shared.included.append(name)
    steps = Walk(logical_lines(decoded), name, problems, shared, recipes.including + 1).whole()
    recipes.problems.errors += problems.errors
    recipes.problems.warnings += problems.warnings
    return steps
