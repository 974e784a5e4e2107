"""However the name of a program is written, `attachment :extension "exe"` sees the extension."""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.words.attachment import Attachment
from mdafilter.words.match import Match
from tests.support.scene import scene

EXE = Attachment(Match("is", "i;ascii-casemap", "", ("exe",)), "extension")

# What can stand in a file's name on the systems that run programs by their extension.
STEM = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters='\\/:*?"<>|'), max_size=40
)
ENDING = st.sampled_from(["exe", "EXE", "Exe", "exe.", "exe ", "exe . .", "exe::$DATA"])
NEWLINE = st.sampled_from([b"\n", b"\r\n"])
FIELD = st.sampled_from([b"Content-Disposition: attachment; filename", b"Content-Type: text/plain; name"])


def cut(text: str, places: list[int]) -> list[str]:
    """The text in pieces."""
    ends = sorted({place % (len(text) + 1) for place in places} | {0, len(text)})
    return [text[a:b] for a, b in pairwise(ends)]


def quoted(name: str, _places: list[int]) -> bytes:
    return b'="%b"' % name.encode()


def quoted_latin(name: str, _places: list[int]) -> bytes:
    return b'="%b"' % name.encode("latin-1", "replace").replace(b"?", b"-")


def rfc2231(name: str, _places: list[int]) -> bytes:
    return b"*=utf-8''%b" % quote(name, safe="").encode()


def rfc2231_pieces(name: str, places: list[int]) -> bytes:
    pieces = cut(quote(name, safe=""), places)
    whole = [b"*%d*=%b" % (n, (b"utf-8''" if n == 0 else b"") + piece.encode()) for n, piece in enumerate(pieces)]
    return b";\n\tNAME".join(whole)


def rfc2047_b(name: str, places: list[int]) -> bytes:
    words = [b"=?utf-8?B?%b?=" % base64.b64encode(piece.encode()) for piece in cut(name, places)]
    return b'="%b"' % b" ".join(words)


def rfc2047_q(name: str, places: list[int]) -> bytes:
    words = ["=?UTF-8?q?" + "".join(f"={octet:02X}" for octet in piece.encode()) + "?=" for piece in cut(name, places)]
    return b'="%b"' % " ".join(words).encode()


WAYS = st.sampled_from([quoted, quoted_latin, rfc2231, rfc2231_pieces, rfc2047_b, rfc2047_q])


@given(STEM, ENDING, FIELD, NEWLINE, WAYS, st.lists(st.integers(0, 200), max_size=4))
def test_every_way_of_writing_is_seen(
    stem: str,
    ending: str,
    field: bytes,
    newline: bytes,
    way: Callable[[str, list[int]], bytes],
    places: list[int],
) -> None:
    parameter = field.rpartition(b" ")[2]
    header = field + way(f"{stem}.{ending}", places).replace(b"NAME", parameter).replace(b"\n", newline)
    message = newline.join(
        (b"Content-Type: multipart/mixed; boundary=b", b"", b"--b", header, b"", b"MZ", b"--b--", b"")
    )
    assert EXE.ask(scene(message)).held


@given(st.binary(max_size=300))
def test_no_octets_fail(octets: bytes) -> None:
    EXE.ask(scene(b"Content-Disposition: attachment; filename" + octets))
    EXE.ask(scene(octets))
