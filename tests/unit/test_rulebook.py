"""Which rules a delivery has, and what a broken, foreign or changed file means."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import limits, recall, rulebook
from mdafilter.errors import TryAgain
from mdafilter.plan import Plan
from mdafilter.rulebook import SHIPPED, Folders, Rulebook, folders, load, located, shown, site_files, suspicious
from mdafilter.settings import Settings

GOOD = 'require "fileinto"; fileinto "a";'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A site with one rule file, which keeps everything."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "site.sieve").write_text("keep;")
    return Settings(rules=("site.sieve",), rules_dir=str(rules))


def sources(book: Rulebook) -> list[str]:
    return [os.path.basename(plan.source) for plan in book.plans]


def test_the_sites_rules_run_before_the_users(home: Path, settings: Settings) -> None:
    (home / ".mdafilter.sieve").write_text(GOOD)
    book = load(settings, str(home))
    assert (sources(book), book.problems) == (["site.sieve", ".mdafilter.sieve"], ())


def test_the_first_file_of_the_user_that_exists_is_taken(home: Path, settings: Settings) -> None:
    for name in (".procmailrc", ".dovecot.sieve"):
        (home / name).write_text("" if name == ".procmailrc" else GOOD)
    assert sources(load(settings, str(home))) == ["site.sieve", ".dovecot.sieve"]


def test_without_a_home_only_the_sites_rules_run(settings: Settings) -> None:
    assert sources(load(settings, "")) == ["site.sieve"]


def test_a_shipped_file_is_told_by_a_short_name(home: Path) -> None:
    path = site_files(Settings())[0]
    assert shown(path) == "rules/default.sieve"
    assert located("rules/default.sieve") == path
    assert "file='rules/spam.sieve'" in repr(load(Settings(), str(home)).plans)
    assert (shown("/home/a/x.sieve"), located("/home/a/x.sieve")) == ("/home/a/x.sieve", "/home/a/x.sieve")


def test_the_shipped_rules_are_found_by_name() -> None:
    path = site_files(Settings())[0]
    assert (os.path.basename(path), os.path.exists(path)) == ("default.sieve", True)


def test_a_broken_file_of_the_user_is_left_out_and_told(home: Path, settings: Settings) -> None:
    (home / ".mdafilter.sieve").write_text("keep\nfileinto;")
    book = load(settings, str(home))
    assert sources(book) == ["site.sieve"]
    assert book.problems[0].file == str(home / ".mdafilter.sieve")


def test_a_broken_file_of_the_site_is_try_again(home: Path, settings: Settings) -> None:
    Path(settings.rules_dir, "site.sieve").write_text("keep")
    with pytest.raises(TryAgain, match=r"site\.sieve:1") as caught:
        load(settings, str(home))
    assert caught.value.status == "4.3.5"


def test_a_missing_file_of_the_site_is_try_again(home: Path, settings: Settings) -> None:
    with pytest.raises(TryAgain, match="cannot be read"):
        load(settings.replace(rules=("none.sieve",)), str(home))


def test_tables_side_by_side_are_one_plan(home: Path, settings: Settings) -> None:
    """As in cleanup(8): and mime_header_checks takes its fields from header_checks (postconf(5))."""
    for name in ("header_checks", "mime_header_checks", "body_checks"):
        Path(settings.rules_dir, name).write_text("/x/ REJECT")
    book = load(settings.replace(rules=("header_checks", "mime_header_checks", "site.sieve", "body_checks")), str(home))
    first, middle, last = book.plans
    assert [os.path.basename(name) for name in first.source.split(", ")] == ["header_checks", "mime_header_checks"]
    assert "kinds=('header', 'nested')" in repr(first)
    assert (sources(book)[1], os.path.basename(last.source)) == ("site.sieve", "body_checks")
    assert not any("Scan" in repr(step) for step in middle.steps)


def test_given_rules_take_the_place_of_all_others(home: Path, settings: Settings, tmp_path: Path) -> None:
    (home / ".mdafilter.sieve").write_text(GOOD)
    other = tmp_path / "other.sieve"
    other.write_text(GOOD)
    assert sources(load(settings, str(home), [str(other)])) == ["other.sieve"]


def open_the_way_to(home: Path) -> None:
    """pytest keeps its folders to root."""
    for place in home.parents:
        if place.owner() == "root" and place.stat().st_mode & 0o005 != 0o005:
            place.chmod(0o755)


@pytest.fixture
def nobody(home: Path) -> Iterator[int]:
    """Runs the test as a user without rights, whose home it is. As root: the files of root are always the site's."""
    if os.geteuid() != 0:
        yield os.geteuid()
        return
    open_the_way_to(home)
    os.chown(home, 65534, 65534)
    os.setegid(65534)
    os.seteuid(65534)
    yield 65534
    os.seteuid(0)
    os.setegid(0)


