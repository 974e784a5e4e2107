"""Test files for tests: written into a folder, run, and what came of each case."""

from __future__ import annotations

from pathlib import Path

from mdafilter.testing.run import Report, run

ALL = (
    *("relational", "comparator-i;ascii-numeric", "fileinto", "mailbox", "variables", "reject", "envelope", "copy"),
    *("editheader", "imap4flags", "environment", "include", "ihave", "spamtest", "virustest", "body", "foreverypart"),
    *("subaddress", "regex"),
)
HEAD = "require [" + ", ".join(f'"{name}"' for name in ("vnd.dovecot.testsuite", *ALL)) + "];\n"


def rehearse(folder: Path, text: str, **files: str) -> Report:
    """Runs the text as a test file, all capabilities required; `files` lie beside it, their names without .sieve."""
    for name, content in files.items():
        (folder / f"{name}.sieve").write_text(content)
    path = folder / "it.svtest"
    path.write_text(HEAD + text)
    return run(str(path))


def reasons(folder: Path, text: str, **files: str) -> list[str | None]:
    """The reason of each case; None is one that passed."""
    return [result.reason for result in rehearse(folder, text, **files).results]


def reason(folder: Path, text: str, **files: str) -> str | None:
    """The reason of the one case that this is the body of."""
    (found,) = reasons(folder, f'test "it" {{\n{text}\n}}\n', **files)
    return found
