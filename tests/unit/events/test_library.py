"""Which scripts run, and in which order (RFC 6785 section 2.3.1)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mdafilter.errors import MdafilterError
from mdafilter.events import running
from mdafilter.events.library import Broken, Library, spelled
from tests.support.events import Reader, settings

SCRIPT = 'require "imapsieve"; keep;\n'


def made(top: Path, *lines: str, **scripts: str) -> Library:
    """Of alice, whose folders have these scripts, and of a site that has these lines, and a script a.sieve."""
    (top / "site").mkdir(parents=True)
    (top / "site" / "a.sieve").write_text(SCRIPT)
    chosen = settings(*lines).replace(rules_dir=str(top / "site"))
    reader = Reader(top, "keep;", chosen)
    reader.watcher.close()
    reader.annotate(scripts)
    return Library(reader.settings, str(top), str(reader.maildir.root), "alice")


def names(library: Library, cause: str = "COPY", folder: str = "Lists", origin: str = "") -> list[str]:
    return [Path(plan.source).name for plan in library.plans(cause, folder, origin)]


def test_without_an_annotation_and_a_line_there_is_nothing(tmp_path: Path) -> None:
    """ "If neither entry exists, then no script will be invoked."."""
    library = made(tmp_path)
    assert (library.causes("Lists"), names(library)) == (frozenset(), [])


def test_the_owners_script_runs_for_all_causes(tmp_path: Path) -> None:
    library = made(tmp_path, Lists="own")
    assert library.causes("Lists") == {"APPEND", "COPY", "FLAG"}
    assert library.causes("") == frozenset()
    assert names(library, "FLAG") == ["own.sieve"]


def test_the_server_has_one_for_all_others(tmp_path: Path) -> None:
    """ "If the mailbox entry is selected and is then found to be unusable or empty, the server entry is not used as a
    backup: no script is run."."""
    library = made(tmp_path, **{"": "own", "Lists": "", "Junk": "nowhere"})
    assert library.causes("Lists") == frozenset()
    assert names(library, folder="Lists") == []
    assert names(library, folder="Junk") == [], '"no Sieve script will be invoked" for a name that does not exist'
    assert names(library, folder="") == names(library, folder="Work.x") == ["own.sieve"]


def test_those_of_the_site_stand_around_it(tmp_path: Path) -> None:
    other = tmp_path / "b.sieve"
    other.write_text(SCRIPT)
    library = made(tmp_path, f"name=L* after={other}", "name=* from=Junk before=file:a.sieve", Lists="own")
    assert names(library, origin="Junk") == ["a.sieve", "own.sieve", "b.sieve"]
    assert names(library, origin="") == ["own.sieve", "b.sieve"]
    assert names(library, "FLAG") == ["own.sieve"]
    assert library.causes("Work") == {"COPY"}


def test_a_path_may_have_templates(tmp_path: Path) -> None:
    (tmp_path / "alice.sieve").write_text(SCRIPT)
    library = made(tmp_path, "name=Lists before=~/%n.sieve")
    assert names(library) == ["alice.sieve"]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ('require ["imapsieve", "reject"]; reject "x";', '"reject" cannot be used at an IMAP event'),
        ('require "ereject"; ereject "x";', '"ereject" cannot be used at an IMAP event'),
        ('require "vacation-seconds"; vacation "x";', '"vacation-seconds" cannot be used'),
        ('require "include"; include "answer";', '"vacation" cannot be used at an IMAP event'),
        ("keep", "`;` is missing"),
    ],
)
def test_a_script_with_a_mistake(tmp_path: Path, script: str, why: str) -> None:
    library = made(tmp_path, Lists="own")
    (tmp_path / "sieve" / "answer.sieve").write_text('require "vacation"; vacation "x";')
    (tmp_path / "sieve" / "own.sieve").write_text(script)
    with pytest.raises(Broken, match=re.escape(why)):
        library.plans("COPY", "Lists", "")


def test_a_script_that_others_may_write_is_not_believed(tmp_path: Path) -> None:
    library = made(tmp_path, Lists="own")
    (tmp_path / "sieve" / "own.sieve").chmod(0o602)
    with pytest.raises(Broken, match="everybody may write"):
        library.plans("COPY", "Lists", "")


def test_a_script_of_the_site_that_is_not_there(tmp_path: Path) -> None:
    for number, name in enumerate(("nowhere", "/nowhere/x.sieve")):
        library = made(tmp_path / str(number), f"name=Lists before={name}")
        with pytest.raises(Broken, match=r"not there|No such file"):
            library.plans("COPY", "Lists", "")


def test_annotations_that_cannot_be_read(tmp_path: Path) -> None:
    library = made(tmp_path, Lists="own")
    (tmp_path / "Maildir" / "mailboxes.toml").write_text("[")
    with pytest.raises(Broken, match=r"mailboxes\.toml") as broken:
        library.causes("Lists")
    assert isinstance(broken.value, MdafilterError)


def test_how_folders_are_spelled() -> None:
    assert [spelled(name) for name in ("", "Lists", "M&APw-ll")] == ["INBOX", "Lists", "Müll"]


def test_annotations_that_change_count_at_once(tmp_path: Path) -> None:
    reader = Reader(tmp_path, "discard;")
    reader.maildir.age()
    reader.look()
    for scripts, deleted in (({"Junk": "own"}, 0), ({"Lists": "own"}, 1), ({}, 1)):
        reader.annotate(scripts)
        reader.look()
        reader.put("Lists")
        reader.look()
        assert sum(path.name.endswith("T") for path in reader.files("Lists")) == deleted
    (reader.maildir.root / "mailboxes.toml").unlink()
    assert (running_of(reader).mark(), running_of(reader).causes("Lists")) == ("none", frozenset())


def running_of(reader: Reader) -> running.Running:
    assert reader.watcher.events is not None
    assert isinstance(reader.watcher.events.scripts, running.Running)
    return reader.watcher.events.scripts
