"""The [sieve] table of the configuration."""

from __future__ import annotations

import pytest

from mdafilter import settings, sieving
from mdafilter.errors import SettingsError
from mdafilter.sieving import Options, option, period


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90", 90), ("30s", 30), ("10m", 600), ("12h", 43200), ("7d", 604800), ("2w", 1209600)],
)
def test_a_period(text: str, seconds: int) -> None:
    assert period(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "-1d", "1.5h", "7 d", "7y", "dd", "1dd", "٣d", "9" * 13, "3651d", "d7"])
def test_what_is_no_period(text: str) -> None:
    assert period(text) is None


def test_what_is_wrong_is_said_with_its_line() -> None:
    text = b'[sieve]\nvacation_min_period = "1d"\nduplicate_max_period = "two days"\nvacation_max_period = "x"\n'
    with pytest.raises(SettingsError) as wrong:
        settings.parse([("m.toml", text)])
    assert str(wrong.value).splitlines() == [
        'm.toml:3: [sieve] duplicate_max_period is a period like "12h" or "7d", at most ten years, not \'two days\'',
        'm.toml:4: [sieve] vacation_max_period is a period like "12h" or "7d", at most ten years, not \'x\'',
    ]


def test_every_period_is_a_setting() -> None:
    assert set(Options.PERIODS) == {name for name in Options._fields if name.endswith(("_period", "_timeout"))}
    sieving.check(Options())


def test_what_a_rule_is_told() -> None:
    assert option(Options(), "vacation_min_period") == "1d"
    assert option(Options(vacation_check_recipient=False), "vacation_check_recipient") == "no"
    assert option(Options(), "PERIODS") == option(Options(), "check") == option(Options(), "no_such") == ""


def test_the_folder_and_the_line_ends_of_programs() -> None:
    with pytest.raises(SettingsError) as wrong:
        sieving.check(Options(pipe_bin_dir="bin", execute_input_eol="cr"))
    assert str(wrong.value).splitlines() == [
        "[sieve] pipe_bin_dir is the absolute path of a folder, not 'bin'",
        '[sieve] execute_input_eol is "crlf" or "lf", not \'cr\'',
    ]
    sieving.check(Options(pipe_bin_dir="/usr/lib/sieve", filter_exec_timeout="1m"))
