"""Which field of the policy daemon is believed, and what becomes of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import policy
from mdafilter.errors import SettingsError
from mdafilter.message import Message
from mdafilter.policy import Options, Policy, told
from tests.support.mailboxes import written

SECRET = "0123456789abcdef"
OURS = Options(SECRET)
NOW = 1_790_000_012.0
DAY = 86400.0
FACTS = "time=1790000000; client=192.0.2.1; spf=pass; dnsbl=zen.spamhaus.org; points=3.5"


def signed(text: str = FACTS, secret: str = SECRET) -> str:
    return f"{text}; sign={policy.sign(text, secret)}"


def message(*values: str, name: str = "X-Mdafilter-Policy") -> Message:
    fields = "".join(f"{name}: {value}\n" for value in values)
    return Message.parse(f"Received: by a\n{fields}Subject: hello\n\nbody\n".encode())


def why(value: str, client: str = "192.0.2.1", now: float = NOW) -> str:
    """Why it is not believed; then all of it is renamed, and there is no fact of it."""
    came, found = told(message(value), OURS, client, now)
    assert found is not None
    assert (found.facts, found.items) == ((), {})
    assert [field.name for field in came.headers] == ["Received", "X-Original-X-Mdafilter-Policy", "Subject"]
    return found.why


def test_the_signature_is_HMAC_with_SHA_256() -> None:
    """`openssl dgst -sha256 -hmac 0123456789abcdef` says the same (RFC 2104); half of it."""
    assert policy.sign("time=1; client=192.0.2.1; spf=pass", SECRET) == "cceb9fc1fc0371190cee7832118ff685"


def test_what_was_found_is_there_as_items() -> None:
    given = message(signed())
    came, found = told(given, OURS, "192.0.2.1", NOW)
    assert came is given
    assert found is not None
    assert found.items == {
        "vnd.mdafilter.policy.time": "1790000000",
        "vnd.mdafilter.policy.client": "192.0.2.1",
        "vnd.mdafilter.policy.spf": "pass",
        "vnd.mdafilter.policy.dnsbl": "zen.spamhaus.org",
        "vnd.mdafilter.policy.points": "3.5",
    }
    assert str(found) == (
        "spf=pass, dnsbl=zen.spamhaus.org, points=3.5 (signed by the policy daemon, client 192.0.2.1, 12 s before)"
    )


def test_a_field_that_was_folded_on_its_way_is_the_same() -> None:
    """RFC 5322 section 2.2.3: "Unfolding is accomplished by simply removing any CRLF that is immediately followed by WSP"."""
    found = told(message(signed().replace("; spf", ";\n\tspf")), OURS, "", NOW)[1]
    assert found is not None and found.items["vnd.mdafilter.policy.spf"] == "pass"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "spf=pass",
        FACTS,
        signed(secret=SECRET + "x"),
        signed().replace("spf=pass", "spf=fail"),
        signed().replace("time=1790000000", "time=1790000001"),
        signed()[:-1],
        signed() + "; spf=pass",
        f"{FACTS}; sign={'0' * 32}",
        f"{FACTS}; sign=",
        f"{FACTS}; sign=é",
        signed("x" * 1000),
    ],
)
def test_what_is_forged_is_not_believed(value: str) -> None:
    assert why(value) == "it is not signed with our secret"


@pytest.mark.parametrize("client", ["192.0.2.1", "", "unknown", "127.0.0.1", "127.0.0.2", "::1"])
def test_the_client_is_the_same_or_is_not_told(client: str) -> None:
    """local(8): "CLIENT_ADDRESS: Remote client network address". Behind a content filter that is this host."""
    found = told(message(signed()), OURS, client, NOW)[1]
    assert found is not None and not found.why


def test_of_an_address_of_IPv6_the_case_is_no_matter() -> None:
    found = told(message(signed("time=1790000000; client=2001:db8::a")), OURS, "2001:DB8::A", NOW)[1]
    assert found is not None and not found.why


def test_who_sends_the_field_of_another_client_is_not_believed() -> None:
    assert why(signed(), "198.51.100.7") == (
        "it is about the client 192.0.2.1, and this message came from 198.51.100.7"
    )
    assert "client" in why(signed("time=1790000000; spf=pass"), "198.51.100.7")


def test_what_is_older_than_any_message_in_the_queue_is_not_believed() -> None:
    """postconf(5), maximal_queue_lifetime: "Consider a message as undeliverable, when delivery fails with a temporary
    error, and the time in the queue has reached the maximal_queue_lifetime limit", which is 5 days."""
    assert why(signed(), now=NOW + 6 * DAY) == "it was signed 6 days before"
    found = told(message(signed()), OURS, "192.0.2.1", NOW + 6 * DAY - 13)[1]
    assert found is not None and str(found).endswith("6 days before)")


