"""What examples/run starts inside the virtual environment: delivers every example, prints a table, says what is wrong.

    python -m examples.table MDAFILTER-DELIVER [NAME...]

The mailbox is made fresh in a temporary folder, which is printed and kept. Started by root, everything is done as
`nobody`: mdafilter delivers nothing as root. Exit status: 0 if each message is where its expect.toml says.
"""

from __future__ import annotations

import os
import pwd
import shutil
import sys
import tempfile
import textwrap
from pathlib import Path

from examples.situations import HERE, Mailbox, Result, Situation, deliver, every, mistakes
from mdafilter.testing import run, tap


def mailbox() -> Mailbox:
    """A home with nothing in it."""
    top = Path(tempfile.mkdtemp(prefix="mdafilter-examples."))
    if os.geteuid() != 0:
        return Mailbox(top)
    nobody = pwd.getpwnam("nobody")
    os.chown(top, nobody.pw_uid, nobody.pw_gid)
    return Mailbox(top, nobody.pw_uid, nobody.pw_gid)


def row(columns: list[tuple[str, int]]) -> str:
    """One row of the table: each text in its column, folded where it is too long for it."""
    cells = [textwrap.wrap(text, width) or [""] for text, width in columns]
    height = max(map(len, cells))
    lines = []
    for n in range(height):
        parts = [(c[n] if n < len(c) else "").ljust(w) for c, (_t, w) in zip(cells, columns, strict=True)]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def show(situation: Situation, result: Result, widths: list[int]) -> list[str]:
    """Prints the row of a message; what is wrong with it comes back."""
    folder = ", ".join(sorted(result.files)) or "nowhere"
    print(row(list(zip([situation.name, folder, printable(result.why)], widths, strict=True))), flush=True)
    wrong = mistakes(situation, result)
    for text in wrong:
        print(textwrap.indent(printable(text), "    WRONG: "), flush=True)
    return wrong


def rehearse(names: set[str]) -> int:
    """Runs the test files that lie in these folders, as `mdafilter test` does; how many cases failed comes back."""
    reports = [run.run(str(path)) for path in sorted(HERE.glob("*/*.svtest")) if path.parent.name in names]
    failed = sum(result.reason is not None for report in reports for result in report.results)
    if failed:
        print("\n".join(tap.lines(reports)))
    elif reports:
        files = ", ".join(os.path.relpath(report.file, HERE) for report in reports)
        print(f"{files}: {tap.count(sum(len(report.results) for report in reports), failed)}")
    return failed


def printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def main(argv: list[str]) -> int:
    command, *names = argv
    there = mailbox()
    chosen = [s for s in every() if not names or s.name in names]
    left = max([len(s.name) for s in chosen], default=10)
    widths = [left, 12, max(40, shutil.get_terminal_size((120, 24)).columns - left - 16)]
    print(row(list(zip(["message", "folder", "why"], widths, strict=True))))
    print(row([("-" * w, w) for w in widths]))
    wrong, answered = 0, False
    for situation in chosen:
        result = deliver(situation, [command], there)
        answered = answered or result.scored is not None
        wrong += bool(show(situation, result, widths))
    print()
    wrong += rehearse({s.name for s in chosen})
    if not answered:
        print("spamd was not asked: none answered. Everything else works without it; to have it: apt-get install spamd")
    print(f"{len(chosen)} messages, {len(chosen) - wrong} as expected. The mailbox is {there.maildir}")
    print(f"Its journal is {there.journal}")
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
