"""The [sieve] table: its defaults are right, and each mistake is told."""

from __future__ import annotations

import pytest

from mdafilter.errors import SettingsError
from mdafilter.settings import parse
from mdafilter.sieveoptions import Options, check


def test_the_defaults_are_right() -> None:
    check(Options())
    assert Options().option("spamtest_status_header") == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spamtest_status_header", "X-A"),
        ("spamtest_text_value1", "no"),
        ("spamtest_text_value/0", ""),
        ("spamtest_text_value9", ""),
        ("spamtest_text_value", ""),
        ("spamtest_text_value²", ""),
        ("spamtest_texts", ""),
        ("nobody_text_value1", ""),
        ("vacation_nothing", ""),
    ],
)
def test_options_by_their_names(name: str, value: str) -> None:
    assert Options(spamtest_status_header="X-A", spamtest_texts=("", "no")).option(name) == value


def test_in_a_configuration() -> None:
    settings = parse([("a.toml", b'[sieve]\nvirustest_status_header = "X-V"\nspamtest_texts = ["", "no"]\n')])
    assert settings.sieve.option("virustest_status_header") == "X-V"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('spamtest_status_header = "X-A: (b"', "a.toml:2: [sieve] spamtest_status_header: "),
        ('virustest_max_header = "X-A: [b"', "a.toml:2: [sieve] virustest_max_header: "),
        ('spamtest_status_type = "stars"', "must be one of score, strlen, text"),
        ("nothing = 1", "unknown setting 'nothing'"),
    ],
)
def test_mistakes(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        parse([("a.toml", f"[sieve]\n{text}\n".encode())])
    assert said in str(wrong.value)
