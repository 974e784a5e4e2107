"""Where keys stand."""

from __future__ import annotations

import pytest

from mdafilter_policyd.positions import Positions, of_error

TEXT = """\
# helo = "no key"
listen = ["a",
          "b = c"]
  user = "x"
spf.mode = "on"
"quoted.key" = 1

[helo]
mode = "on"
[ "dnsbl" ]
	lists = []
[[ a.b ]]
c = 1
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("listen",), (2, 1)),
        (("user",), (4, 3)),
        (("spf", "mode"), (5, 1)),
        (("spf",), (5, 1)),
        (("quoted.key",), (6, 1)),
        (("helo",), (8, 2)),
        (("helo", "mode"), (9, 1)),
        (("dnsbl", "lists"), (11, 2)),
        (("a", "b", "c"), (13, 1)),
        (("helo", "missing"), (8, 2)),  # its table
        (("missing",), (0, 0)),
        ((), (0, 0)),
    ],
)
def test_a_key_has_a_place(path: tuple[str, ...], place: tuple[int, int]) -> None:
    assert Positions(TEXT).at(*path) == place


def test_what_tomllib_says_of_a_place() -> None:
    assert of_error("Invalid value (at line 3, column 8)") == ("Invalid value", 3, 8)
    assert of_error("Expected '=' (at end of document)") == ("Expected '='", 0, 0)
