"""The configuration: what it says, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter_policyd.config import Config, load, parse, placed
from mdafilter_policyd.errors import ConfigError, Fault
from tests.support.policyd_core import installed


@pytest.fixture(autouse=True)
def _checks(tmp_path: Path) -> Iterator[None]:
    with installed(tmp_path, alpha=1, beta=2):
        yield


def read(text: str) -> Config:
    return parse(text.encode(), "policyd.toml")


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as failed:
        parse(text.encode() if isinstance(text, str) else text, "policyd.toml")
    return [str(fault) for fault in failed.value.faults]


def test_an_empty_file_is_one() -> None:
    config = read("")
    assert config == Config(file="policyd.toml", recipients=config.recipients)
    assert config.checks == ()


def test_a_table_is_the_options_of_its_check() -> None:
    config = read(
        'reject_at = 5\n[beta]\nmode = "warn"\nhosts = ["a", "b"]\nweight = 2\n[alpha]\nmode = "on"\nseconds = 1\n'
    )
    alpha, beta = config.checks
    assert (alpha.name, alpha.stage, alpha.mode, alpha.seconds) == ("alpha", 1, "on", 1.0)
    assert (beta.name, beta.stage, beta.mode, beta.seconds) == ("beta", 2, "warn", config.check_seconds)
    assert (beta.options.hosts, beta.options.weight) == (("a", "b"), 2.0)
    assert config.reject_at == 5.0


def test_checks_without_a_mode_have_that_of_all() -> None:
    config = read('mode = "warn"\n[alpha]\nmode = "on"\n')
    assert [(one.name, one.mode) for one in config.checks] == [("alpha", "on"), ("beta", "warn")]
    assert [(one.name, one.mode) for one in read("[alpha]\n").checks] == [("alpha", "off")]


def test_opt_in_and_opt_out() -> None:
    config = read('opt_out = ["postmaster@"]\n[alpha]\nopt_in = ["example.org"]\n')
    assert config.recipients.wants("postmaster@example.org") is False
    assert config.checks[0].recipients.wants("x@example.net") is False


def test_everything_that_is_wrong_is_told_at_once_with_its_place() -> None:
    text = """\
lisen = []
listen = "unix:/run/x"
processes = 0
reject_at = -1
accept = "YES"
header_secret = "short"
socket_mode = "0999"
opt_out = ["two words"]
[alpha]
mode = "maybe"
  hots = ["a"]
