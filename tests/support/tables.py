"""Postfix tables for tests: what entries the lines of a message hit here, and made-up tables and messages.

What is made up is drawn with a function that picks one of several texts: from hypothesis, or from a seed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from mdafilter.lang import tables
from mdafilter.message.lines import KINDS
from mdafilter.plan import Plan, Scan, Set
from mdafilter.words.note import Note
from mdafilter.words.scan import Lines
from tests.support.postfix import settle
from tests.support.scene import scene

Pick = Callable[[Sequence[str]], str]
PATH = "/usr/sbin:/usr/bin:/bin"
NAMES = {"regexp": "t.regexp", "pcre": "t.pcre"}


# --- the real one ----------------------------------------------------------------------------------------------------


def why_no_postmap() -> str:
    """The reason why there is no postmap with regexp: and pcre: here, or ""."""
    if not shutil.which("postmap", path=PATH):
        return "postmap (Postfix) is not installed"
    with tempfile.TemporaryDirectory() as folder:
        asked = ["postconf", "-m"]
        known = subprocess.run(asked, capture_output=True, text=True, check=False, env=configuration(Path(folder)))
    return "" if {"regexp", "pcre"} <= set(known.stdout.split()) else "postfix-pcre is not installed"


def configuration(folder: Path) -> dict[str, str]:
    """Makes a folder that Postfix' programs read main.cf from; returns their environment."""
    settle(folder / "main.cf", "compatibility_level = 3.6\n")
    (folder / "master.cf").write_text("")
    for name in ("dynamicmaps.cf", "dynamicmaps.cf.d"):
        if (source := Path("/etc/postfix", name)).exists():
            os.symlink(source, folder / name)
    return {"PATH": PATH, "MAIL_CONFIG": str(folder)}


def postmap(environment: dict[str, str], kind: str, table: bytes, message: bytes, *options: str) -> tuple[bytes, str]:
    """What `postmap -q - OPTIONS` says to standard input, and what it warns of."""
    path = Path(environment["MAIL_CONFIG"], f"table.{kind}")
    path.write_bytes(table)
    done = subprocess.run(
        ["postmap", "-o", "-q", "-", *options, f"{kind}:{path}"],
        input=message,
        capture_output=True,
        check=False,
        env=environment,
    )
    return done.stdout, done.stderr.decode("utf-8", "replace")


# --- ours ------------------------------------------------------------------------------------------------------------


def looked_up(plan: Plan, message: bytes, kinds: Sequence[str] = KINDS) -> list[tuple[str, str]]:
    """Each line of these kinds that an entry WARN matches: the line, and the text of the WARN with its groups."""
    step = plan.steps[0]
    assert isinstance(step, Scan)
    assert isinstance(step.source, Lines)
    one = scene(message)
    found = []
    for hit in Lines((step.source.tables[0].replace(kinds=tuple(kinds)),)).hits(one):
        note = step.entries[hit.entry].then[0]
        assert isinstance(note, Set)
        assert isinstance(note.assignment, Note)
        assert one.line is not None
        found.append((one.line.text, one.expand(note.assignment.text).split(": ", 1)[1]))
    return found


def said(plan: Plan, message: bytes, kinds: Sequence[str] = KINDS) -> bytes:
    """The same as postmap prints it."""
    return b"".join(
        line.encode("latin-1") + b"\tWARN " + text.encode("utf-8", "surrogateescape") + b"\n"
        for line, text in looked_up(plan, message, kinds)
    )


def compiled(kind: str, table: bytes) -> Plan:
    return tables.compile(table, NAMES[kind]).plan


# --- made up ---------------------------------------------------------------------------------------------------------

# Patterns that find the same text whether the longest or the first alternative wins.
PATTERNS = (
    "a", "b", "x$", "^--", "[[:space:]]", "name=", "^.{3,9}$", "^[^a]*$", "^$", "", "[[:digit:]]+", "ä", "^.$", "A", "^b", "a/b",
)  # fmt: skip
GROUPED = (
    "^Subject: (.*)", "^([^:]*):", "(a+)(b*)", "^--(b+)", "[[:space:]](.)", "(.)\\.(.)", "(b|c)", "(t)(e)?(x)?", "(.)b(.)",
    "(Content|MIME)-([^:]*)", "([^\\.]*)$",
)  # fmt: skip
PERL = ("\\d+", "(?i)a", "a(?!b)", "(?:a|b)c?", "\\bx", "[^\\x00-\\x7f]")
PERL_GROUPED = ("\\b(\\w)", "^.*?(a)", "(?<=b)(.)", "\\s+(\\S+)$", "(?:a|b)(c)?", "((?-i)A|b)")
FLAGS = {"regexp": ("", "", "", "i", "m", "im", "ii"), "pcre": ("", "", "i", "m", "s", "ms", "A", "E", "U", "iU")}


def table(pick: Pick, kind: str, plain: Sequence[str], grouped: Sequence[str]) -> str:
    """A table. `grouped` are actions for patterns with a group, `plain` for all; # in them is a number."""
    lines: list[str] = []
    depth = 0
    for number in range(int(pick("12345"))):
        match pick(("entry", "entry", "entry", "if", "endif", "between")):
            case "if":
                lines.append(f"if {_pattern(pick, kind, pick(PATTERNS))}")
                depth += 1
            case "endif" if depth:
                lines.append("endif")
                depth -= 1
            case "between":
                lines.append(pick(("# comment", "   # comment", "", "\t ")))
            case _:
                has_group = pick("yn") == "y"
                perl = (PERL_GROUPED if has_group else PERL) if kind == "pcre" else ()
                here = _pattern(pick, kind, pick((GROUPED if has_group else PATTERNS) + perl))
                text = pick(plain if here.startswith("!") or not has_group else (*plain, *grouped))
                lines.append(here + pick((" ", "  ", "\t", "\n ", "\n# comment\n\t")) + text.replace("#", str(number)))
    return "\n".join([*lines, *["endif"] * depth]) + "\n"


