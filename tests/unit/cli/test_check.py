"""All errors and warnings at once; 1 for errors only."""

from __future__ import annotations

import json
from pathlib import Path

from mdafilter import limits
from tests.support.commandline import invoke

GOOD = 'require "fileinto";\nif header :contains "Subject" "x" { fileinto "Trash"; }\n'
BAD = 'if foo {\n  keep "a";\n}\nfileinto "x";\n'


def write(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o644)
    return str(path)


def test_a_good_file_is_no_problem(tmp_path: Path) -> None:
    done = invoke(tmp_path, "check", write(tmp_path / "r.sieve", GOOD))
    assert (done.exit_code, done.stdout) == (0, "1 file: no problems\n")


def test_all_errors_of_all_files_with_carets(tmp_path: Path) -> None:
    bad, good, other = (write(tmp_path / n, t) for n, t in (("b.sieve", BAD), ("g.sieve", GOOD), ("o.sieve", "oops;")))
    done = invoke(tmp_path, "check", bad, good, other)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert [line.split(" error: ")[0] for line in lines if " error: " in line] == [
        f"{bad}:1:4:",
        f"{bad}:2:8:",
        f"{bad}:4:1:",
        f"{other}:1:1:",
    ]
    assert lines[1:3] == ["  | if foo {", "  |    ^~~"]
    assert lines[-1] == "3 files: 4 errors"


def test_warnings_are_told_beside_errors(tmp_path: Path) -> None:
    path = write(tmp_path / "r.procmailrc", "A=${B%c}\n:0 hw\n| formail -D 8192 cache\nA=${=}\n")
    lines = invoke(tmp_path, "check", path).stdout.splitlines()
    assert [line.split(": ")[1] for line in lines if line.startswith(path)] == ["error", "warning", "error"]
    assert lines[-1] == "1 file: 2 errors, 1 warning"


def test_what_the_lints_say_is_told_beside_errors_where_it_is_certain(tmp_path: Path) -> None:
    """What a rule that is not understood does nobody knows: whether another one is hidden by it, say."""
    path = write(
        tmp_path / "r.sieve",
        'require ["fileinto", "regex"];\nif allof (size :over 5M, size :under 1K) { discard; }\nfileint "x";\n'
        'if header :regex "subject" "(a+)+$" { keep; }\nif frop { keep; } else { discard; }\n'
        'if address :is "from" "example.org" { fileinto "Org"; }\n',
    )
    lines = invoke(tmp_path, "check", path).stdout.splitlines()
    assert [line.removeprefix(path) for line in lines if line.startswith(path)] == [
        ":2:4: warning: this condition can never hold",
        ":3:1: error: unknown command `fileint`",
        ":4:28: warning: this regular expression can need exponential time",
        ":5:4: error: unknown test `frop`",
        ":6:23: warning: this compares whole addresses, which have an @",
    ]
    assert lines[-1] == "1 file: 2 errors, 3 warnings"


def test_a_program_that_a_delivery_would_not_run(tmp_path: Path) -> None:
    path = write(tmp_path / "r.sieve", 'require "vnd.dovecot.filter";\nfilter "gone";\n')
    config = write(tmp_path / "c.toml", f'[sieve]\nfilter_bin_dir = "{tmp_path}"\n')
    done = invoke(tmp_path, "check", "-c", config, path)
    assert done.exit_code == 0
    assert f"{path}:2:1: warning: the program gone cannot be run: No such file or directory" in done.stdout


def test_warnings_alone_are_no_failure(tmp_path: Path) -> None:
    path = write(tmp_path / "r.sieve", GOOD)
    Path(path).chmod(0o666)
    done = invoke(tmp_path, "check", path)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"{path}:1:1: warning: everybody may write to this file",
        f"  = chmod go-w {path}",
        "1 file: 1 warning",
    ]
    Path(path).chmod(0o664)
    assert f"{path}:1:1: warning: its group may write to this file" in invoke(tmp_path, "check", path).stdout


