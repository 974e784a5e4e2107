"""What a check thinks of a request. Opinions are values; what is done about all of them together is decide.py's.

Pass      nothing against it
Points    so many points of suspicion; negative ones are trust. They are summed up over all checks
Prepend   a header field to be put before the message
Defer     try again later: Postfix answers 450, unless another restriction rejects (DEFER_IF_PERMIT)
Reject    no; `text` may begin with a code (554 5.7.1), else it is 554 5.7.1
Accept    yes, and no further check is asked
Action    anything else that access(5) allows, as it is ("HOLD", "REDIRECT user@example.org")
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Pass:
    why: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    points: float
    why: str


@dataclass(frozen=True, slots=True)
class Prepend:
    field: str


@dataclass(frozen=True, slots=True)
class Defer:
    text: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    text: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Accept:
    why: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    text: str
    why: str = ""


Opinion: TypeAlias = Pass | Points | Prepend | Defer | Reject | Accept | Action
