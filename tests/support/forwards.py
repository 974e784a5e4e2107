"""Reports as mail programs make them: forwards as an attachment, in the text, and redirected. Written for these tests."""

from __future__ import annotations

import base64
import quopri

from mdafilter.message import Message
from mdafilter.scorers.mark import mark
from mdafilter.targets.label import labelled
from mdafilter.texts import Where
from mdafilter.train.bare import local, octets_of
from mdafilter.world import Verdict
from tests.support.archives import tarred, tnef, zipped
from tests.support.compound import filetime, outlook

SPAM = (
    b"Received: from relay.example.net (relay.example.net [198.51.100.7]) by mx.far.example (Postfix) with ESMTP id 1A2B3C;\n"
    b"\tThu, 26 Nov 2026 10:02:58 +0100 (CET)\n"
    b'From: "Cheap Shop" <shop@shop.example>\n'
    b"To: bob@our.example\n"
    b"Subject: =?utf-8?Q?G=C3=BCnstige_Pillen?= - only today\n"
    b"Date: Thu, 26 Nov 2026 10:03:00 +0100\n"
    b"Message-ID: <pills.1@shop.example>\n"
    b"MIME-Version: 1.0\n"
    b"Content-Type: text/plain; charset=utf-8\n"
    b"Content-Transfer-Encoding: 8bit\n"
    b"\n"
    b"Buy now, gr\xc3\xbc\xc3\x9fe\n"
    b"-- \n"
    b"the shop\n"
)
OTHER = SPAM.replace(b"pills.1", b"pills.2").replace(b"only today", b"only tomorrow")
SUBJECT = "Günstige Pillen - only today"
HEAD = (
    b"From: Bob <bob@our.example>\nTo: spam@our.example\nDate: Thu, 26 Nov 2026 11:00:00 +0100\n"
    b"Message-ID: <report.1@our.example>\nMIME-Version: 1.0\n"
)
TEXT = (b"Content-Type: text/plain; charset=utf-8\n", b"\n")
RFC822 = b"Content-Type: message/rfc822\nContent-Disposition: attachment\n"


def multipart(*parts: tuple[bytes, bytes], subtype: bytes = b"mixed", head: bytes = HEAD) -> bytes:
    """A message of these parts, each its header and its body."""
    body = b"".join(b"--=_b0undary\n" + header + b"\n" + content + b"\n" for header, content in parts)
    return head + b"Content-Type: multipart/" + subtype + b'; boundary="=_b0undary"\n\n' + body + b"--=_b0undary--\n"


def attached(*messages: bytes, header: bytes = RFC822) -> bytes:
    """The messages attached, behind an empty text."""
    return multipart(TEXT, *((header, one) for one in messages))


def in_base64(data: bytes) -> bytes:
    return base64.encodebytes(data).rstrip(b"\n")


def file(name: bytes, data: bytes, kind: bytes = b"application/octet-stream") -> tuple[bytes, bytes]:
    """A file as a part, in base64."""
    return (
        b"Content-Type: "
        + kind
        + b'; name="'
        + name
        + b'"\nContent-Disposition: attachment; filename="'
        + name
        + b'"\n'
        b"Content-Transfer-Encoding: base64\n",
        in_base64(data),
    )


def filed(name: bytes, data: bytes, kind: bytes = b"application/octet-stream") -> bytes:
    """A report with a file."""
    return multipart(TEXT, file(name, data, kind))


def saved(message: bytes, text: str = "") -> bytes:
    """The message as Outlook saves it: its header as it arrived, its properties, and its text."""
    parsed = Message.parse(message)
    head = message[: parsed.body].decode().replace("\n", "\r\n")
    subject = parsed.headers.all("subject")[0].text
    texts = {0x001A: "IPM.Note", 0x0037: subject, 0x007D: head, 0x0C1A: "Cheap Shop", 0x1000: text or "Buy now"}
    return outlook(texts, {0x00390040: filetime(1_795_683_780), 0x0E060040: filetime(1_795_683_790)})


