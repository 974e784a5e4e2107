"""A message with attachments, for tests."""

from __future__ import annotations

import base64


def attached(*files: tuple[str, bytes], kind: str = "application/octet-stream") -> bytes:
    """A text, and these files in base64."""
    parts = [b"Content-Type: text/plain\n\nSee attachment.\n"]
    for name, data in files:
        head = f'Content-Type: {kind}\nContent-Disposition: attachment; filename="{name}"\n'.encode()
        parts.append(head + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(data))
    inner = b"".join(b"--b\n" + part for part in parts)
    head = b"From: Alice <alice@example.org>\nSubject: x\nMIME-Version: 1.0\n"
    return head + b"Content-Type: multipart/mixed; boundary=b\n\n" + inner + b"--b--\n"
