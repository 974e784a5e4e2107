"""The format of a report in the spool: what Postfix said, then the message. Pure.

    mdafilter-report/1 NUL  verdict=spam NUL  source=alias NUL  sender=bob@example.org NUL  ...  NUL  the message

Fields as in /proc/PID/environ: no value from an environment can hold a NUL (environ(7)). An empty field ends them.

In:    a Report; the octets of a file.
Out:   the octets before the message; a Report.
Fails: Unreadable, for whatever is no such file. Newer: it is one, of a version after this one.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import MdafilterError
from mdafilter.train import FACTS, SOURCES, VERDICTS, Report

MAGIC = b"mdafilter-report/"
VERSION = b"1"


class Unreadable(MdafilterError):
    """The octets are no report; the text says why."""


class Newer(Unreadable):
    """A report that a later version of this program wrote: it waits for that one."""


def head(report: Report) -> bytes:
    """The octets before the message. Facts that are unknown, or too long to be true, are left out."""
    fields = {"verdict": report.verdict, "source": report.source}
    fields |= {name: report.facts[name] for name in FACTS if report.facts.get(name)}
    out = [MAGIC + VERSION]
    for name, text in fields.items():
        value = text.encode("utf-8", "surrogateescape")
        if len(value) <= limits.REPORT_FACT_OCTETS and b"\0" not in value:
            out.append(name.encode("ascii") + b"=" + value)
    return b"\0".join(out) + b"\0\0"


def decode(octets: bytes) -> Report:
    """The report; its id, time and owner are the file system's to tell."""
    if not octets.startswith(MAGIC):
        raise Unreadable("it is no report")
    end = octets.find(b"\0\0", 0, limits.REPORT_HEAD_OCTETS)
    version, *lines = octets[len(MAGIC) : max(end, 0)].split(b"\0")
    if end < 0:
        raise Unreadable("it is cut off")
    if version != VERSION:
        if version.isdigit() and len(version) < 4:
            raise Newer(f"it has the format {version.decode()}; this program knows {VERSION.decode()}")
        raise Unreadable("it is no report")
    fields: dict[str, str] = {}
    for line in lines:
        name, found, value = line.partition(b"=")
        text = value.decode("utf-8", "surrogateescape")
        key = name.decode("ascii", "replace")
        if not found or key in fields:
            raise Unreadable("a field of it is no field")
        fields[key] = text
    verdict, source = fields.get("verdict", ""), fields.get("source", "")
    if verdict not in VERDICTS or source not in SOURCES:
        raise Unreadable("it does not say what it reports")
    facts = {name: fields[name] for name in FACTS if fields.get(name)}
    return Report(verdict, source, facts, octets[end + 2 :])
