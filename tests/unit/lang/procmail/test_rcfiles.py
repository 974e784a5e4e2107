"""INCLUDERC and SWITCHRC: which file is read, when, and what follows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mdafilter import limits
from mdafilter.acts import Box, Keep
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.lang import procmail
from mdafilter.plan import Plan, Read
from mdafilter.texts import Template, Var, Where
from mdafilter.words.rcfile import OtherFile
from tests.support.procmail import said
from tests.support.scene import StillWorld, scene


class Shelf:
    """Files by their names; `asked` are those that were looked for."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        self.asked: list[str] = []

    def find(self, location: str, name: str) -> tuple[str, bytes] | None:
        assert location == "path"
        self.asked.append(name)
        return (name, self.files[name].encode()) if name in self.files else None


def boxes(rc: str, known: Mapping[str, str] | None = None, later: Mapping[str, str] | None = None) -> list[str]:
    """Where the message is: the names of mailboxes in the home; "" is the inbox. And the notes."""
    plan = procmail.compile(rc.encode(), "rc", Shelf(known or {})).plan
    decision = run([plan], scene(world=StillWorld(files=later)))
    acts = [decided.act for decided in decision.decided]
    assert all(isinstance(act, Box | Keep) for act in acts)
    return [act.path.removeprefix("/home/ann/") if isinstance(act, Box) else "" for act in acts] + [*decision.notes]


def copy(name: str) -> str:
    return f":0 c\n{name}\n"


@pytest.mark.parametrize(
    ("rc", "wanted"),
    [
        ("A=$HOME/rc\nINCLUDERC=$A/x", ["~/rc/x"]),
        ("INCLUDERC=${A:-$HOME/rc}/x", ["~/rc/x"]),
        ("A=/etc\nINCLUDERC=${A:-$HOME/rc}/x\nINCLUDERC=${A+b}${B+c}", ["/etc/x", "~/b"]),
        ("A=\nINCLUDERC=${A-rc}/x\nINCLUDERC=${A:-rc}/x", ["/x", "~/rc/x"]),
        ("INCLUDERC=~/x\nA=~\nINCLUDERC=$A/x", ["~/~/x", "~/~/x"]),
        ("MAILDIR=$HOME/rc\nSWITCHRC=x", ["~/rc/x"]),
        ("INCLUDERC=a\0b", []),
        ("A=`date`\nINCLUDERC=${A:-rc}", []),
        ("INCLUDERC=${LOGNAME:-rc}", []),
        ("INCLUDERC=${1:-rc}", []),
        ("MAILDIR=$HOME/$1\nINCLUDERC=rc\nINCLUDERC=/rc", ["/rc"]),
        ("SWITCHRC=/dev/null\nSWITCHRC=\nSWITCHRC", []),
    ],
)
def test_what_is_known_when_the_file_is_compiled(rc: str, wanted: list[str]) -> None:
    shelf = Shelf({})
    procmail.compile(rc.encode(), "rc", shelf)
    assert shelf.asked == wanted


def test_what_is_not_known_is_read_later() -> None:
    plan = procmail.compile(b"INCLUDERC=$LOGNAME.rc\n", "rc").plan
    assert plan.steps[1] == Read(OtherFile(Template((Var("LOGNAME"), ".rc"))), (), Where("rc", 1))
    assert plan.at_end  # that file may have a TRAP


def test_behind_it_nothing_is_known() -> None:
    """It may have set anything."""
    shelf = Shelf({})
    procmail.compile(b"A=x INCLUDERC=$MATCH\nINCLUDERC=$A\nINCLUDERC=${B:-y}\nINCLUDERC=/z\n", "rc", shelf)
    assert shelf.asked == ["/z"]


