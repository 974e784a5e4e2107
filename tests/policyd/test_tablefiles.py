"""Tables and lists as files: what is read, what is reported, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.tablefiles import Reports, add_list, read_lists, read_tables
from mdafilter_policyd.tables import Table
from tests.support.policyd_tables import entry, table


def faults(text: str | bytes) -> list[str]:
    """What is wrong with a table."""
    reports = Reports()
    table(text, reports)
    return [str(fault) for fault in reports.faults]


def warnings(text: str | bytes) -> list[str]:
    """What is odd in it."""
    reports = Reports()
    table(text, reports)
    return [str(warning) for warning in reports.warnings]


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        ("1.2.3.4", 8, "no result"),
        ("host.example", 13, "no result"),
        ("1.2.3.400 OK", 1, "is no address"),
        ("1.2.3.4/24 OK", 1, "1.2.3.0/24 for the network"),
        ("1.2.3.0/33 OK", 1, "from 0 to 32"),
        ("2001:db8::/129 OK", 1, "from 0 to 128"),
        ("2001:db8: OK", 1, "2001:db8"),
        ("host.example REJCT go away", 14, 'no action "REJCT"'),
        ("host.example   250 fine", 16, "no code of a refusal"),
        ("host.example 554 4.7.1 no", 14, "contradict"),
        ("host.example PREPEND nothing", 14, "header field"),
        ("endif", 1, "no if"),
        ("if 1.2.3.0/24", 1, "no endif"),
        (b"host.example REJECT \xff".decode("utf-8", "surrogateescape"), 14, "UTF-8"),
    ],
)
def test_a_wrong_line_is_reported_with_its_place_and_disables_no_other(line: str, column: int, says: str) -> None:
    text = f"# first\n1.1.1.1 OK\n{line}\n.example.org OK\n2.0.0.0/8 REJECT\n".encode("utf-8", "surrogateescape")
    reports = Reports()
    found = table(text, reports)
    (fault,) = reports.faults
    assert (fault.file, fault.line, fault.column) == ("access", 3, column)
    assert says in str(fault)
    for client in (("1.1.1.1", ""), ("2.3.4.5", ""), ("9.9.9.9", "a.example.org")):
        assert found.client(*client) >= 0
    assert len(found) == 3


def test_all_that_is_wrong_is_said_up_to_a_limit() -> None:
    assert len(faults("1.2.3.999 OK\n" * 1000)) == limits.FAULTS
    assert len(faults("a.example REJCT\n" * 1000)) == limits.FAULTS


def test_long_lines_go_on() -> None:
    """access(5): "A line that starts with whitespace continues a logical line."."""
    found = table(".cn 554 Too\n  much\n# comment\n\n\tspam\n1.2.3.4 OK\n")
    assert found.entry(found.client("9.9.9.9", "a.cn")).result.split() == ["554", "Too", "much", "spam"]
    assert found.entry(found.client("1.2.3.4")).line == 6


def test_nothing_goes_on_before_the_first_line() -> None:
    (fault,) = faults("  1.2.3.4 OK\n")
    assert fault.startswith("access:1:1: ")


def test_blanks_tabs_case_and_line_ends_do_not_matter() -> None:
    found = table("1.2.3.4\t \tOK \r\nMail.Example.ORG   REJECT  no \r\n\r\n   \r\n")
    assert found.entry(found.client("1.2.3.4")).result == "OK"
    assert found.entry(found.client("9.9.9.9", "mail.example.org")).result == "REJECT  no"


def test_names_with_digits_are_names() -> None:
    found = table(
        "163.com REJECT a\n1und1.de REJECT b\n12345@qq.com REJECT c\nmx1 REJECT d\nfe80::1 REJECT e\nfade.de OK\n"
    )
    assert [
        e and e.result for e in (entry(found, found.client("9.9.9.9", n)) for n in ("a.163.com", "1und1.de", "mx1"))
    ] == [
        "REJECT a",
        "REJECT b",
        "REJECT d",
    ]
    assert found.entry(found.mail("12345@qq.com")).result == "REJECT c"
    assert found.entry(found.client("fe80::1")).result == "REJECT e"


def test_of_two_lines_with_the_same_key_the_first_counts() -> None:
    """postmap(1) warns of a "duplicate entry" and uses the first one."""
    for second in ("1.2.3.0/24 REJECT", "1.2.3 REJECT", "[1.2.3.0]/24 REJECT"):
        for text in (f"1.2.3.0/24 OK\n{second}\n", f"{second}\n1.2.3.0/24 OK\n"):
            found = table(text)
            assert found.entry(found.client("1.2.3.4")).line == 1
            (warning,) = warnings(text)
            assert warning.startswith("access:2:1: this line is never used (access:1 has it")
    assert warnings("a.example OK\nA.example OK\n") == []
    assert len(warnings("a.example OK\nA.example REJECT\n")) == 1


def test_a_number_without_text_lets_through_and_that_is_said() -> None:
    """access(5): "An all-numerical result is treated as OK."."""
    (warning,) = warnings("a.example OK\n.cn 554\n")
    assert warning.startswith("access:2:5: a number without text lets through")
    assert warnings("a.example 1234567\n") == []


def test_a_compiled_table_is_none(tmp_path: Path) -> None:
    (fault,) = faults(b"\0\1\2")
    assert "postmap(1)" in fault


def test_several_tables_are_one_and_the_first_counts(tmp_path: Path) -> None:
    for name, text in (("a", "1.2.3.4 OK\nx.example REJECT"), ("b", "1.2.3.4 REJECT\n1.2.3.5 REJECT\n")):
        (tmp_path / name).write_text(text)
    reports = Reports()
    found = read_tables([str(tmp_path / "a"), str(tmp_path / "b")], reports)
    places = [found.entry(found.client(address, "x.example")).place for address in ("1.2.3.4", "1.2.3.5")]
    assert places == [f"{tmp_path}/a:1", f"{tmp_path}/b:2"]
    assert reports.faults == []


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    reports = Reports()
    read_tables([str(tmp_path / "none")], reports)
    read_lists([str(tmp_path / "none")], "REJECT", reports)
    assert ["cannot be read: No such file" in str(fault) for fault in reports.faults] == [True, True]


# --- lists of others -------------------------------------------------------------------------------------------------


def listed(text: str, *, mail: bool = False) -> tuple[Table, Reports]:
    """The text as a list."""
    found, reports = Table(), Reports()
    add_list(found, "drop", text.encode(), "REJECT listed", reports, mail=mail)
    found.ready()
    return found, reports


def test_a_list_has_comments_of_both_kinds() -> None:
    """Spamhaus' DROP: "; comment" lines, and "network ; SBL number"."""
    text = "; Spamhaus DROP List\n# other\n1.10.16.0/20 ; SBL256894\n1.2.3.4 # a host\r\n\n  2001:db8::/32;x\n2001:db9::1\n"
    found, reports = listed(text)
    assert (len(found), reports.warnings) == (4, [])
    for address in ("1.10.16.1", "1.2.3.4", "2001:db8::5", "2001:db9::1"):
        one = found.entry(found.client(address))
        assert (one.place, one.result) == ("drop", "REJECT listed")
    assert found.client("1.10.32.1") < 0


