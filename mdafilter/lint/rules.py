"""What a lint looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mdafilter.lint.sight import Sight, Spot
from mdafilter.values import Value

if TYPE_CHECKING:
    from mdafilter.plan import Plan


class Rules(Value):
    """A compiled rule file.

    `sight` knows places in Sieve scripts; `has_folder` asks the Maildir, None where there is none; `own` are
    addresses that are certainly the user's.
    """

    plan: Plan
    sight: Sight
    has_folder: Callable[[str], bool] | None = None
    own: tuple[str, ...] = ()


class Found(Value):
    """One warning. `near` is what the caret underlines, where it stands in the rule that begins at `at`."""

    at: Spot
    text: str
    hint: str
    near: str = ""
