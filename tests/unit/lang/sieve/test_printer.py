"""Scripts as they were read, in one layout."""

from __future__ import annotations

import pytest

from mdafilter.lang.sieve.printer import printed


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("", ""),
        ("KEEP  ;# c", "keep;\n"),
        ('require["a" , "b"];', 'require ["a", "b"];\n'),
        ("if size:over 2K{}", "if size :over 2048 {\n}\n"),
        (
            'if anyof(true,not exists"a"){keep;}else{if true{stop;}}',
            'if anyof (true, not exists "a") {\n    keep;\n}\nelse {\n    if true {\n        stop;\n    }\n}\n',
        ),
        ('redirect "a\\"\\\\b";', 'redirect "a\\"\\\\b";\n'),
        ('vacation text:\r\n..a\r\n"b"\r\n.\r\n;', 'vacation ".a\n\\"b\\"\n";\n'),
        ('foreverypart :name "x" { break; }', 'foreverypart :name "x" {\n    break;\n}\n'),
    ],
)
def test_the_layout(script: str, shown: str) -> None:
    assert printed(script.encode()) == shown
    assert printed(shown.encode()) == shown
