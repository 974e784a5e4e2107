"""What was measured, as a table: medians, the best, their ratios to the first row, and what is aimed at.

Where the machine does other things at the same time, the ratio of the best says more than that of the medians.
"""

from __future__ import annotations

import os
from statistics import median

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable


class Column(Value):
    """`best` is min or max; "" is a figure without one."""

    title: str
    best: str = "min"
    digits: int = 2


class Table:
    """Rows of samples; the first row is what the others are compared with, in the first column (which has a best)."""

    def __init__(self, title: str, *columns: Column, goal: str = "") -> None:
        self.title = title
        self.columns = columns
        self.goal = goal
        self.rows: dict[str, list[list[float]]] = {}

    def add(self, name: str, *samples: float) -> None:
        """One sample of each column."""
        row = self.rows.setdefault(name, [[] for _ in self.columns])
        for values, sample in zip(row, samples, strict=True):
            values.append(sample)

    def _best(self, values: list[float]) -> float:
        return max(values) if self.columns[0].best == "max" else min(values)

    @staticmethod
    def _shown(column: Column, values: list[float]) -> list[str]:
        best = {"min": [min(values)], "max": [max(values)]}.get(column.best, [])
        return [f"{value:.{column.digits}f}" for value in (median(values), *best)]

    def show(self, *, ratio: bool = True) -> None:
        """Prints it."""
        print(f"\n{self.title}" + (f" [goal: {self.goal}]" if self.goal else ""))
        ratios = ["ratio", f"of {self.columns[0].best}"] if ratio else []
        heads = [[column.title, column.best] if column.best else [column.title] for column in self.columns]
        titles = [*heads[0], *ratios, *(title for head in heads[1:] for title in head)]
        print(f"  {'':<30}" + "".join(f"{title:>12}" for title in titles))
        first = next(iter(self.rows.values()))[0] if self.rows else []
        for name, samples in self.rows.items():
            shown = [self._shown(*pair) for pair in zip(self.columns, samples, strict=True)]
            compared = [_two(samples[0], first, median), _two(samples[0], first, self._best)] if ratio else []
            cells = [*shown[0], *compared, *(cell for cells in shown[1:] for cell in cells)]
            print(f"  {name:<30}" + "".join(f"{cell:>12}" for cell in cells))
        print(f"  load {os.getloadavg()[0]:.2f} in the last minute", flush=True)


def _two(values: list[float], first: list[float], of: Callable[[list[float]], float]) -> str:
    return f"{of(values) / of(first):.2f}"