_THUNDERBIRD = (
    b'Content-Type: message/rfc822; charset=UTF-8;\n name="Guenstige Pillen - only today.eml"\n'
    b'Content-Disposition: attachment;\n filename*0="Guenstige Pillen";\n filename*1=" - only today.eml"\n'
    b"Content-Transfer-Encoding: 8bit\n"
)
_MUTT = b"Content-Type: message/rfc822\nContent-Disposition: inline\n"
_KMAIL = b"Content-Type: message/rfc822\nContent-Description: Forwarded Message\nContent-Disposition: inline\n"
_APPLE = b'Content-Disposition: attachment;\n\tfilename="Guenstige Pillen.eml"\nContent-Type: message/rfc822;\n\tname="Mail Attachment.eml"\n'
_K9 = b'Content-Type: message/rfc822;\r\n name="Pillen.eml"\r\nContent-Transfer-Encoding: 8bit\r\nContent-Disposition: attachment\r\n'

# Reports with one message attached, each another way. What is reported is SPAM.
ATTACHED: dict[str, bytes] = {
    "Thunderbird": attached(SPAM, header=_THUNDERBIRD),
    "Thunderbird with its own marks": attached(b"X-Mozilla-Status: 0001\n" + SPAM, header=_THUNDERBIRD),
    "Outlook": attached(SPAM, header=RFC822).replace(b"To: spam", b"Thread-Topic: pills\nTo: spam"),
    "Outlook on the web": filed(b"Pillen.eml", SPAM, b"message/rfc822"),
    "Apple Mail": multipart((_APPLE, SPAM), TEXT),
    "mutt, mime_forward": attached(SPAM, header=_MUTT),
    "KMail": attached(SPAM, header=_KMAIL),
    "Roundcube": filed(b"Pillen.eml", SPAM, b"message/rfc822").replace(b"mixed", b"MIXED"),
    "K-9 Mail": attached(SPAM.replace(b"\n", b"\r\n"), header=_K9),
    "Gmail, as an attachment": filed(b"G\xc3\xbcnstig.EML", SPAM),
    "quoted-printable": attached(
        quopri.encodestring(SPAM), header=RFC822 + b"Content-Transfer-Encoding: quoted-printable\n"
    ),
    "said to be in base64, and is not": attached(SPAM, header=RFC822 + b"Content-Transfer-Encoding: base64\n"),
    "message/global": attached(SPAM, header=b"Content-Type: message/global\n"),
    "the message itself": HEAD + b"Content-Type: message/rfc822\n\n" + SPAM,
    "text/plain, .eml": multipart(TEXT, (b'Content-Type: text/plain; name="a.eml"\nContent-Transfer-Encoding: 8bit\n', SPAM)),
    "from an mbox": attached(b"From shop@shop.example  Thu Nov 26 10:03:00 2026\n" + SPAM),
    "with a byte order mark": filed(b"a.eml", b"\xef\xbb\xbf" + SPAM),
    "after an empty line": attached(b"\r\n" + SPAM),
    "in an alternative": multipart(
        (b"Content-Type: multipart/alternative; boundary=in\n", b"--in\n\nplain\n--in\nContent-Type: text/html\n\n<p>\n--in--\n"),
        (RFC822, SPAM),
    ),
    "digest": multipart((b"", SPAM), subtype=b"digest"),
    "zip": filed(b"mails.zip", zipped(("a.eml", SPAM)), b"application/zip"),
    "tar": filed(b"mails.tar", tarred(("mails/a.eml", SPAM))),
    "winmail.dat": filed(b"winmail.dat", tnef(("a.eml", SPAM)), b"application/ms-tnef"),
}  # fmt: skip


def inline(text: str, extra: bytes = b"", kind: bytes = b"text/plain") -> bytes:
    """A report with nothing but a text."""
    head = HEAD + extra + b"Content-Type: " + kind + b"; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    return head + text.encode()


