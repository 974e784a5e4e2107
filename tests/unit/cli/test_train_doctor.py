"""mdafilter train doctor: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mdafilter.cli import train_doctor
from mdafilter.train.doctor import Finding


def run(*words: str, findings: list[Finding], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setattr(train_doctor, "examine", lambda _settings: iter(findings))
    result = CliRunner().invoke(train_doctor.command, [*words, "-c", "/dev/null"])
    return result.exit_code, result.output


def test_each_finding_and_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    findings = [Finding("ok", "the spool"), Finding("wrong", "no user", "make one")]
    assert run(findings=findings, monkeypatch=monkeypatch) == (1, "ok    the spool\nWRONG no user\n        make one\n")
    assert run(findings=findings[:1], monkeypatch=monkeypatch) == (0, "ok    the spool\n")


def test_JSON(monkeypatch: pytest.MonkeyPatch) -> None:
    code, out = run("--json", findings=[Finding("note", "a", "b")], monkeypatch=monkeypatch)
    assert (code, json.loads(out)) == (0, {"level": "note", "what": "a", "advice": "b"})
