"""What was measured, as a table: medians, the best, the ratio to the first row, and what is aimed at."""

from __future__ import annotations

import os
from statistics import median

from mdafilter.values import Value


class Column(Value):
    """`best` is min or max; None is a figure without one."""

    title: str
    best: str = "min"
    digits: int = 2


class Table:
    """Rows of samples; the first row is what the others are compared with, in the first column."""

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

    def show(self, *, ratio: bool = True) -> None:
        """Prints it."""
        print(f"\n{self.title}" + (f" [goal: {self.goal}]" if self.goal else ""))
        heads = [text for column in self.columns for text in (column.title, column.best) if text]
        print("  " + f"{'':<30}" + "".join(f"{head:>12}" for head in [*heads[:2], *(["ratio"] * ratio), *heads[2:]]))
        base = next(iter(self.rows.values()))[0] if self.rows else []
        for name, samples in self.rows.items():
            cells = [f"{median(samples[0]) / median(base):12.2f}"] * ratio
            for number, (column, values) in enumerate(zip(self.columns, samples, strict=True)):
                shown = [median(values)]
                if column.best:
                    shown.append(max(values) if column.best == "max" else min(values))
                new = [f"{value:12.{column.digits}f}" for value in shown]
                cells = [*new, *cells] if number == 0 else [*cells, *new]
            print(f"  {name:<30}" + "".join(cells))
        print(f"  load {os.getloadavg()[0]:.2f} in the last minute", flush=True)