hosts = ["a", 1]
number = 1.5
weight = inf
flag = 1
seconds = -1
opt_in = ["no one"]
[gamma]
mode = "on"
"""
    said = faults(text)
    assert [fault.partition(" (known")[0] for fault in said] == [
        "policyd.toml:1:1: unknown key 'lisen' in the top of the file",
        "policyd.toml:2:1: listen must be a list, each item a text, not 'unix:/run/x'",
        "policyd.toml:3:1: processes must be between 1 and 64",
        "policyd.toml:4:1: reject_at must not be negative (0 is never)",
        'policyd.toml:5:1: accept must be one of "DUNNO", "OK", not \'YES\'',
        "policyd.toml:6:1: header_secret must have 16 characters of ASCII, or more",
        "policyd.toml:7:1: socket_mode is no mode: '0999' (an octal text as \"0660\")",
        "policyd.toml:8:1: 'two words' is no recipient "
        "(user@example.org, user@, example.org, .example.org; or a file, /etc/... or ./...)",
        'policyd.toml:10:1: mode must be one of "off", "warn", "on", not \'maybe\'',
        "policyd.toml:11:3: unknown key 'hots' in [alpha]",
        "policyd.toml:12:1: hosts must be a list, each item a text, not ['a', 1]",
        "policyd.toml:13:1: number must be a whole number, not 1.5",
        "policyd.toml:14:1: weight must be a number, not inf",
        "policyd.toml:15:1: flag must be true or false, not 1",
        "policyd.toml:16:1: seconds must not be negative",
        "policyd.toml:17:1: 'no one' is no recipient "
        "(user@example.org, user@, example.org, .example.org; or a file, /etc/... or ./...)",
        "policyd.toml:18:2: unknown key 'gamma' in the top of the file",
    ]
    assert said[9].endswith("known: file, flag, hosts, mode, number, opt_in, opt_out, seconds, text, weight)")
    assert "alpha, beta, check_seconds" in said[0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a = \n", "policyd.toml:1:5: not TOML: Invalid value"),
        (b"a = 1\nb = '\xff'\n", "policyd.toml:2:6: not UTF-8"),
        ("alpha = 1", "policyd.toml:1:1: alpha is a table (write [alpha])"),
        ("processes = " + "9" * 5000, "policyd.toml: not TOML: Exceeds the limit"),
        ("a = " + "[" * 5000, "policyd.toml: not TOML: nested too deeply"),
        ("#" * (1024 * 1024 + 1), "policyd.toml: has more than 1048576 octets"),
    ],
)
def test_what_is_no_configuration(text: str | bytes, fault: str) -> None:
    (said,) = faults(text)
    assert said.startswith(fault)


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "policyd.toml"
    with pytest.raises(ConfigError, match="No such file"):
        load(str(file))
    (tmp_path / "out").write_text("example.org\n")
    file.write_text('[alpha]\nfile = "./x"\nhosts = ["../y", "z/./t"]\nopt_out = ["./lists/../out"]\n')
    (tmp_path / "lists").mkdir()
    config = load(str(file))
    assert config.checks[0].options.file == str(tmp_path / "x")
    assert config.checks[0].options.hosts == (str(tmp_path.parent / "y"), "z/./t")
    assert config.checks[0].recipients.wants("user@example.org") is False


def test_the_secret_may_be_in_a_file(tmp_path: Path) -> None:
    """The delivery agent can read the same one."""
    file = tmp_path / "policyd.toml"
    (tmp_path / "secret").write_text("0123456789abcdef\n")
    file.write_text('header_secret_file = "./secret"\n')
    assert load(str(file)).header_secret == "0123456789abcdef"
    file.write_text('\nheader_secret = "0123456789abcdef"\nheader_secret_file = "/etc/secret"\n')
    with pytest.raises(ConfigError) as raised:
        load(str(file))
    assert str(raised.value).splitlines() == [
        f"{file}:3:1: header_secret and header_secret_file are one too many (keep one)",
        f"{file}:3:1: header_secret_file: /etc/secret cannot be read: No such file or directory",
    ]
    (tmp_path / "secret").write_text("short\n")
    file.write_text('header_secret_file = "./secret"\n')
    with pytest.raises(ConfigError, match=r":1:1: header_secret_file: .*/secret must have 16 characters of ASCII"):
        load(str(file))


def test_where_things_are_kept() -> None:
    assert read("").store_url == "sqlite:///var/lib/mdafilter-policyd/state.db"
    assert read("").decisions_file == "/var/lib/mdafilter-policyd/decisions.jsonl"
    assert read('decisions = "off"\nstore = "memory:"').decisions_file == ""
    assert read('state_dir = "/x"\n').store_url == "sqlite:///x/state.db"


def test_what_a_check_finds_wrong_gets_a_place(tmp_path: Path) -> None:
    file = tmp_path / "policyd.toml"
    file.write_text('store = "x:"\n[alpha]\ntext = "broken"\n')
    given = ["text", "", "alpha", "other", "/x"]
    found = ConfigError(
        [*(Fault(name, 0, 0, "number, or text: odd", "mend it") for name in given), Fault("/x", 4, 1, "bad")]
    )
    assert str(placed(found, str(file), "alpha")).splitlines() == [
        f"{file}:3:1: [alpha] text: number, or text: odd (mend it)",
        f"{file}:3:1: [alpha] number, or text: odd (mend it)",
        f"{file}:3:1: [alpha] number, or text: odd (mend it)",
        f"{file}:3:1: [alpha] other: number, or text: odd (mend it)",
        "/x: number, or text: odd (mend it)",
        "/x:4:1: bad",
    ]
    assert str(placed(ConfigError([Fault("alpha", 0, 0, "odd")]), str(file), "alpha")) == f"{file}:2:2: [alpha] odd"
    assert str(placed(ConfigError([Fault("store", 0, 0, "none")]), str(file))) == f"{file}:1:1: store: none"
