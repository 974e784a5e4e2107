"""The messages of an archive: every one, once, byte for byte."""

from __future__ import annotations

import io
import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.targets.mbox import rendered
from mdafilter.train import archive
from mdafilter.train.archive import split
from tests.support.dovecotmail import PACKED, ZSTD, hide_zstd

FROM = b"From a@example.org  Sun Nov 22 10:00:00 2026\n"
ONE, TWO = b"Subject: one\n\n1\n", b"Subject: two\n\n2\n"


def raws(data: bytes, quoting: str = "mboxrd") -> list[bytes | None]:
    return [one.raw for one in split(io.BytesIO(data), 0, quoting)]


def subjects(*paths: Path, **options: object) -> list[str]:
    found = archive.items([str(path) for path in paths], **options)  # type: ignore[arg-type]
    return [item.why or item.raw.split(b"\n")[0].removeprefix(b"Subject: ").decode() for item in found]


def message(path: Path, subject: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"Subject: %s\n\nbody\n" % subject.encode())


# --- mbox ----------------------------------------------------------------------------------------------------------


def test_a_message_ends_before_the_empty_line_before_the_next() -> None:
    """RFC 4155: each message is followed by an empty line."""
    assert raws(FROM + ONE + b"\n" + FROM + TWO + b"\n") == [ONE, TWO]
    assert raws(b"\n\n" + FROM + ONE + b"\n" + FROM + TWO) == [ONE, TWO]
    assert raws(FROM.replace(b"\n", b"\r\n") + b"A: b\r\n\r\nx\r\n\r\n" + FROM + ONE) == [b"A: b\r\n\r\nx\r\n", ONE]


def test_a_sentence_is_no_from_line() -> None:
    text = b"Subject: one\n\nx\n\nFrom here on\nit is a text.\nFrom x\n"
    assert raws(FROM + text + b"\n" + FROM + TWO + b"\n") == [text, TWO]


def test_content_length_hides_nothing() -> None:
    assert len(raws(FROM + b"Content-Length: 999\n" + ONE + b"\n" + FROM + TWO)) == 2


def test_what_is_no_mbox_is_one_message() -> None:
    text = ONE + b"\nFrom x Sun Nov 22 10:00:00 2026\nA: b\n"
    assert raws(text) == [text]
    assert raws(b"") == []


@given(
    st.lists(
        st.lists(st.sampled_from([b"From x", b">From y", b">>From z", b"a", b"", b"A: b"])).map(b"\n".join), min_size=1
    ),
    st.sampled_from(["mboxrd", "mboxo"]),
)
def test_what_was_delivered_is_read_again(bodies: list[bytes], quoting: str) -> None:
    texts = [b"Subject: x\n\n" + body + b"\n" for body in bodies]
    if quoting == "mboxo":
        texts = [text.replace(b">From", b"|From") for text in texts]  # it cannot tell those from its own
    box = b"".join(piece for text in texts for piece in rendered(Message.parse(text), FROM, quoting))
    assert raws(box, quoting) == texts


@given(st.lists(st.binary(max_size=30) | st.sampled_from([FROM, b"\n", b"\r\n", b"From x\n", b"A: b\n"])).map(b"".join))
def test_no_octet_is_in_no_message_or_in_two(data: bytes) -> None:
    found = list(split(io.BytesIO(data)))
    assert all(a.end == b.begin for a, b in pairwise(found))
    if found:
        assert found[-1].end == len(data)
        assert not data[: found[0].begin].strip(b"\r\n")
    for one in found:  # gone on with from any of them, the others are the same
        file = io.BytesIO(data)
        file.seek(one.begin)
        if one.in_mbox:
            assert next(split(file, one.begin)).raw is not None


def test_a_message_that_is_too_large_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REPORT_OCTETS", 200)
    large = b"Subject: large\n\n" + b"x\n" * 200
    (tmp_path / "box").write_bytes(FROM + large + b"\n" + FROM + ONE + b"\n")
    assert subjects(tmp_path / "box") == ["it has more than 200 octets", "one"]
    (tmp_path / "one").write_bytes(large)
    assert subjects(tmp_path / "one") == ["it has more than 200 octets"]


# --- folders -------------------------------------------------------------------------------------------------------


def test_a_maildir_is_its_own_messages(tmp_path: Path) -> None:
    for path, subject in (("cur/2.b:2,S", "b"), ("new/1.a", "a"), ("tmp/3.c", "c"), (".Junk/cur/4.d", "d")):
        message(tmp_path / path, subject)
    assert subjects(tmp_path) == ["a", "b"]


