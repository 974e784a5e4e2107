"""The configuration: defaults without files, layers, and mistakes that are told with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import limits, recall, settings
from mdafilter.errors import SettingsError
from mdafilter.settings import Settings, base, expand, load, parse


def test_without_any_file_everything_has_its_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SITE_FILE", str(tmp_path / "none"))
    assert load(str(tmp_path)) == Settings()


def test_a_later_file_changes_single_values() -> None:
    made = parse([("a", b'maildir = "~/A"\n[spamd]\ntimeout = 5\nuser = "x"\n'), ("b", b"[spamd]\ntimeout = 7.5\n")])
    assert made.maildir == "~/A"
    assert (made.spamd.timeout, made.spamd.user) == (7.5, "x")


def test_a_list_becomes_a_tuple() -> None:
    assert parse([("a", b'rules = ["one.sieve", "two.sieve"]')]).rules == ("one.sieve", "two.sieve")


def test_all_mistakes_are_told_with_their_line() -> None:
    text = b'maildri = "x"\nsubaddress = "sometimes"\nspamd = 3\n[journal]\nsyslog = "yes"\nkeep = true\n'
    with pytest.raises(SettingsError) as caught:
        parse([("f.toml", text)])
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("f.toml:1: unknown setting 'maildri' in the top of the file; known: ")
    assert lines[1] == "f.toml:2: subaddress must be one of off, existing, create, not 'sometimes'"
    assert lines[2] == "f.toml:3: spamd is a table: write [spamd]"
    assert lines[3] == "f.toml:5: syslog must be true or false, not 'yes'"
    assert lines[4] == "f.toml:6: keep must be a whole number, not True"
    assert len(lines) == 5


def test_what_the_types_cannot_say_is_told_of_all_parts() -> None:
    text = b"[spamd]\nmax_size = 0\n[clamd]\nhosts = []\ntimeout = -1\n"
    with pytest.raises(SettingsError) as caught:
        parse([("f.toml", text)])
    assert str(caught.value).splitlines() == [
        "f.toml:2: [spamd] max_size is more than 0",
        "f.toml:5: [clamd] timeout is more than 0 and at most 600 seconds",
        "f.toml:4: [clamd] hosts is empty; switch clamd off by enabled",
    ]


def test_a_part_is_told_with_the_line_of_the_last_file_that_says_it() -> None:
    site, own = b'[policy]\nsecret = "0123456789abcdef"\n', b'# mine\n[policy]\n\nsecret = "short"\n'
    assert parse([("site", site)]).policy.secret == "0123456789abcdef"
    with pytest.raises(SettingsError) as caught:
        parse([("site", site), ("own", own), ("last", b"subaddress = 'off'")])
    assert str(caught.value) == "own:4: [policy] secret must have 16 characters of ASCII, or more"


def test_a_choice_inside_a_table_is_told_with_its_line() -> None:
    text = b'[delivery]\nlabel = false\nmbox_quoting = "%s"\n'
    assert parse([("f.toml", text % b"mboxo")]).delivery.mbox_quoting == "mboxo"
    with pytest.raises(SettingsError, match=r"f\.toml:3: mbox_quoting must be one of mboxrd, mboxo, not 'mboxcl'"):
        parse([("f.toml", text % b"mboxcl")])
    with pytest.raises(SettingsError, match=r"f\.toml:2: when_down must be one of accept, defer, not 'bounce'"):
        parse([("f.toml", b'[clamd]\nwhen_down = "bounce"\n')])
    with pytest.raises(SettingsError, match=r"f\.toml:2: mbox_quoting must be a text, not \['mboxo'\]"):
        parse([("f.toml", b'[delivery]\nmbox_quoting = ["mboxo"]\n')])


def test_a_syntax_error_has_its_place() -> None:
    with pytest.raises(SettingsError, match=r"f\.toml: .*line 2"):
        parse([("f.toml", b'a = "x"\nb = \n')])
    with pytest.raises(SettingsError, match=r"f\.toml:2: not UTF-8"):
        parse([("f.toml", b"\n\xff")])


def test_a_file_of_the_command_line_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: there is no such configuration file"):
        load(str(tmp_path), str(tmp_path / "none.toml"))


def test_a_changed_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SITE_FILE", str(tmp_path / "none"))
    file = tmp_path / ".config" / "mdafilter" / "mdafilter.toml"
    file.parent.mkdir(parents=True)
    for name in ("~/A", "~/B"):
        file.write_text(f'maildir = "{name}"')
        for _ in range(2):
            assert load(str(tmp_path), cache=str(tmp_path / "cache")).maildir == name


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("~/Maildir", "/home/a/Maildir"),
        ("/var/mail/%d/%n", "/var/mail/example.org/Me"),
        ("/var/mail/%u", "/var/mail/Me@example.org"),
        ("%h/x%%y", "/home/a/x%y"),
    ],
)
def test_templates(template: str, path: str) -> None:
    assert expand(template, home="/home/a", recipient="Me@EXAMPLE.org") == path


@pytest.mark.parametrize(
    ("template", "folder"),
    [
        ("/var/mail/%d/%n", "/var/mail"),
        ("/srv/m-%d/x", "/srv"),
        ("~/mail/%n", "/home/a/mail"),
        ("~/Maildir", ""),
        ("%n", ""),
    ],
)
def test_the_base_of_virtual_mailboxes(template: str, folder: str) -> None:
    assert base(template, home="/home/a") == folder


@pytest.mark.parametrize("recipient", ["../x@example.org", "a/b@example.org", ".x@example.org", "@example.org", "me@"])
def test_an_address_that_would_leave_its_place_is_refused(recipient: str) -> None:
    with pytest.raises(SettingsError) as raised:
        expand("/var/mail/%d/%n", home="", recipient=recipient)
    letter = "d" if recipient == "me@" else "n"
    assert str(raised.value) == (
        f"'/var/mail/%d/%n': %{letter} of the recipient {recipient!r} cannot be part of a path"
    )


def test_an_unknown_template_is_named() -> None:
    with pytest.raises(SettingsError) as raised:
        expand("/%x", home="", recipient="a@b")
    assert str(raised.value) == "'/%x': unknown %x; known are %u %n %d %h %%"


def test_a_quota() -> None:
    text = b'[delivery]\nquota = "1000S,5C"\nover_quota = "refuse"\nquota_warning = 80\nquota_trash = false\n'
    found = parse([("f", text)]).delivery
    assert (found.quota, found.over_quota, found.quota_warning, found.quota_trash) == ("1000S,5C", "refuse", 80, False)


def test_a_quota_that_is_none_is_told() -> None:
    with pytest.raises(SettingsError) as raised:
        parse([("f", b'[delivery]\nquota = "1GB"\nquota_warning = 101\n')])
    assert str(raised.value).splitlines() == [
        """f:2: [delivery] quota is like "1000000000S,10000C" (octets, messages), not '1GB'""",
        "f:3: [delivery] quota_warning is from 0 to 100",
    ]


def test_settings_are_read_once_while_no_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one that is there, nor one that would be read as well."""
    monkeypatch.setattr(recall, "_kept", {})
    monkeypatch.setattr(limits, "SETTLED_SECONDS", -3600.0)  # all files are taken for old
    monkeypatch.setattr(settings, "SITE_FILE", str(tmp_path / "site.toml"))
    first = load(str(tmp_path))
    assert load(str(tmp_path)) is first
    (tmp_path / "site.toml").write_text('maildir = "~/a"')
    second = load(str(tmp_path))
    assert (second.maildir, load(str(tmp_path)) is second) == ("~/a", True)
    own = tmp_path / ".config" / "mdafilter" / "mdafilter.toml"
    own.parent.mkdir(parents=True)
    own.write_text('maildir = "~/b"')
    assert load(str(tmp_path)).maildir == "~/b"
    own.write_text("maildir = 1")
    with pytest.raises(SettingsError):
        load(str(tmp_path))
    own.unlink()
    assert load(str(tmp_path)).maildir == "~/a"