# Forwards in the text: what stands there. All of them tell of SPAM.
INLINE: dict[str, str] = {
    "Thunderbird": """

-------- Forwarded Message --------
Subject: \tGünstige Pillen - only today
Date: \tThu, 26 Nov 2026 10:03:00 +0100
From: \tCheap Shop <shop@shop.example>
To: \tbob@our.example

Buy now
""",
    "Thunderbird, German": """Bitte lernen: das ist Spam.

-------- Weitergeleitete Nachricht --------
Betreff: \tGünstige Pillen - only today
Datum: \tThu, 26 Nov 2026 10:03:00 +0100
Von: \tCheap Shop <shop@shop.example>
An: \tbob@our.example
""",
    "Thunderbird, French": """-------- Message transféré --------
Sujet\u00a0: \tGünstige Pillen - only today
Date\u00a0: \tThu, 26 Nov 2026 10:03:00 +0100
De\u00a0: \tCheap Shop <shop@shop.example>
Pour\u00a0: \tbob@our.example
""",
    "Outlook, English": """-----Original Message-----
From: Cheap Shop [mailto:shop@shop.example]
Sent: Thursday, November 26, 2026 10:03 AM
To: bob@our.example
Subject: Günstige Pillen - only today

Buy now
""",
    "Outlook, German": """________________________________
Von: Cheap Shop <shop@shop.example>
Gesendet: Donnerstag, 26. November 2026 10:03
An: bob@our.example
Betreff: Günstige Pillen - only today

""",
    "Outlook, Spanish": """De: Cheap Shop <shop@shop.example>
Enviado el: jueves, 26 de noviembre de 2026 10:03
Para: bob@our.example
Asunto: Günstige Pillen - only today
""",
    "Outlook, with stars": """*Von:* Cheap Shop <shop@shop.example<mailto:shop@shop.example>>
*Gesendet:* Donnerstag, 26. November 2026 10:03
*An:* bob@our.example
*Betreff:* Günstige Pillen - only today
""",
    "Apple Mail": """

> Begin forwarded message:
>
> From: Cheap Shop <shop@shop.example>
> Subject: Günstige Pillen - only today
> Date: November 26, 2026 at 10:03:00 AM GMT+1
> To: bob@our.example
>
> Buy now
""",
    "Apple Mail, German": """Anfang der weitergeleiteten Nachricht:

> Von: Cheap Shop <shop@shop.example>
> Betreff: Günstige Pillen - only today
> Datum: 26. November 2026 um 10:03:00 MEZ
> An: bob@our.example
""",
    "Evolution": """-------- Forwarded Message --------
From: Cheap Shop <shop@shop.example>
To: bob@our.example
Subject: Günstige Pillen - only today
Date: Thu, 26 Nov 2026 10:03:00 +0100

Buy now
""",
    "Outlook, Swedish": """Från: Cheap Shop <shop@shop.example>
Skickat: den 26 november 2026 10:03
Till: bob@our.example
Ämne: Günstige Pillen - only today
""",
    "Outlook, Polish": """Od: Cheap Shop <shop@shop.example>
Wysłano: czwartek, 26 listopada 2026 10:03
Do: bob@our.example
Temat: Günstige Pillen - only today
""",
    "Outlook, Chinese": """发件人: Cheap Shop <shop@shop.example>
发送时间: 2026年11月26日 10:03
收件人: bob@our.example
主题: Günstige Pillen - only today
""",
    "the message itself, as a text": SPAM.decode(),
    "Gmail": """---------- Forwarded message ---------
From: Cheap Shop <shop@shop.example>
Date: Thu, Nov 26, 2026 at 10:03\u202fAM
Subject: Günstige Pillen -
 only today
To: <bob@our.example>


Buy now
""",
    "Gmail, Portuguese": """---------- Forwarded message ---------
De: Cheap Shop <shop@shop.example>
Date: qui., 26 de nov. de 2026 às 10:03
Subject: Günstige Pillen - only today
To: <bob@our.example>
""",
    "mutt": """----- Forwarded message from Cheap Shop <shop@shop.example> -----

Date: Thu, 26 Nov 2026 10:03:00 +0100
From: Cheap Shop <shop@shop.example>
To: bob@our.example
Subject: Günstige Pillen - only today
User-Agent: x

Buy now

----- End forwarded message -----
""",
    "KMail": """----------  Forwarded Message  ----------

Subject: Günstige Pillen - only today
Date: Thursday, 26 November 2026, 10:03:00 CET
From: Cheap Shop <shop@shop.example>
To: bob@our.example

Buy now
-----------------------------------------
""",
    "Roundcube": """-------- Original-Nachricht --------
Betreff: Günstige Pillen - only today
Datum: 26.11.2026 10:03
Von: Cheap Shop <shop@shop.example>
An: bob@our.example
""",
    "K-9 Mail": """-------- Original Message --------
From: Cheap Shop <shop@shop.example>
Sent: 26 November 2026 10:03:00 CET
To: bob@our.example
Subject: Günstige Pillen - only today

Buy now
""",
    "Japanese": """差出人： Cheap Shop <shop@shop.example>
日付： 2026年11月26日 10:03
件名： Günstige Pillen - only today
""",
    "Russian": """От: Cheap Shop <shop@shop.example>
Отправлено: 26 ноября 2026 г. 10:03
Тема: Günstige Pillen - only today
""",
}
HTML: dict[str, str] = {
    "Gmail": '<div dir="ltr"><br><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>'
    'From: <strong dir="auto">Cheap Shop</strong> <span>&lt;<a href="mailto:x">shop@shop.example</a>&gt;</span><br>'
    "Date: Thu, Nov 26, 2026 at 10:03 AM<br>Subject: Günstige Pillen - only today<br>To:  &lt;bob@our.example&gt;<br></div></div></div>",
    "Apple Mail": '<div><blockquote type="cite"><div>Begin forwarded message:</div><br><div style="margin: 0"><span><b>From: </b></span>'
    "<span>Cheap Shop &lt;shop@shop.example&gt;<br></span></div><div><span><b>Subject: </b></span><span><b>Günstige Pillen - only "
    "today</b><br></span></div><div><span><b>Date: </b></span><span>26 November 2026 at 10:03:00 CET<br></span></div><br>Buy now",
    "Thunderbird": "<p>spam</p><div class='moz-forward-container'>-------- Weitergeleitete Nachricht --------<table><tbody>"
    "<tr><th>Betreff: </th><td>Günstige Pillen - only today</td></tr>"
    "<tr><th>Datum: </th><td>Thu, 26 Nov 2026 10:03:00 +0100</td></tr>"
    "<tr><th>Von: </th><td>Cheap Shop <a href='mailto:x'>&lt;shop@shop.example&gt;</a></td></tr>"
    "<tr><th>An: </th><td>bob@our.example</td></tr></tbody></table><br>Buy now</div>",
    "Outlook": "<div><p class=MsoNormal><b><span>Von:</span></b><span> Cheap Shop &lt;shop@shop.example&gt; <br><b>Gesendet:</b> "
    "Donnerstag, 26. November 2026 10:03<br><b>An:</b> bob@our.example<br><b>Betreff:</b> Günstige Pillen - only today</span></p>"
    "</div><p>Buy now</p>",
}  # fmt: skip

