"""`:user` and `:detail`: the parts of a local part (RFC 5233).

    envelope :detail "to" "lists"        of ken+lists@example.com

The tags are all that is here; what they mean stands with the other address parts in addressparts.py.
"""

from __future__ import annotations

from mdafilter.words.syntax import Tag

TAGS = (
    Tag(":user", on=("address", "envelope"), requires=("subaddress",), group="address-part"),
    Tag(":detail", on=("address", "envelope"), requires=("subaddress",), group="address-part"),
)