def _pattern(pick: Pick, kind: str, pattern: str) -> str:
    """A pattern, perhaps negated, between delimiters that need no backslash or have one."""
    delimiter = pick("/%;")
    return (
        pick(("", "", "", "!", "! ")) + delimiter + pattern.replace("/", f"{chr(92)}/") + delimiter + pick(FLAGS[kind])
    )


FIELDS = (
    "Subject: a test", "Subject: ab\n  folded ab", "X-A: b", "X-B:\tc\n\tx", "x-a : aab", "From: a.b@example.org", "X-8: äx", "A: ",
    "X-Long: " + "a b " * 400, "MIME-Version: 1.0", "Content-Description: text.txt", "X-C: a\n b\n c", "X-Empty:",
)  # fmt: skip
LEAVES = (
    "Content-Type: text/plain", 'Content-Type: application/x;\n name="ab.exe"', "Content-Disposition: attachment; filename=a.b",
    "Content-Transfer-Encoding: base64", "Content-Type: image/png", "X-Part: b",
)  # fmt: skip
TEXTS = (
    "a",
    "b",
    "ab",
    "text",
    "",
    "x",
    "--",
    "--x",
    " aab",
    "1.2",
    "ä",
    "Subject: no field",
    "a b c" * 30,
    "-- ",
    ".",
    "..a",
)


def message(pick: Pick) -> bytes:
    """A message of well-formed parts, one in the other."""
    fields = "".join(pick(FIELDS) + "\n" for _ in range(int(pick("1234"))))
    return (f"From: c@example.org\n{fields}" + entity(pick, 0)).encode()


def entity(pick: Pick, depth: int) -> str:
    """The MIME fields and the body of a part."""
    match pick(("leaf", "multipart", "rfc822") if depth < 3 else ("leaf",)):
        case "multipart":
            boundary = f"b{depth}" + pick(("", "x", "-"))
            kind = pick(("mixed", "alternative", "digest"))
            parts = "".join(f"--{boundary}\n{entity(pick, depth + 1)}" for _ in range(int(pick("123"))))
            closing = f"--{boundary}--\n" if pick("yyn") == "y" else ""
            quote = pick(('"', "")) if boundary.isalnum() else '"'
            return f"Content-Type: multipart/{kind};\n boundary={quote}{boundary}{quote}\n\n{text(pick)}{parts}{closing}{text(pick)}"
        case "rfc822":
            return f"Content-Type: message/{pick(('rfc822', 'global'))}\n\n{pick(FIELDS)}\n{entity(pick, depth + 1)}"
    fields = "".join(pick(LEAVES) + "\n" for _ in range(int(pick("012"))))
    return f"{fields}\n{text(pick)}"


def text(pick: Pick) -> str:
    return "".join(pick(TEXTS) + "\n" for _ in range(int(pick("0123"))))


# Lines of a message that may stand anywhere, what is wrong with them too.
SOUP = (
    "", "", "", "Subject: a", "X : y", " folded", "\tfolded", " ", "junk", "From x", ">From x", "no colon here", "é: x", "A::b", ": x",
    "--b", "--b", "--b--", "--d", "--d--", "--b c", "--bx", "--", "---", "-- ", "--b-", "--b---", '--b"x', "--[", "--b\\c",
    "Content-Type: multipart/mixed; boundary=b", 'Content-Type: multipart/mixed; boundary="b c"', "Content-Type: message/rfc822",
    "Content-Type: multipart/digest;\n\tboundary=d", "Content-type : Message / Rfc822 ; x", "Content-Type: text/plain",
    "Content-Type: message/partial", "Content-Type: message/global", "Content-Type: message/external-body", "Content-Type: image/png",
    "Content-Type: multipart; boundary=b", 'Content-Type: multipart/mixed; (com(m)ent) boundary (x) = "b"', "Content-Type:",
    'Content-Type: "multipart"/mixed; boundary=b', "Content-Type: ;multipart/mixed; boundary=b", "Content-Type: ()",
    'Content-Type: multipart/mixed; boundary=""', 'Content-Type: multipart/mixed; boundary="b  \n  c"', "Content-Type: a",
    "Content-Type: multipart/mixed; boundary=b;\n boundary=d", "Content-Type: multipart/mixed; boundary=b d", "Content-Type: text",
    'Content-Type: multipart/mixed; x=y; "boundary"=b', "Content-Type: multipart/mixed; boundary=;", 'Content-Type: message/"rfc822"',
    "Content-Type: multipart/mixed boundary=b", "Content-Type: multipart/; boundary=b", "Content-Type: multi part/mixed; boundary=b",
    "Content-Type: multipart/mixed; boundary=b/d", "Content-Type: message/\trfc822", "Content-Type: multipart/mixed; boundary=[",
    "Content-Type: multipart/mixed; boundary=b\\c", 'Content-Type: multipart/mixed; boundary="b\\"x"', "Content-Transfer-Encoding: base64",
    'Content-Type: multipart/mixed; boundary="unclosed', "Content-Type: multipart/mixed; boundary\x01=b", "X-Long: " + "x" * 2060,
    'Content-Type: multipart/digest; boundary="b"', "Content-Type: multipart/mixed; boundary*0=b", " " + "z" * 2050,
)  # fmt: skip
