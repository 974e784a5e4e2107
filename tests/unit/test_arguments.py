"""The options of mdafilter-deliver."""

from __future__ import annotations

import pytest

from mdafilter.arguments import OPTIONS, Arguments, parse, usage
from mdafilter.errors import TryAgain


@pytest.mark.parametrize(
    ("argv", "arguments"),
    [
        ([], Arguments()),
        (["-f", "a@b", "-r", "c@d"], Arguments(sender="a@b", recipient="c@d")),
        (["-fa@b", "--recipient=c@d"], Arguments(sender="a@b", recipient="c@d")),
        (["-f", ""], Arguments(sender="")),
        (["--sender="], Arguments(sender="")),
        (["-R", "one", "-Rtwo", "--rules", "three"], Arguments(rules=("one", "two", "three"))),
        (["-n", "--maildir", "/m"], Arguments(dry_run=True, maildir="/m")),
        (["-e", "-x"], Arguments(extension="-x")),
    ],
)
def test_options(argv: list[str], arguments: Arguments) -> None:
    assert parse(argv) == arguments


@pytest.mark.parametrize("argv", [["-x"], ["--unknown"], ["file"], ["--dry-run=1"], ["-n1"], ["-f"], ["--rules"]])
def test_a_wrong_command_line_is_try_again_and_never_a_bounce(argv: list[str]) -> None:
    with pytest.raises(TryAgain) as caught:
        parse(argv)
    assert caught.value.status == "4.3.5"


def test_the_help_names_every_option() -> None:
    assert all(name in usage() for option in OPTIONS for name in option[:2])