def test_standard_input_needs_a_language(tmp_path: Path) -> None:
    assert invoke(tmp_path, "check", "-", data=b"keep;").exit_code == 2
    done = invoke(tmp_path, "check", "--language", "sieve", "-", data=b"oops;")
    assert done.exit_code == 1
    assert done.stdout.startswith("<stdin>:1:1: error: ")


def test_standard_input_is_read_as_far_as_a_file_may_be_long(tmp_path: Path) -> None:
    done = invoke(tmp_path, "check", "-l", "sieve", "-", data=b"#" * (limits.SCRIPT_OCTETS + 1))
    assert done.exit_code == 1
    assert "the file is longer than 1048576 octets\n  = divide it" in done.stdout


def test_a_name_that_tells_no_language(tmp_path: Path) -> None:
    done = invoke(tmp_path, "check", write(tmp_path / "rules.txt", GOOD))
    assert done.exit_code == 1
    assert "tells no rule language" in done.stdout
    assert invoke(tmp_path, "check", "-l", "sieve", str(tmp_path / "rules.txt")).exit_code == 0


def test_a_file_that_cannot_be_read_is_an_error_and_the_others_are_checked(tmp_path: Path) -> None:
    done = invoke(tmp_path, "check", str(tmp_path / "none.sieve"), write(tmp_path / "b.sieve", "oops;"))
    assert done.exit_code == 1
    assert f"{tmp_path}/none.sieve:1:1: error: cannot be read: No such file or directory" in done.stdout
    assert done.stdout.endswith("2 files: 2 errors\n")


def test_without_a_file_those_of_the_configuration_are_checked(tmp_path: Path) -> None:
    site, own = write(tmp_path / "site.sieve", GOOD), write(tmp_path / ".mdafilter.sieve", "oops;")
    config = write(tmp_path / "c.toml", f'rules = ["{site}"]\n')
    done = invoke(tmp_path, "check", "-c", config)
    assert done.exit_code == 1
    assert done.stdout.startswith(f"{own}:1:1: error: ")
    assert done.stdout.endswith("2 files: 1 error\n")


def test_as_json_for_editors(tmp_path: Path) -> None:
    bad, other = write(tmp_path / "b.sieve", "oops;\n"), write(tmp_path / "w.sieve", 'require "fileinto";\nkeep;\n')
    done = invoke(tmp_path, "check", "--format", "json", bad, other)
    assert done.exit_code == 1
    assert json.loads(done.stdout) == [
        {
            "file": bad,
            "line": 1,
            "column": 1,
            "endColumn": 5,
            "severity": "error",
            "code": "rule",
            "message": "unknown command `oops`",
            "hint": "a command is a word like keep or if; is a quote or a ; missing before it?",
        },
        {
            "file": other,
            "line": 1,
            "column": 9,
            "endColumn": 19,
            "severity": "warning",
            "code": "unused-require",
            "message": '"fileinto" is required and never used',
            "hint": "remove it",
        },
    ]
    assert invoke(tmp_path, "check", "--json", bad, other).stdout == done.stdout
    assert json.loads(invoke(tmp_path, "check", "--json", write(tmp_path / "g.sieve", GOOD)).stdout) == []


def test_lints_are_asked_and_what_is_said_already_is_not_said_again(tmp_path: Path) -> None:
    text = 'require ["comparator-i;octet"];\nif false { keep; }\nstop;\nkeep;\n'
    done = invoke(tmp_path, "check", write(tmp_path / "r.sieve", text))
    assert done.exit_code == 0
    assert [line.split(": ", 2)[2] for line in done.stdout.splitlines() if " warning: " in line] == [
        '"comparator-i;octet" is required and never used',
        "this condition can never hold",
        "this is never reached",
    ]


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    rules = write(tmp_path / "r.sieve", 'require "fileinto"; fileinto "Trsh"; fileinto "a/b";\n')
    assert invoke(tmp_path, "check", rules).stdout == "1 file: no problems\n"  # the user has no Maildir
    (tmp_path / "Maildir/.a.b/cur").mkdir(parents=True)
    (tmp_path / "Maildir/cur").mkdir()
    said = invoke(tmp_path, "check", rules).stdout.splitlines()
    assert said[0] == f'{rules}:1:30: warning: there is no folder "Trsh", and it is not created here'
    assert said[-1] == "1 file: 1 warning"
    (tmp_path / "other/cur").mkdir(parents=True)
    assert invoke(tmp_path, "check", "-m", f"{tmp_path}/other", rules).stdout.endswith("1 file: 2 warnings\n")
    done = invoke(tmp_path, "check", "-m", str(tmp_path), rules)
    assert (done.exit_code, "is no Maildir: it has no cur" in done.stderr) == (2, True)