@pytest.mark.parametrize("when", ["now", "later"])
@pytest.mark.parametrize(
    ("rc", "other", "wanted"),
    [
        ("INCLUDERC={i}\n:0\n$A", "A=x\n", ["x"]),
        ("INCLUDERC={i}\n:0\nb", ":0\na\n", ["a"]),
        ("SWITCHRC={i}\n:0\nb", ":0\na\n", ["a"]),
        ("SWITCHRC={i}\n:0\nb", ":0 c\na\n", ["a", ""]),
        ("SWITCHRC={i}\n:0\nb", "", [""]),
        (":0\n{ SWITCHRC={i} }\n:0\nb", "", [""]),
        ("INCLUDERC={i}\n:0\nb", ":0 c\na\nSWITCHRC\n:0\nc", ["a", "b"]),
        ("INCLUDERC={i}\n:0\nb", ":0 c\na\n:0\n{ SWITCHRC }\n:0\nc", ["a", "b"]),
        (":0 c\n{ SWITCHRC={i} }\n:0\nb", ":0\na\n", ["b", "a"]),
        ("DEFAULT=d\nSWITCHRC={i}\n:0\nb", "", ["d"]),
        ("SWITCHRC={i}\n:0\nb", "DEFAULT=d\n", ["d"]),
    ],
)
def test_what_follows(when: str, rc: str, other: str, wanted: list[str]) -> None:
    """procmailrc(5): "processing of the current rcfile will be aborted and the named rcfile started"."""
    if when == "now":
        assert boxes(rc.replace("{i}", "inc"), known={"~/inc": other}) == wanted
    else:
        assert boxes("I=`echo inc`\n" + rc.replace("{i}", "$I"), later={"/home/ann/inc": other}) == wanted


@pytest.mark.parametrize("name", ["INCLUDERC", "SWITCHRC"])
def test_what_is_not_there_is_passed_over(name: str) -> None:
    assert boxes(f"{name}=inc\n:0\nb") == ["b"]
    assert boxes(f"{name}=$MATCH.rc\n:0\nb") == ["b", "/home/ann/.rc is not there: it is passed over"]


def test_a_mistake_in_a_file_that_is_read_later_is_a_note() -> None:
    found = boxes("INCLUDERC=$LOGNAME\n:0\nb", later={"/home/ann/ann": ":0 f\nx\n"})
    assert found[0] == "b"
    assert found[1].endswith("a filter (f) needs a | and a program; the file is passed over")


def test_a_mistake_in_a_file_that_is_read_now_is_one_of_the_file() -> None:
    with pytest.raises(RuleErrors) as caught:
        procmail.compile(b"SWITCHRC=inc\n", "rc", Shelf({"~/inc": ":0 f\nx\n"}))
    assert caught.value.problems[0].file == "~/inc"


def test_included_files_are_told_and_share_variables() -> None:
    compiled = procmail.compile(
        b"MAILDIR=$HOME/rc\nINCLUDERC=inc\nINCLUDERC=none\n", "rc", Shelf({"~/rc/inc": "A=x\n"})
    )
    assert compiled.included == ("~/rc/inc",)
    assert compiled.warnings[-1].text.startswith("~/rc/none is not there")


@pytest.mark.parametrize("body", ["INCLUDERC=inc\n", "SWITCHRC=inc\n", "INCLUDERC=inc\n" * 20])
def test_files_that_include_themselves(body: str) -> None:
    told = said("INCLUDERC=inc\n", library=Shelf({"~/inc": body}))
    assert told[0] == (
        f"error 1:1 files are included deeper than {limits.INCLUDE_DEPTH}, or more than {limits.INCLUDES} are"
        " | put several into one"
    )
    (inbox, note) = boxes("INCLUDERC=$LOGNAME", later={"/home/ann/ann": body.replace("inc", "$LOGNAME")})
    assert inbox == ""
    assert "ann:1: too many files are read, or one within the other" in note


def test_many_files_one_after_the_other() -> None:
    rc = "INCLUDERC=inc\n" * (limits.INCLUDES + 1)
    with pytest.raises(RuleErrors, match="more than 255"):
        procmail.compile(rc.encode(), "rc", Shelf({"~/inc": ""}))


def test_the_plan_of_a_file_that_is_read() -> None:
    assert procmail.included(b"A=x\n", "inc") == Plan(procmail.compile(b"A=x\n", "inc").plan.steps[1:], "inc")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("INCLUDERC=~/x", ["warning 1:1 ~/~/x is not there: it is passed over | write $HOME for a ~"]),
        ("INCLUDERC=/x", ["warning 1:1 /x is not there: it is passed over | procmail does so, too"]),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(rules: str, expected: list[str]) -> None:
    assert said(rules) == expected
