"""Variables of a procmailrc."""

from __future__ import annotations

import pytest

from mdafilter import limits, shell
from mdafilter.errors import RuleFailed
from mdafilter.texts import Either, Template, Var
from mdafilter.words.assign import Assign, AssignOutput, Preset, Unset
from tests.support.scene import scene


def test_names_keep_their_case() -> None:
    made = scene()
    Assign("A", "x").assign(made)
    Assign("b", Template((Var("A"), Var("a"), "y"))).assign(made)
    assert made.variables == {"A": "x", "b": "xy"}


def test_what_is_preset_stays_if_it_was_set() -> None:
    made = scene()
    Assign("HOME", "/elsewhere").assign(made)
    Preset().assign(made)
    assert (made.value("HOME"), made.value("LOGNAME")) == ("/elsewhere", "ann")


def test_unset() -> None:
    made = scene()
    Assign("A", "").assign(made)
    assert made.expand(Either_("A", "-")) == ""
    Unset("A").assign(made)
    assert made.expand(Either_("A", "-")) == "other"
    Unset("A").assign(made)


def Either_(name: str, sign: str) -> Template:
    return Template((Either(name, sign, "other"),))


def test_alternatives() -> None:
    """sh(1): ${parameter:-word} and its kind."""
    made = scene()
    values = {}
    for value in ("unset", "", "x"):
        if value != "unset":
            Assign("A", value).assign(made)
        values[value] = [made.expand(Either_("A", sign)) for sign in ("-", ":-", "+", ":+")]
    assert values == {
        "unset": ["other", "other", "", ""],
        "": ["", "other", "other", ""],
        "x": ["x", "x", "other", "other"],
    }


def test_the_output_of_a_command_without_its_line_ends() -> None:
    made = scene(b"Subject: x\n\nbody\n")
    AssignOutput("A", "sed -n 's/Subject: //p'; echo; echo").assign(made)
    AssignOutput("B", "wc -l", "body").assign(made)
    assert (made.value("A"), made.value("B").strip()) == ("x", "2")  # with an empty line at the end, as in a mailbox
    AssignOutput("B", "wc -l", "body", raw=True).assign(made)
    assert made.value("B").strip() == "1"


def test_the_output_of_a_recipe_loses_one_line_end() -> None:
    """procmailrc(5): "When capturing stdout from a recipe into an environment variable, exactly one ... is stripped"."""
    made = scene(b"Subject: x\n\nbody\n")
    AssignOutput("A", "printf 'x\\n\\n\\n'", newlines=True).assign(made)
    assert made.value("A") == "x\n\n"


def test_a_long_value_is_cut_and_noted() -> None:
    made = scene()
    Assign("A", "\udce4" * (limits.LINE_OCTETS + 5)).assign(made)
    assert made.value("A") == "\udce4" * limits.LINE_OCTETS
    assert made.notes == [f"the value of A was cut to {limits.LINE_OCTETS} octets"]


def test_too_many_variables_fail() -> None:
    made = scene()
    for number in range(limits.VARIABLES):
        Assign(f"V{number}", "").assign(made)
    with pytest.raises(RuleFailed, match="more than"):
        Assign("V", "").assign(made)


@pytest.mark.parametrize(
    ("assigned", "folder", "value"),
    [
        (["Mail"], "/home/ann/Mail", "Mail"),
        (["Mail", "lists"], "/home/ann/Mail/lists", "lists"),
        (["Mail", "/tmp"], "/tmp", "/tmp"),
        (["Mail", "none"], "/home/ann/Mail", "."),
        (["Mail", ""], "/home/ann/Mail", "."),
    ],
)
def test_maildir_is_where_things_are(assigned: list[str], folder: str, value: str) -> None:
    """procmailrc(5): "Current directory while procmail is executing"; where it cannot go, it stays."""
    made = scene()
    Preset().assign(made)
    for one in assigned:
        Assign("MAILDIR", one).assign(made)
    assert (shell.folder(made.variables), made.value("MAILDIR")) == (folder, value)
    assert made.log.folder == folder
    assert len(made.notes) == (value == ".")


def test_what_fails_and_counts_sets_nothing() -> None:
    """As with flags w and W; between backquotes the status does not count."""
    made = scene()
    for command, check in (("echo x; exit 3", False), ("echo y; exit 3", True), ("/no/such/program", True)):
        AssignOutput("A", command, check=check).assign(made)
        assert (made.value("A"), bool(made.failure)) == ("x", check)
    AssignOutput("A", "echo z", check=True).assign(made)
    assert (made.value("A"), made.failure) == ("z", "")


def test_a_nul_ends_a_value() -> None:
    """The environment of a program has no room for it."""
    made = scene()
    Assign("A", "x\0y").assign(made)
    assert made.value("A") == "x"


def test_they_describe_themselves() -> None:
    described = [one.describe() for one in (Preset(), Assign("A", "x"), Unset("A"), AssignOutput("A", "date"))]
    assert described == ["the variables that are preset", 'A="x"', "unset A", 'A is what "date" writes']