def test_what_is_of_the_future_is_not_believed() -> None:
    assert why(signed(), now=NOW - 3600) == "it was signed 60 minutes later than now"
    found = told(message(signed()), OURS, "192.0.2.1", NOW - 300)[1]  # a clock that is a little ahead
    assert found is not None and not found.why


@pytest.mark.parametrize("text", ["spf=pass", "time=; spf=pass", "time=-1", "time=1e9", "time=" + "9" * 13])
def test_what_says_no_time_is_not_believed(text: str) -> None:
    assert why(signed(text)) == "it does not say when it was signed"


def test_only_the_topmost_field_is_believed() -> None:
    """access(5): "PREPEND headername: headervalue: Prepend the specified message header to the message"."""
    forged = signed().replace("pass", "none")
    came, found = told(message(signed(), forged, signed()), OURS, "", NOW)
    assert found is not None and found.items["vnd.mdafilter.policy.spf"] == "pass"
    assert (
        written(came)
        == (
            f"Received: by a\nX-Mdafilter-Policy: {signed()}\nX-Original-X-Mdafilter-Policy: {forged}\n"
            f"X-Original-X-Mdafilter-Policy: {signed()}\nSubject: hello\n\nbody\n"
        ).encode()
    )
    came, found = told(message(forged, signed()), OURS, "", NOW)
    assert found is not None and found.why
    assert [field.name for field in came.headers if "policy" in field.key] == ["X-Original-X-Mdafilter-Policy"] * 2


def test_the_name_may_be_spelled_in_any_case() -> None:
    came, found = told(message("spf=pass", name="x-mdafilter-POLICY"), OURS, "", NOW)
    assert found is not None and found.why
    assert came.headers[1].raw == b"X-Original-x-mdafilter-POLICY: spf=pass\n"


def test_without_a_field_nothing_is_read(tmp_path: Path) -> None:
    given = message()
    assert told(given, Options(secret_file=str(tmp_path / "none")), "", NOW) == (given, None)


def test_without_a_secret_nothing_is_believed_and_nothing_renamed() -> None:
    given = message(signed())
    came, found = told(given, Options(), "", NOW)
    assert came is given
    assert str(found) == "not believed: there is no secret of ours (the setting [policy] secret_file)"


def test_the_secret_may_be_in_a_file_that_is_read_each_time(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    options = Options(secret_file=str(file))
    file.write_text(f"{SECRET}\r\n")
    assert told(message(signed()), options, "", NOW)[1] == told(message(signed()), OURS, "", NOW)[1]
    file.write_text("another secret, which is new")
    found = told(message(signed()), options, "", NOW)[1]
    assert found == Policy(why="it is not signed with our secret")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "must have 16 characters of ASCII, or more"),
        (b"short", "must have 16 characters of ASCII, or more"),
        (b"\xe9" * 20, "must have 16 characters of ASCII, or more"),
        (b"x" * 2000, "must have 16 characters of ASCII, or more"),
    ],
)
def test_a_secret_that_is_none_is_a_reason_and_no_failure(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    came, found = told(message(signed()), Options(secret_file=str(file)), "", NOW)
    assert found == Policy(why=f"the secret is not known: {file} {said}")
    assert came.headers[1].name == "X-Original-X-Mdafilter-Policy"


def test_settings_that_are_wrong_are_told() -> None:
    for fine in (Options(), OURS, Options(secret_file="/etc/mdafilter/policy.secret")):
        policy.check(fine)
    with pytest.raises(SettingsError) as raised:
        policy.check(Options("short", "policy.secret"))
    assert str(raised.value).splitlines() == [
        "[policy] secret must have 16 characters of ASCII, or more",
        "[policy] secret_file is a path from the root, not 'policy.secret'",
        "[policy] secret and secret_file are one too many: keep the one that is right",
    ]
