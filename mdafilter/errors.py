"""Every way in which mdafilter fails, and what each means for the message.

| raised                | means for the message                                                                  |
| --------------------- | -------------------------------------------------------------------------------------- |
| TryAgain              | not delivered, nothing half done: exit 75 / 451, Postfix keeps it and comes back        |
| ProgramFailed         | a program did not take the message: TryAgain                                            |
| OverQuota             | the mailbox is full: TryAgain, or refused where over_quota says so; nothing is half done |
| RuleErrors            | a rule file does not compile: of the site, TryAgain; of the user, the inbox and a notice |
| RuleFailed            | a rule failed while it ran (a limit, a bad address): keep, and the journal says so      |
| RuleStalled           | a pattern used up its time: that one rule is skipped, the others run, the journal says so |
| ActFailed             | an act of a Try cannot be done; all is undone, and decided again without it (procmail) |
| SettingsError         | the configuration is wrong: TryAgain at delivery, file:line for the admin                |

An exception that is none of these is a defect of ours; the doors turn it into 75 as well.
Sources: sysexits(3) for 75, RFC 3463 for the enhanced status codes, RFC 5228 section 2.10.6 for "keep".
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class MdafilterError(Exception):
    """The base of all errors that mdafilter raises on purpose."""


class TryAgain(MdafilterError):
    """The delivery cannot be done now. `status` is an enhanced status code of class 4 (RFC 3463)."""

    def __init__(self, text: str, status: str = "4.3.0") -> None:
        super().__init__(text)
        self.text = text
        self.status = status


class OverQuota(TryAgain):
    """There is no room in the mailbox (RFC 3463, X.2.2: "should be used as a persistent transient failure")."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "4.2.2")


class ProgramFailed(TryAgain):
    """A program did not take the message. `exit_status` is that of the shell; None is too long, or no start."""

    def __init__(self, text: str, exit_status: int | None) -> None:
        super().__init__(text)
        self.exit_status = exit_status


class ActFailed(MdafilterError):
    """An act cannot be carried out, and the rules say what to do then. `at` is the place of its plan.Try.

    Nothing is half done, but for `ran`: the programs that had the message already, as their targets name them, and what
    a retry knows them by (targets.Staged). `exit_status` is that of a program which failed.
    """

    def __init__(
        self, at: Any, text: str, ran: Mapping[str, Any] | None = None, exit_status: int | None = None
    ) -> None:
        super().__init__(text)
        self.at = at
        self.text = text
        self.ran = ran or {}
        self.exit_status = exit_status


class SettingsError(MdafilterError):
    """The configuration is wrong; the text begins with file:line: where that is known."""


class Problem(Value):
    """One error or warning of a rule file, as `check` prints it.

    `line` and `column` count from 1; `column` counts characters. `source` is the text of that line. `code` names the
    lint (mdafilter/lint), or the kind of mistake where a language says so.
    """

    file: str
    line: int
    column: int
    text: str
    hint: str = ""
    source: str = ""
    length: int = 1
    severity: str = "error"  # or "warning"
    code: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.text}"

    def show(self) -> str:
        """The problem with its line, a caret and the hint: two to four lines, no newline at the end."""
        lines = [str(self)]
        if self.source:
            shown = self.source.expandtabs(1)
            start = max(0, self.column - 61) if len(shown) > 100 else 0
            lines.append("  | " + shown[start : start + 100])
            lines.append("  | " + " " * (self.column - 1 - start) + "^" + "~" * (self.length - 1))
        if self.hint:
            lines.append(f"  = {self.hint}")
        return "\n".join(lines)


class RuleErrors(MdafilterError):
    """A rule file does not compile. Carries all of its problems at once, and what else there is to warn of."""

    def __init__(self, problems: Sequence[Problem], warnings: Sequence[Problem] = ()) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
        self.warnings = tuple(warnings)


class RuleFailed(MdafilterError):
    """A rule that compiled failed on this message. The message is kept (RFC 5228, 2.10.6)."""


class BadFolder(RuleFailed):
    """No folder can have the name that a rule gives. The message is kept in the inbox."""


class RuleStalled(MdafilterError):
    """A condition used up the time that it may have. The engine takes it as "does not hold" and says so."""
