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
    """`best` is min or max; "" is a figure without one. What is `compared` has ratios, as the first column has."""

    title: str
    best: str = "min"
    digits: int = 2
    compared: bool = False


class Table:
    """Rows of samples; the first row is what the others are compared with, in columns that have a best."""

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

    @staticmethod
    def _shown(column: Column, values: list[float]) -> list[str]:
        best = {"min": [min(values)], "max": [max(values)]}.get(column.best, [])
        return [f"{value:.{column.digits}f}" for value in (median(values), *best)]

    def show(self, *, ratio: bool = True) -> None:
        """Prints it."""
        print(f"\n{self.title}" + (f" [goal: {self.goal}]" if self.goal else ""))
        compared = [column.compared or (ratio and not n) for n, column in enumerate(self.columns)]
        titles: list[str] = []
        for column, with_ratio in zip(self.columns, compared, strict=True):
            titles += [column.title, column.best] if column.best else [column.title]
            titles += ["ratio", f"of {column.best}"] if with_ratio else []
        print(f"  {'':<30}" + "".join(f"{title:>13}" for title in titles))
        first = next(iter(self.rows.values()), [])
        for name, samples in self.rows.items():
            cells: list[str] = []
            for column, values, base, with_ratio in zip(self.columns, samples, first, compared, strict=True):
                best = max if column.best == "max" else min
                cells += self._shown(column, values)
                cells += [_two(values, base, median), _two(values, base, best)] if with_ratio else []
            print(f"  {name:<30}" + "".join(f"{cell:>13}" for cell in cells))
        print(f"  load {os.getloadavg()[0]:.2f} in the last minute", flush=True)


def _two(values: list[float], first: list[float], of: Callable[[list[float]], float]) -> str:
    return f"{of(values) / of(first):.2f}"
