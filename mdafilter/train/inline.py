"""An inline forward: what the text of a message says of the message that it quotes.

Mail programs put the most important fields before the text that they forward, each in the language of its reader:

    -------- Weitergeleitete Nachricht --------         (Thunderbird; Outlook has no such line, and others other ones)
    Betreff:    Cheap pills
    Datum:      Thu, 26 Nov 2026 10:00:00 +0100
    Von:        Shop <shop@example.net>

The line above is not looked at: it differs more than the fields do. A block is lines "name: value" from a first one of
`NAMES` on, with a subject and with a sender or a date; other names may stand between, and lines that go on with a
value. It ends at an empty line, unless a name follows (text that was HTML has empty lines in it). Marks of a quotation
before a line, and stars around a name, are passed over; encoded words (RFC 2047), as somebody puts them there who
copies the header itself, are decoded. Of several blocks the first counts: what the reporter
forwarded, and not what that had forwarded.

In:    the Message; its own texts are looked at, not those of messages in it, text/plain before text/html
Out:   Block, or None where there is no such text
Fails: never. Bounds: limits.FORWARD_*; linear in what these leave.
Bugs:  a language that is not in the table, or a program that shows only the sender, is not understood.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message.encoded import decode
from mdafilter.train.identity import message_id
from mdafilter.train.packed import is_mail_name
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.markup import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mdafilter.message import Message, Part

# language  subject            sender             date
TABLE: tuple[tuple[str, str, str, str], ...] = (
    ("en", "Subject", "From", "Date | Sent"),
    ("de", "Betreff", "Von", "Datum | Gesendet | Gesendet am"),
    ("fr", "Objet | Sujet", "De | Expéditeur", "Date | Envoyé | Envoyé le"),
    ("es", "Asunto", "De", "Fecha | Enviado | Enviado el"),
    ("it", "Oggetto", "Da", "Data | Inviato | Inviato il"),
    ("pt", "Assunto", "De", "Data | Enviado | Enviada em | Enviado em"),
    ("nl", "Onderwerp", "Van", "Datum | Verzonden | Verzonden op"),
    ("da", "Emne", "Fra", "Dato | Sendt"),
    ("nb", "Emne", "Fra", "Dato | Sendt"),
    ("sv", "Ämne", "Från", "Datum | Skickat"),
    ("fi", "Aihe", "Lähettäjä", "Päivämäärä | Päiväys | Lähetetty"),
    ("et", "Teema", "Saatja", "Kuupäev | Saadetud"),
    ("lv", "Temats | Tēma", "No", "Datums | Nosūtīts"),
    ("lt", "Tema", "Nuo", "Data | Išsiųsta"),
    ("pl", "Temat", "Od", "Data | Wysłano"),
    ("cs", "Předmět", "Od", "Datum | Odesláno"),
    ("sk", "Predmet", "Od", "Dátum | Odoslané"),
    ("sl", "Zadeva", "Od", "Datum | Poslano"),
    ("hr", "Predmet | Naslov", "Od | Šalje", "Datum | Poslano"),
    ("hu", "Tárgy", "Feladó", "Dátum | Küldve | Elküldve"),
    ("ro", "Subiect | Subiectul", "De la", "Data | Dată | Trimis"),
    ("ru", "Тема", "От | От кого", "Дата | Отправлено"),
    ("uk", "Тема", "Від | Від кого", "Дата | Надіслано"),
    ("bg", "Относно | Тема", "От", "Дата | Изпратено"),
    ("el", "Θέμα", "Από", "Ημερομηνία | Στάλθηκε | Εστάλη"),
    ("tr", "Konu", "Kimden | Gönderen", "Tarih | Gönderildi"),
    ("ja", "件名", "差出人", "日付 | 送信日時 | 日時"),
    ("zh", "主题 | 主旨 | 主題", "发件人 | 寄件者 | 寄件人", "日期 | 发送时间 | 傳送時間"),
    ("ko", "제목", "보낸 사람 | 보낸사람", "날짜 | 보낸 날짜 | 보낸날짜"),
)
NAMES = {
    name.casefold(): kind
    for row in TABLE
    for kind, names in zip(("subject", "sender", "date"), row[1:], strict=True)
    for name in names.split(" | ")
} | {"message-id": "id"}

_BEFORE = " \t>|\u00a0"  # marks of a quotation
_AROUND = " \t*_\u00a0\u202f"  # bold and italic, as text; blanks that French has before a colon
_NAME = 40  # characters of a name


class Block(Value):
    """What the first block says, as it is written; "" what it does not say."""

    subject: str = ""
    sender: str = ""
    date: str = ""
    message_id: str = ""


class _Line(Value):
    """A line of text: its name in lower case, or "", what follows the name, and all of it."""

    name: str
    value: str
    text: str


def block(message: Message) -> Block | None:
    """The first block in the message's own texts."""
    for text in _texts(message):
        if (found := block_in(text)) is not None:
            return found
    return None


def block_in(text: str) -> Block | None:
    """The first block in a text."""
    lines = [_line(line) for line in text.splitlines()[: limits.FORWARD_LINES]]
    for at, line in enumerate(lines):
        if line.name in NAMES:
            said = _said(lines[at : at + limits.FORWARD_BLOCK])
            if said.get("subject") and (said.get("sender") or said.get("date")):
                subject, sender = (decode(said.get(kind, "")) for kind in ("subject", "sender"))
                return Block(subject, sender, said.get("date", ""), message_id(said.get("id", "")))
    return None


def own_parts(message: Message) -> Iterator[Part]:
    """The parts of the message that are not in a message inside of it; these themselves are among them."""
    stack = [message.parts[0]]
    while stack:
        part = stack.pop()
        yield part
        if not part.is_enclosing:
            stack.extend(reversed(part.children))


def _texts(message: Message) -> Iterator[str]:
    texts = [part for part in own_parts(message) if part.type.startswith("text/") and not _is_file(part)]
    for part in sorted(texts[: limits.FORWARD_TEXTS], key=lambda part: part.type == "text/html"):
        text = part.text(limits.FORWARD_OCTETS)
        yield plain(text) if part.type == "text/html" else text


def _is_file(part: Part) -> bool:
    """Whether a text is an attachment of its own, as a message is that came as text/plain."""
    return part.disposition == "attachment" or any(is_mail_name(reading.text) for reading in part.readings())


def _line(line: str) -> _Line:
    text = line[: limits.FORWARD_LINE].lstrip(_BEFORE).strip()
    head, colon, _ = text[: _NAME + 1].replace("：", ":").partition(":")
    name = head.strip(_AROUND).casefold()
    if not colon or not name:
        return _Line("", "", text)
    return _Line(name, text[len(head) + 1 :].strip(_AROUND), text)


def _said(lines: Sequence[_Line]) -> dict[str, str]:
    """What a block that begins here says."""
    said: dict[str, str] = {}
    kind, awaits, after_blank = "", False, False
    for line in lines:
        if not line.text:
            after_blank = True
            continue
        if line.name in NAMES or (line.name and not awaits):
            kind = NAMES.get(line.name, "")
            if kind in said:
                kind = ""
            if kind:
                said[kind] = line.value
            awaits = not line.value  # it is on a line of its own
        elif awaits or not after_blank:
            if kind:
                said[kind] = f"{said[kind]} {line.text}".strip()[: limits.FORWARD_LINE]
            awaits = False
        else:
            break  # the text begins
        after_blank = False
    return said
