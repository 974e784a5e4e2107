"""Settings under Pigeonhole's names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mdafilter import limits
from mdafilter.testing.config import LIMITS, Config, number


@pytest.fixture
def config() -> Iterator[Config]:
    made = Config()
    yield made
    made.restore()


def test_every_limit_is_one() -> None:
    assert all(isinstance(getattr(limits, name), int | float) for name in LIMITS.values())


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_limit_is_in_force_from_the_reload_on_until_it_is_unset(config: Config, name: str) -> None:
    shipped = getattr(limits, LIMITS[name])
    config.set(name.upper(), "7")
    assert getattr(limits, LIMITS[name]) == shipped
    config.reload()
    assert getattr(limits, LIMITS[name]) == 7
    config.unset(name)
    config.reload()
    assert getattr(limits, LIMITS[name]) == shipped


def test_younger_names(config: Config) -> None:
    config.set("sieve_variables_max_value_size", "7")
    config.reload()
    assert config.option("variables_max_variable_size") == "7"
    assert list(config.unknown) == []
    config.unset("sieve_variables_max_value_size")
    config.reload()
    assert config.option("variables_max_variable_size") is None


def test_all_limits_come_back(config: Config) -> None:
    shipped = limits.ACTIONS
    config.set("sieve_max_actions", "1")
    config.reload()
    config.restore()
    assert shipped == limits.ACTIONS


def test_options_and_settings(config: Config) -> None:
    config.set("sieve_vacation_min_period", "1h")
    config.set("recipient_delimiter", "-")
    config.set("sieve_vacation_check_recipient", "False")
    config.set("sieve_env_x", "1")
    config.set("sieve_environment/y", "2")
    config.reload()
    assert config.option("vacation_min_period") == "1h"
    assert config.option("vacation_max_period") is None
    assert config.option("vacation_check_recipient") == "no"
    assert config.settings() == {"recipient_delimiter": "-"}
    assert (config.environment("x"), config.environment("y"), config.environment("z")) == ("1", "2", None)
    assert list(config.unknown) == []


def test_what_means_nothing(config: Config) -> None:
    config.set("mail_plugins", "sieve")
    config.set("sieve_nobody_knows", "1")
    assert list(config.unknown) == ["mail_plugins", "sieve_nobody_knows"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("4k", 4096),
        ("4 KiB", 4096),
        ("1M", 1 << 20),
        ("2s", 2.0),
        ("2secs", 2.0),
        ("500ms", 0.5),
        ("1h", 3600.0),
        ("", None),
        ("many", None),
        ("5 apples", None),
        ("9" * 50, None),
        ("-1", None),
    ],
)
def test_numbers(text: str, value: float | None) -> None:
    assert number(text) == value


def test_external_lists(config: Config) -> None:
    config.set("sieve_extlists_list/tag:A/path", "a")
    config.set("sieve_extlists_list/b/path", "file:/x/b")
    config.reload()
    assert config.lists("/home") == ("tag:A /home/a", "b /x/b")
    assert list(config.unknown) == []


@pytest.mark.parametrize(("value", "ours"), [("yes", "no"), ("TRUE", "no"), ("no", "yes"), ("", "yes")])
def test_an_older_name_may_say_the_opposite(config: Config, value: str, ours: str) -> None:
    config.set("sieve_vacation_dont_check_recipient", value)
    config.reload()
    assert config.option("vacation_check_recipient") == ours
    config.unset("sieve_vacation_dont_check_recipient")
    config.reload()
    assert config.option("vacation_check_recipient") is None
    assert not config.unknown


@pytest.mark.parametrize("name", ["sieve_environment/Mood", "sieve_env_mood"])
def test_what_a_site_says_of_itself(config: Config, name: str) -> None:
    config.set(name, "good")
    config.reload()
    assert config.option("environment/mood") == config.environment("mood") == "good"
    assert config.option("environment/other") is None