@pytest.mark.parametrize(
    ("mode", "above", "text"),
    [
        (0o666, 0o755, "everybody may write to this file"),
        (0o000, 0o755, "cannot be read: Permission denied"),
        (0o644, 0o777, "everybody may write to the folder of this file"),
        (0o644, 0o757, "everybody may write to the folder of this file"),
    ],
)
def test_what_others_may_write_is_refused(
    home: Path, settings: Settings, nobody: int, mode: int, above: int, text: str
) -> None:
    file = home / ".mdafilter.sieve"
    file.write_text(GOOD)
    file.chmod(mode)
    home.chmod(above)
    book = load(settings, str(home))
    assert (sources(book), [problem.text for problem in book.problems]) == (["site.sieve"], [text])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
@pytest.mark.parametrize(
    ("owner", "group", "mode", "above_group", "above", "text"),
    [
        (0, 0, 0o644, 65534, 0o755, ""),
        (65534, 65534, 0o664, 65534, 0o775, ""),
        (65533, 65534, 0o644, 65534, 0o755, "this file belongs to somebody else"),
        (65534, 65533, 0o664, 65534, 0o755, "the group 65533 may write to this file"),
        (65534, 65534, 0o644, 65533, 0o775, "the group 65533 may write to the folder of this file"),
        (65534, 65534, 0o644, 65533, 0o1777, ""),
    ],
)
def test_owners_and_groups(
    home: Path, settings: Settings, owner: int, group: int, mode: int, above_group: int, above: int, text: str
) -> None:
    """procmail(1): "The owner of the rcfile was not the recipient or root"; tests/e2e asks procmail itself."""
    file = home / ".procmailrc"
    file.write_text("")
    os.chown(file, owner, group)
    file.chmod(mode)
    open_the_way_to(home)
    os.chown(home, 65534, above_group)
    home.chmod(above)
    os.seteuid(65534)
    try:
        found = suspicious(str(file))
    finally:
        os.seteuid(0)
    assert (found or ("", ""))[0] == text
    assert "belongs" not in text or (found or ("", ""))[1] == f"chown it to this user, or to root: {file}"


def test_a_named_file_may_be_for_a_group_to_write_to(home: Path) -> None:
    file = home / "rules.rc"
    file.write_text("")
    file.chmod(0o664)
    home.chmod(0o775)
    assert suspicious(str(file), named=True) is None
    file.chmod(0o666)
    assert suspicious(str(file), named=True) == ("everybody may write to this file", f"chmod go-w {file}")
    assert suspicious(str(home / "none")) is None


def test_what_is_included_is_not_looked_at(home: Path) -> None:
    """procmailrc(5): "As no checking is done on the permissions or ownership of the rcfile"."""
    file = home / "inc.rc"
    file.write_text("A=b\n")
    file.chmod(0o666)
    assert Folders((), (), str(home)).find("path", "~/inc.rc") == (str(file), b"A=b\n")


def test_the_users_own_group_may_write(home: Path, settings: Settings, nobody: int) -> None:
    """Debian gives each user a group of its own, and umask 002 with it."""
    file = home / ".mdafilter.sieve"
    file.write_text(GOOD)
    file.chmod(0o664)
    assert load(settings, str(home)).problems == ()


def test_a_given_file_of_the_user_that_is_broken_is_left_out(home: Path, settings: Settings, nobody: int) -> None:
    file = home / "mine.sieve"
    file.write_text("keep")
    book = load(settings, str(home), [str(file)])
    assert (book.plans, len(book.problems)) == ((), 1)


