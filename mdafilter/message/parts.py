"""A MIME part: its place in the message, its header, what is in it (RFC 2045, 2046, 2183).

A Part is made by walk.py and does not change afterwards. Everything about it but its place is worked out when it is
asked for. Nothing here raises on any octets.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message import parameters, transfer
from mdafilter.message.encoded import raw_text, text_of
from mdafilter.message.parameters import without_comments
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.message.headers import Headers
    from mdafilter.message.names import Reading
    from mdafilter.message.octets import Octets

# Message types whose body begins with another header (RFC 2046 5.2, RFC 6532, RFC 5537); all else is opaque.
_ENCLOSING = frozenset(("message/rfc822", "message/global", "message/news", "message/external-body"))


class Part:
    """One part. start, body, end: where its header and its body begin and its body ends, in its `octets`.

    depth      0 for the message itself
    parent     the part around it, or None
    children   the parts in it; those of an encoded message/rfc822 have other `octets` than it has itself
    """

    __slots__ = (
        "_index",
        "_readings",
        "_type",
        "body",
        "children",
        "depth",
        "end",
        "headers",
        "octets",
        "parent",
        "start",
    )

    def __init__(self, octets: Octets, headers: Headers, parent: Part | None, start: int, body: int, end: int) -> None:
        self.octets = octets
        self.headers = headers
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent else 0
        self.start = start
        self.body = body
        self.end = end
        self.children: tuple[Part, ...] = ()
        self._index = 0  # from 1, among the children of the parent
        self._type: str | None = None
        self._readings: tuple[Reading, ...] | None = None

    def __repr__(self) -> str:
        return f"<Part {self.path or 'root'}: {self.type}>"

    def with_headers(self, headers: Headers) -> Part:
        """The same part under another header."""
        other = Part(self.octets, headers, self.parent, self.start, self.body, self.end)
        other.children, other._index = self.children, self._index
        return other

    @property
    def path(self) -> str:
        """Its place as numbers from 1: "1.2" is the second part of the first; "" is the message itself."""
        numbers: list[str] = []
        part: Part | None = self
        while part is not None and part.parent is not None:
            numbers.append(str(part._index))
            part = part.parent
        return ".".join(reversed(numbers))

    @property
    def following(self) -> Part | None:
        """The next part in the same one, or None."""
        siblings = self.parent.children if self.parent else ()
        return siblings[self._index] if self._index < len(siblings) else None

    @property
    def type(self) -> str:
        """type/subtype in lower case. What is missing or wrong is text/plain (RFC 2045 5.2), in a digest a message."""
        if self._type is None:
            field = self.headers.first("content-type")
            default = "message/rfc822" if self.parent and self.parent.type == "multipart/digest" else "text/plain"
            self._type = media_type(field.body) if field else default
        return self._type

    @property
    def is_container(self) -> bool:
        """Whether other parts are in it, or should be."""
        return bool(self.children) or self.type.startswith("multipart/") or self.type in _ENCLOSING

    @property
    def is_enclosing(self) -> bool:
        """Whether its body begins with the header of another message."""
        return self.type in _ENCLOSING

    @property
    def is_attachment(self) -> bool:
        """Whether people see it as a file: it is no text, or says so, or has a name. Containers are none."""
        if self.is_container:
            return False
        return not self.type.startswith("text/") or self.disposition == "attachment" or bool(self.readings())

    @property
    def encoding(self) -> str:
        """Content-Transfer-Encoding in lower case, "" where there is none."""
        return next(iter(self.encodings()), "")

    def encodings(self) -> tuple[str, ...]:
        """All of them, where the header has several: its readers may take any. It has no parameters (RFC 2045 6.1)."""
        fields = self.headers.all("content-transfer-encoding")
        values = (without_comments(field.value).partition(";")[0] for field in fields)
        return tuple(dict.fromkeys(value.strip(" \t\"'").lower() for value in values))

    @property
    def disposition(self) -> str:
        """ "attachment", "inline" or "". An unknown one is an attachment (RFC 2183, 2.8)."""
        field = self.headers.first("content-disposition")
        if field is None:
            return ""
        value = without_comments(field.value.partition(";")[0]).strip(" \t\"'").lower()
        return "" if not value or "=" in value else "inline" if value == "inline" else "attachment"

    def parameter(self, name: str) -> str | None:
        """A parameter of Content-Type, decoded; None where there is none."""
        field = self.headers.first("content-type")
        return parameters.of(field).get(name.lower()) if field else None

    def boundaries(self) -> tuple[bytes, ...]:
        """All readings of the boundary, in all multipart Content-Type fields, that are short enough to be one."""
        found: dict[bytes, None] = {}
        for field in self.headers.all("content-type"):
            content = parameters.of(field)
            if content.value.startswith("multipart"):
                for octets in content.octets("boundary"):
                    boundary = octets.rstrip(b" \t")
                    if boundary and len(boundary) < limits.MIME_LINE - 4 and len(found) < limits.BOUNDARIES:
                        found[boundary] = None
        return tuple(found)

    def readings(self) -> tuple[Reading, ...]:
        """All plausible readings of its name, at most limits.NAME_READINGS; () where it has none."""
        if self._readings is None:
            from mdafilter.message import names

            self._readings = names.readings(self.headers)
        return self._readings

    def decoded(self, limit: int = limits.PART_DECODE) -> bytes:
        """The body without its transfer encoding, at most `limit` octets."""
        return transfer.decode(self.octets, self.body, self.end, self.encoding, limit)

    def text(self, limit: int = limits.PART_DECODE) -> str:
        """The decoded body as text in its charset; octets that are none are replaced."""
        data = self.decoded(limit)
        charset = self.parameter("charset")
        return text_of(data, charset) if charset else raw_text(data)


def media_type(body: bytes) -> str:
    """type/subtype of a Content-Type; text/plain for what is none (RFC 2045 section 5.2)."""
    text = body.decode("latin-1")
    if "(" in text:
        text = without_comments(text)
    value = text.partition(";")[0].strip(" \t\r\n\"'").lower()
    kind, slash, subtype = value.partition("/")
    if not slash:
        return "multipart/mixed" if value == "multipart" else "text/plain"
    kind, subtype = kind.rstrip(), subtype.split(None, 1)[0] if subtype.strip() else ""
    return f"{kind}/{subtype}" if kind and subtype and " " not in kind and "/" not in subtype else "text/plain"
