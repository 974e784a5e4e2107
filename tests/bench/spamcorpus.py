"""Messages of a folder or a tar, each with its kind and its time, and how they are split to teach and to ask."""

from __future__ import annotations

import email.utils
import random
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    """A message of the corpus in a file."""

    spam: bool
    time: float
    path: Path


def corpus(given: Path, folder: Path) -> list[Sample]:
    """All messages, as files of `folder`, where the "From " line of a mailbox is left out."""
    samples = []
    folder.mkdir()
    for number, (name, raw) in enumerate(_files(given)):
        kinds = {"spam", "ham"} & set(name.lower().split("/")[:-1])
        if len(kinds) == 1 and raw:
            path = folder / f"{number:06}"
            path.write_bytes(raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw)
            samples.append(Sample("spam" in kinds, _time(raw), path))
    if not samples:
        raise SystemExit(f"{given}: no messages in folders named ham and spam")
    return samples


def _files(given: Path) -> list[tuple[str, bytes]]:
    if given.is_dir():
        return [(str(p.relative_to(given)), p.read_bytes()) for p in sorted(given.rglob("*")) if p.is_file()]
    with tarfile.open(given) as tar:
        read = [(one.name, tar.extractfile(one)) for one in tar.getmembers() if one.isfile()]
        return [(name, file.read()) for name, file in read if file]


def _time(raw: bytes) -> float:
    """When it was delivered, as its From line or its topmost Received says, not its sender; else by its Date."""
    head = raw.partition(b"\n\n")[0].decode("latin-1")
    received = re.search(r"^Received:(?:.|\n[ \t])*?;([^\n]*)", head, re.MULTILINE | re.IGNORECASE)
    date = re.search(r"^Date:([^\n]*)", head, re.MULTILINE | re.IGNORECASE)
    for found in (re.match(r"From \S+\s+([^\n]*)", head), received, date):
        parsed = email.utils.parsedate_tz(found[1].strip()) if found else None
        if parsed:
            try:
                return email.utils.mktime_tz(parsed)
            except (ValueError, OverflowError):
                continue
    return 0.0


def in_time(samples: list[Sample]) -> list[tuple[list[Sample], list[Sample]]]:
    """The first two thirds are taught, the last one is asked."""
    order = sorted(samples, key=lambda one: one.time)
    cut = len(order) * 2 // 3
    return [(order[:cut], order[cut:])]


def folds(samples: list[Sample], many: int) -> list[tuple[list[Sample], list[Sample]]]:
    """In an order of chance, the same each time."""
    order = list(samples)
    random.Random(1).shuffle(order)
    return [([s for i, s in enumerate(order) if i % many != k], order[k::many]) for k in range(many)]