def test_a_changed_file_is_compiled_again(home: Path, settings: Settings) -> None:
    file = home / ".mdafilter.sieve"
    for folder in ("a", "b"):
        file.write_text(GOOD.replace('"a"', f'"{folder}"'))
        for _ in range(2):
            plan = load(settings, str(home), (), str(home / "cache")).plans[1]
            assert f"folder='{folder}'" in repr(plan)


def test_an_included_file_that_appears_changes_or_goes_is_seen(home: Path, settings: Settings) -> None:
    (home / ".mdafilter.sieve").write_text('require "include"; include :personal :optional "extra";')
    extra = home / ".sieve" / "extra.sieve"
    extra.parent.mkdir()

    def text() -> str:
        load(settings, str(home), (), str(home / "cache"))
        return repr(load(settings, str(home), (), str(home / "cache")).plans[1])

    assert "Discard" not in text()
    extra.write_text("discard;")
    assert "Discard" in text()
    extra.write_text("keep;")
    assert "Keep" in text()
    extra.unlink()
    assert "Keep" not in text()


def test_a_site_folder_covers_the_shipped_rules(home: Path, settings: Settings) -> None:
    """A file of the admin in rules_dir is taken instead of the shipped one, also by the shipped default.sieve."""
    Path(settings.rules_dir, "spam.sieve").write_text('require "fileinto"; fileinto "mine";')
    plan = load(settings.replace(rules=("default.sieve",)), str(home)).plans[0]
    assert "folder='mine'" in repr(plan)


def test_a_shipped_plan_is_one_for_all_users_until_what_it_includes_is_another(
    home: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulebook, "_shipped", {})
    site = settings.replace(rules=("default.sieve",))
    plan = load(site, str(home)).plans[0]
    (tmp_path / "other").mkdir()
    assert load(site, str(tmp_path / "other")).plans[0] is plan
    Path(site.rules_dir).mkdir(exist_ok=True)
    (Path(site.rules_dir) / "spam.sieve").write_text("keep;")
    assert load(site, str(home)).plans[0] is not plan


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", ".hidden", "", "a\0b"])
def test_an_include_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").write_text("keep;")
    assert Folders((str(tmp_path / "sub"),), (str(tmp_path),)).find("global", name) is None
    assert Folders((), (str(tmp_path),)).find("global", "x") == (str(tmp_path / "x"), b"keep;")