def test_a_message_that_is_flagged_meanwhile_is_not_missed(tmp_path: Path) -> None:
    for name in "abc":
        message(tmp_path / "new" / name, name)
    (tmp_path / "cur").mkdir()
    seen: list[str] = []
    for item in archive.items([str(tmp_path)]):
        if not seen:
            os.rename(tmp_path / "new" / "b", tmp_path / "cur" / "b:2,S")
        seen.append(item.path.rpartition("/")[2])
    assert sorted(seen) == ["a", "b:2,S", "c"]


def test_mh_has_numbers_alone(tmp_path: Path) -> None:
    for name in ("10", "9", ",8", "#7", ".mh_sequences", "draft"):
        message(tmp_path / name, name)
    assert subjects(tmp_path) == ["9", "10"]


def test_any_folder_all_the_way_down(tmp_path: Path) -> None:
    message(tmp_path / "b.eml", "b")
    message(tmp_path / "sub" / "new" / "1", "maildir")
    (tmp_path / "sub" / "cur").mkdir()
    message(tmp_path / "x" / "y" / "z.eml", "z")
    message(tmp_path / ".git" / "config", "hidden")
    (tmp_path / "box").write_bytes(FROM + ONE + b"\n" + FROM + TWO + b"\n")
    (tmp_path / "link.eml").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "fifo")
    assert subjects(tmp_path) == ["b", "one", "two", "maildir", "z"]


def test_what_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(FROM + ONE + b"\n" + FROM + TWO + b"\n")
    for name in "abc":
        message(tmp_path / "dir" / f"{name}.eml", name)
    paths = [tmp_path / "box", tmp_path / "dir"]
    found = list(archive.items(map(str, paths)))
    assert subjects(*paths, past={found[0].place: found[0].mark, found[3].place: found[3].mark}) == ["two", "c"]
    message(tmp_path / "dir" / "d.eml", "d")  # it has changed: from its beginning
    assert subjects(*paths, past={found[1].place: found[1].mark, found[3].place: found[3].mark}) == ["a", "b", "c", "d"]


def test_how_much_there_is_to_read(tmp_path: Path) -> None:
    message(tmp_path / "a.eml", "a")
    assert archive.octets([str(tmp_path), str(tmp_path / "a.eml")]) == 2 * len(b"Subject: a\n\nbody\n")


@pytest.mark.parametrize("how", PACKED)
def test_what_is_compressed_is_unpacked(tmp_path: Path, how: str) -> None:
    pack = PACKED[how]
    (tmp_path / "cur").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "cur" / "1.a,S=30:2,S").write_bytes(pack(ONE))
    (tmp_path / "cur" / "2.b,S=30:2,S").write_bytes(pack(TWO)[:-3])
    (tmp_path / "box.gz").write_bytes(pack(FROM + ONE + b"\n" + FROM + TWO + b"\n"))
    one, broken = archive.items([str(tmp_path)])
    assert (one.raw, one.why, broken.raw) == (ONE, "", b"")
    assert broken.why.startswith(f"it cannot be read: it is compressed ({how}), and cannot be unpacked")
    assert subjects(tmp_path / "box.gz") == ["one", "two"]


def test_what_has_to_be_installed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_zstd(monkeypatch)
    (tmp_path / "a").write_bytes(ZSTD)
    (item,) = archive.items([str(tmp_path / "a")])
    assert item.why.endswith("pip install 'mdafilter[archives]'")


def test_what_is_too_large_when_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An mbox, too: what is cut would be learned."""
    monkeypatch.setattr(limits, "REPORT_OCTETS", 200)
    (tmp_path / "a").write_bytes(PACKED["gzip"]((FROM + ONE + b"\n") * 20))
    (item,) = archive.items([str(tmp_path / "a")])
    assert "more than 200 octets" in item.why


def test_how_much_there_is_left_to_read(tmp_path: Path) -> None:
    box = FROM + ONE + b"\n" + FROM + TWO + b"\n"
    (tmp_path / "box").write_bytes(box)
    for name in "abc":
        message(tmp_path / "dir" / f"{name}.eml", name)
    paths = [str(tmp_path / "box"), str(tmp_path / "dir")]
    one, _two, _a, b, _c = archive.items(paths)
    past = {one.place: one.mark, b.place: b.mark}
    left = sum(item.size for item in archive.items(paths, past))
    assert archive.octets(paths, past) == left == len(FROM + TWO + b"\n") + len(b"Subject: c\n\nbody\n")


def test_of_a_pipe_nobody_knows_it(tmp_path: Path) -> None:
    message(tmp_path / "a.eml", "a")
    os.mkfifo(tmp_path / "fifo")
    for path in ("-", str(tmp_path / "fifo")):
        assert archive.octets([str(tmp_path / "a.eml"), path]) == 0
