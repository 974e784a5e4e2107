"""The [sieve] table of the configuration."""

from __future__ import annotations

import pytest

from mdafilter import settings, sieving
from mdafilter.errors import SettingsError
from mdafilter.sieving import Options, item, option, period, size


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


def test_lists_and_uses_have_a_name_and_a_place() -> None:
    wrong = Options(extlists=("tag:x ~/x", "tag:y", "tag:z "), special_use=("\\Junk Junk", "Junk Junk", "\\Sent"))
    with pytest.raises(SettingsError) as failed:
        sieving.check(wrong)
    assert str(failed.value).splitlines() == [
        "[sieve] extlists has lines like \"NAME PATH\", not 'tag:y'",
        "[sieve] extlists has lines like \"NAME PATH\", not 'tag:z '",
        "[sieve] special_use has lines like \"\\\\Junk Junk\" (use, folder), not 'Junk Junk'",
        "[sieve] special_use has lines like \"\\\\Junk Junk\" (use, folder), not '\\\\Sent'",
    ]


def test_every_period_is_a_setting() -> None:
    assert set(Options.PERIODS) == {name for name in Options._fields if name.endswith(("_period", "_timeout"))}
    sieving.check(Options())


@pytest.mark.parametrize("text", ["", "sender", "orig_recipient", "user_email", "postmaster", "<>", "<a@b.test>"])
def test_whose_address_an_envelope_has(text: str) -> None:
    sieving.check(Options(redirect_envelope_from=text, report_from=text, notify_mailto_envelope_from=text))


@pytest.mark.parametrize(
    "text", ["somebody", "a@b.test", "<a@b.test", "<a>", "<@b.test>", "<a b@c.test>", "<a\n@c.test>"]
)
def test_what_says_nobody(text: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        sieving.check(Options(report_from=text))
    assert str(wrong.value) == (
        "[sieve] report_from is one of sender, recipient, orig_recipient, user_email, postmaster,"
        f' or an address like "<ann@example.org>", not {text!r}'
    )


def test_a_number_is_not_below_zero() -> None:
    with pytest.raises(SettingsError) as wrong:
        sieving.check(Options(max_redirects=-1, environment=("a",)))
    assert str(wrong.value).splitlines() == [
        "[sieve] environment is a list of texts like \"NAME=value\", not 'a'",
        "[sieve] max_redirects is a number from 0 on",
    ]
    assert option(Options(max_actions=0), "max_actions") == "0"


def test_what_a_rule_is_told() -> None:
    assert option(Options(), "vacation_min_period") == "1d"
    assert option(Options(vacation_check_recipient=False), "vacation_check_recipient") == "no"
    assert option(Options(), "PERIODS") == option(Options(), "check") == option(Options(), "no_such") == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spamtest_status_header", "X-A"),
        ("spamtest_text_value1", "no"),
        ("spamtest_text_value/1", "no"),
        ("spamtest_text_value0", ""),
        ("spamtest_text_value9", ""),
        ("spamtest_text_value", ""),
        ("spamtest_text_value²", ""),
        ("nobody_text_value1", ""),
    ],
)
def test_marks_of_a_scanner(name: str, value: str) -> None:
    assert option(Options(spamtest_status_header="X-A", spamtest_texts=("", "no")), name) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('spamtest_status_header = "X-A: (b"', "m.toml:2: [sieve] spamtest_status_header: "),
        ('virustest_max_header = "X-A: [b"', "m.toml:2: [sieve] virustest_max_header: "),
        ('spamtest_status_type = "stars"', "must be one of score, strlen, text"),
    ],
)
def test_patterns_are_looked_at(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        settings.parse([("m.toml", f"[sieve]\n{text}\n".encode())])
    assert said in str(wrong.value)


def test_what_scripts_are_told_of_the_site() -> None:
    options = Options(environment=("class=silver", "Class = gold ", "a=b=c", "empty="))
    assert option(options, "environment/class") == option(options, "environment/CLASS") == "gold"
    assert option(options, "environment/a") == "b=c"
    assert option(options, "environment/empty") == option(options, "environment/none") == ""
    assert option(options, "other/class") == option(options, "/") == option(options, "environment/") == ""
    assert item("config.class", "", lambda name: option(options, name)) == "gold"
    assert item("config.none", "", lambda name: option(options, name)) is None
    assert item("username", "ann", str) == "ann"


@pytest.mark.parametrize("line", ["", "class", "=gold", " = gold"])
def test_what_tells_them_nothing_is_an_error(line: str) -> None:
    with pytest.raises(SettingsError, match=f'environment is a list of texts like "NAME=value", not {line!r}'):
        sieving.check(Options(environment=("a=b", line)))


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("4000", 4000), ("4k", 4096), ("4K", 4096), ("1m", 1048576)]
    + [(wrong, None) for wrong in ("", "k", "4kk", "4 k", "-1", "4g", "1.5k", "٤k", "9" * 10)],
)
def test_a_size(text: str, number: int | None) -> None:
    assert size(text) == number


def test_a_size_that_is_none_is_an_error() -> None:
    with pytest.raises(SettingsError) as wrong:
        sieving.check(Options(variables_max_variable_size="4 KB"))
    assert str(wrong.value) == '[sieve] variables_max_variable_size is a size like "4k" or "1m", not \'4 KB\''


def test_the_folder_and_the_line_ends_of_programs() -> None:
    with pytest.raises(SettingsError) as wrong:
        sieving.check(Options(pipe_bin_dir="bin", execute_input_eol="cr"))
    assert str(wrong.value).splitlines() == [
        "[sieve] pipe_bin_dir is the absolute path of a folder, not 'bin'",
        '[sieve] execute_input_eol is "crlf" or "lf", not \'cr\'',
    ]
    sieving.check(Options(pipe_bin_dir="/usr/lib/sieve", filter_exec_timeout="1m"))