def test_too_large_a_file_is_a_problem(home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SCRIPT_OCTETS", 10)
    Path(settings.rules_dir, "site.sieve").write_text("keep;")
    (home / ".mdafilter.sieve").write_text("keep; # longer than ten")
    assert load(settings, str(home)).problems[0].show().endswith("the file is longer than 10 octets\n  = divide it")


@pytest.mark.parametrize(
    ("name", "rule", "path"),
    [
        ("/etc/access", "{home}/x.sieve", "/etc/access"),
        ("access", "{home}/x.sieve", "{home}/access"),
        ("a/access", "{home}/.sieve/x.sieve", "{home}/a/access"),
        ("~/access", "{home}/x.sieve", "{home}/access"),
        ("~/access", "rules/default.sieve", "{home}/access"),
        ("there", "rules/default.sieve", "{site}/there"),
        ("default.sieve", "rules/default.sieve", SHIPPED + "/default.sieve"),
        ("nowhere", "{site}/site.sieve", "{site}/nowhere"),
        ("there", "/nowhere/x.sieve", "{site}/there"),
    ],
)
def test_where_a_table_is(
    home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, rule: str, path: str
) -> None:
    """Relative to the home in the user's rules; in those of the site, where their other files are."""
    monkeypatch.setattr(rulebook, "is_users", lambda _path: False)
    (Path(settings.rules_dir) / "there").write_text("")
    library = folders(settings, str(home))
    given, expected = (text.format(home=home, site=settings.rules_dir) for text in (rule, path))
    assert library.table(name, given) == expected


def test_rules_elsewhere_are_the_users_if_the_file_is(
    home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulebook, "is_users", lambda path: path == "/tmp/own.sieve")
    assert folders(settings, str(home)).table("access", "/tmp/own.sieve") == f"{home}/access"
    assert folders(settings, "").table("access", "/tmp/own.sieve") == f"{settings.rules_dir}/access"


# --- in a process that has loaded them before ---------------------------------------------------------------------


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All files are taken for old, so that what was loaded is kept; the sources of what was compiled."""
    compiled: list[str] = []
    monkeypatch.setattr(recall, "_kept", {})
    monkeypatch.setattr(limits, "SETTLED_SECONDS", -3600.0)
    plan_of = rulebook.plan_of

    def counted(path: str, text: bytes, cache: str, library: Folders) -> Plan:
        compiled.append(path)
        return plan_of(path, text, cache, library)

    monkeypatch.setattr(rulebook, "plan_of", counted)
    return compiled


def test_rules_are_loaded_once(home: Path, settings: Settings, warm: list[str]) -> None:
    (home / ".mdafilter.sieve").write_text(GOOD)
    first = load(settings, str(home))
    (home / "Maildir").mkdir()  # the folder of the user's file changes all the time
    assert load(settings, str(home)) is first
    assert [os.path.basename(path) for path in warm] == ["site.sieve", ".mdafilter.sieve"]


def test_a_user_file_that_appears_before_another_is_seen(home: Path, settings: Settings, warm: list[str]) -> None:
    (home / ".procmailrc").write_text("")
    assert sources(load(settings, str(home))) == ["site.sieve", ".procmailrc"]
    (home / ".mdafilter.sieve").write_text(GOOD)
    assert sources(load(settings, str(home))) == ["site.sieve", ".mdafilter.sieve"]
    (home / ".mdafilter.sieve").unlink()
    assert sources(load(settings, str(home))) == ["site.sieve", ".procmailrc"]


def test_an_included_file_is_seen_to_change(home: Path, settings: Settings, warm: list[str]) -> None:
    (home / ".mdafilter.sieve").write_text('require "include"; include :personal :optional "extra";')
    assert "Discard" not in repr(load(settings, str(home)))
    (home / ".sieve").mkdir()
    extra = home / ".sieve" / "extra.sieve"
    extra.write_text("discard;")
    assert "Discard" in repr(load(settings, str(home)))
    (home / ".sieve" / "extra").write_text("keep;")
    assert "Discard" not in repr(load(settings, str(home)))


def test_a_file_of_the_admin_that_covers_a_shipped_one_is_seen(home: Path, settings: Settings, warm: list[str]) -> None:
    chosen = settings.replace(rules=("default.sieve",))
    assert "mine" not in repr(load(chosen, str(home)))
    Path(settings.rules_dir, "spam.sieve").write_text('require "fileinto"; fileinto "mine";')
    assert "folder='mine'" in repr(load(chosen, str(home)))


def test_broken_rules_are_remembered_and_seen_mended(home: Path, settings: Settings, warm: list[str]) -> None:
    file = home / ".mdafilter.sieve"
    file.write_text("keep")
    broken = load(settings, str(home))
    assert len(broken.problems) == 1
    assert load(settings, str(home)) is broken
    file.write_text("keep;")
    assert load(settings, str(home)).problems == ()


def test_rights_are_seen_to_change(home: Path, settings: Settings, nobody: int, warm: list[str]) -> None:
    (home / ".mdafilter.sieve").write_text(GOOD)
    assert load(settings, str(home)).problems == ()
    home.chmod(0o777)
    assert "everybody may write to the folder" in load(settings, str(home)).problems[0].text
    home.chmod(0o755)
    (home / ".mdafilter.sieve").chmod(0o000)
    assert "Permission denied" in load(settings, str(home)).problems[0].text
    (home / ".mdafilter.sieve").chmod(0o644)
    assert load(settings, str(home)).problems == ()


def test_a_broken_file_of_the_site_stays_try_again_until_it_is_mended(
    home: Path, settings: Settings, warm: list[str]
) -> None:
    site = Path(settings.rules_dir, "site.sieve")
    site.write_text("keep")
    for _ in range(2):
        with pytest.raises(TryAgain):
            load(settings, str(home))
    site.write_text("keep;")
    assert sources(load(settings, str(home))) == ["site.sieve"]


def test_other_settings_have_other_rules(home: Path, settings: Settings, warm: list[str]) -> None:
    load(settings, str(home))
    assert load(settings.replace(rules=()), str(home)).plans == ()
    assert sources(load(settings, str(home))) == ["site.sieve"]