def test_what_is_wrong_in_a_list_is_a_warning_and_the_rest_is_used() -> None:
    found, reports = listed("1.2.3.4\n# host.example\nhost.example # x\n1.2.3.4/24\n5.6.7.0/24\n")
    assert [str(w) for w in reports.warnings] == [
        'drop:3:1: "host.example" is no address or network',
        'drop:4:1: "1.2.3.4/24" is no address or network (write 1.2.3.0/24 for the network, 1.2.3.4 for the address)',
    ]
    assert reports.faults == []
    assert len(found) == 2


def test_a_page_with_an_error_is_no_list() -> None:
    _found, reports = listed("<html>\n<body>503 try later</body>\n")
    (fault,) = reports.faults
    assert str(fault).startswith("drop:1:1: there is no address or network in this list")


def test_a_list_that_is_empty_is_one() -> None:
    found, reports = listed("; nobody today\n")
    assert (len(found), reports.faults, reports.warnings) == (0, [], [])


def test_a_list_of_mail_addresses() -> None:
    text = "Spammer@Example.ORG # x\n@bad.example\n.worse.example\nuser@\nwhat?\n"
    found, reports = listed(text, mail=True)
    mails = ["spammer@example.org", "x@bad.example", "x@a.worse.example", "user@x.example", "x@example.org"]
    assert [found.mail(mail) >= 0 for mail in mails] == [True, True, True, True, False]
    assert [str(warning) for warning in reports.warnings] == ['drop:5:1: "what?" is no mail address or domain']


def test_a_folder_is_all_of_its_files_but_hidden_ones(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name, text in (("b.txt", "1.2.3.4\n"), ("a.txt", "1.2.3.0/24\n"), (".new", "x"), ("a.txt~", "x")):
        (tmp_path / name).write_text(text)
    reports = Reports()
    found = read_lists([str(tmp_path)], "REJECT", reports)
    assert (len(found), reports.faults) == (2, [])
    assert found.entry(found.client("1.2.3.4")).place == f"{tmp_path}/b.txt"
