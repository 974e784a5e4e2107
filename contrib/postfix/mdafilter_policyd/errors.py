"""What can be wrong with the configuration: each fault with the place where it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """`file`:`line`:`column`: text. `hint` says what to do."""

    file: str
    line: int
    column: int
    text: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.text}" + (f" ({self.hint})" if self.hint else "")


class ConfigError(Exception):
    """The configuration, or a file that it names, cannot be used as it is. All that is wrong at once."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class StoreError(Exception):
    """The store does not answer, or has lost its mind: whoever asked goes on without it."""
