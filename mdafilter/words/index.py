"""`:index` and `:last`: the one header field that a test looks at, by its number (RFC 5260 section 6).

    header  :index <fieldno: number> [:last] ...
    address :index <fieldno: number> [:last] ...
    date    :index <fieldno: number> [:last] ...

    date :value "gt" :index 2 "received" "iso8601" "2007-02-26T09:00:00-05:00"

1 is the first field, with `:last` the last one. Of several names "all the named header fields are counted in the order
specified by the header-list", those of one name in the order of the header. Addresses within a field are not counted.

In: the fields that the test would look at. Out: one of them, or none.
Fails: when compiled: `:last` without `:index`, and the number 0, which no field has.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.syntax import Tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.message import Field
    from mdafilter.words.syntax import Use


class Index(Value):
    """The number of a field, from 1."""

    number: int
    last: bool = False

    def choose(self, fields: Iterable[Field]) -> Iterator[Field]:
        """The field of this number, if there is one."""
        found = list(fields)
        if self.number <= len(found):
            yield found[-self.number if self.last else self.number - 1]

    def describe(self) -> str:
        """The tags as Sieve spells them."""
        return f":index {self.number}{' :last' if self.last else ''}"


def index_of(use: Use) -> Index | None:
    """The node for the tags on this command, or None where they do not stand there."""
    number = use.tag_number(":index")
    if number is None:
        if use.has(":last"):
            use.error(":last without :index", "write :index 1 :last for the last one", tag=":last")
        return None
    if number == 0:
        use.error(":index 0 is no field", "the first one is 1 (RFC 5260 section 6)", tag=":index")
    return Index(number, use.has(":last"))


INDEXED = ("header", "address", "date")

TAGS = (
    Tag(":index", on=INDEXED, argument="number", requires=("index",)),
    Tag(":last", on=INDEXED, requires=("index",)),
)