def test_folders_depend_on_the_recipient_where_the_mailbox_does(tmp_path: Path) -> None:
    rules = write(tmp_path / "r.sieve", 'require "fileinto"; fileinto "x";\n')
    config = write(tmp_path / "c.toml", 'maildir = "/var/mail/%d/%n"\n')
    assert invoke(tmp_path, "check", "-c", config, rules).stdout == "1 file: no problems\n"


def test_a_redirect_to_the_address_that_the_configuration_knows(tmp_path: Path) -> None:
    rules = write(tmp_path / "r.sieve", 'redirect "ann@example.org";\n')
    config = write(tmp_path / "c.toml", '[sieve]\nuser_email = "Ann@example.org"\n')
    assert "this redirects to your own address" in invoke(tmp_path, "check", "-c", config, rules).stdout


def test_included_scripts_are_checked_with_their_own_places(tmp_path: Path) -> None:
    write(tmp_path / "more.sieve", "if false { keep; }\n")
    config = write(tmp_path / "c.toml", f'user_rules_dir = "{tmp_path}"\n')
    rules = write(tmp_path / "r.sieve", 'require "include"; include :personal "more";\n')
    said = invoke(tmp_path, "check", "-c", config, rules).stdout.splitlines()
    assert said[:3] == [
        f"{tmp_path}/more.sieve:1:4: warning: this condition can never hold",
        "  | if false { keep; }",
        "  |    ^~~~~",
    ]


def test_control_characters_of_a_rule_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    done = invoke(tmp_path, "check", write(tmp_path / "b.sieve", "oops \x1b[2J;\n"))
    assert done.exit_code == 1
    assert "\x1b" not in done.stdout


LOOKUP = 'require "vnd.mdafilter.lookup";\nif lookup "sender" "{}" {{ discard; }}\n'


def test_tables_that_rules_name(tmp_path: Path) -> None:
    table = write(tmp_path / "access", "a@example.org\n")
    rules = write(tmp_path / "r.sieve", LOOKUP.format(table))
    done = invoke(tmp_path, "check", rules)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == f"{table}:1:14: error: there is no result behind the key"
    Path(table).write_text("a@example.org OK\n")
    assert invoke(tmp_path, "check", rules).stdout == "1 file: no problems\n"
    Path(table).chmod(0o666)
    done = invoke(tmp_path, "check", rules)
    assert done.exit_code == 0
    assert "everybody may write" in done.stdout
    Path(table).unlink()
    done = invoke(tmp_path, "check", rules)
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{rules}:2:1: warning: the table {table} cannot be read")


def test_a_table_by_itself(tmp_path: Path) -> None:
    table = write(tmp_path / "client_access", "10.0.0.0/8 OK\n10.0.0.0/33 OK\n")
    done = invoke(tmp_path, "check", "--language", "access", table)
    assert done.exit_code == 1
    assert done.stdout.startswith(f"{table}:2:1: error: behind the slash stands a number from 0 to 32")
    done = invoke(tmp_path, "check", "--language", "access", "-", data=b"a\n")
    assert done.stdout.startswith("<stdin>:1:2: error: there is no result")
    done = invoke(tmp_path, "check", "--language", "access", str(tmp_path / "none"))
    assert (done.exit_code, "cannot be read" in done.stdout) == (1, True)