RESENT = (
    b"Resent-From: Bob <bob@our.example>\nResent-Date: Thu, 26 Nov 2026 11:00:00 +0100\n"
    b"Resent-Message-ID: <again@our.example>\nResent-To: spam@our.example\n"
)

# --- what our host makes of a message that comes from outside ---
OURS = local(("MX.our.example", "192.0.2.25"))
MX = (
    b"Received: from relay.example.net (relay.example.net [198.51.100.7])\n"
    b"\tby mx.our.example (Postfix) with ESMTPS id 4dGx for <bob@our.example>;\n\tThu, 26 Nov 2026 10:03:02 +0100 (CET)\n"
)
AMAVIS = (
    b"Received: from mx.our.example ([127.0.0.1])\n by localhost (mx.our.example [127.0.0.1]) (amavisd-new, port 10024)\n"
    b" with ESMTP id x; Thu, 26 Nov 2026 10:03:03 +0100\n"
)
POSTFIX = b"Return-Path: <shop@shop.example>\nX-Original-To: bob@our.example\nDelivered-To: bob@our.example\n"
VERDICT = Verdict(True, 15.2, 5.0, ("GTUBE", "VERY_LONG_NAME") * 20)


def delivered(raw: bytes, trusted: bool = False) -> bytes:
    """The message as it lies in a folder: through Postfix, a content filter, the scorer, and filed with a label."""
    message = Message.parse(POSTFIX + AMAVIS + MX + raw)
    message = mark(message, VERDICT, trusted=trusted)
    return octets_of(labelled(message, "Junk", Where("/home/bob/.mdafilter.sieve", 3), "header is spam"))
