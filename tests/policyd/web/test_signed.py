"""What is signed is ours, for one purpose, and for a while."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter_policyd.web.signed import FILE, Signer, secret

SIGNER = Signer(b"0123456789abcdef")


@pytest.mark.parametrize("fields", [(), ("",), ("a.b", "2001:db8::1"), ("ä %2E\n", "x" * 100)])
def test_what_was_signed_is_read(fields: tuple[str, ...]) -> None:
    token = SIGNER.sign("form", fields, 1000)
    assert SIGNER.read("form", token, 1000) == fields
    assert SIGNER.read("form", token, 1001) is None
    assert SIGNER.read("link", token, 1000) is None
    assert Signer(b"another one, 16+").read("form", token, 1000) is None


def test_what_was_changed_is_not_ours() -> None:
    token = SIGNER.sign("form", ("a",), 1000)
    for at in range(len(token)):
        assert SIGNER.read("form", f"{token[:at]}x{token[at + 1 :]}", 0) is None
    for wrong in ("", ".", "ä", "x" * 5000, token + "."):
        assert SIGNER.read("form", wrong, 0) is None


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    made = secret("", str(tmp_path))
    assert len(made) == 64 and secret("", str(tmp_path)) == made
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert secret("that of the configuration", str(tmp_path)) == b"that of the configuration"


def test_a_secret_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("ab")
    assert len(secret("", str(tmp_path))) == 64


def test_without_a_folder_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        secret("", str(tmp_path / "none"))
