"""Names of files and identities of messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.message import Envelope, Octets
from mdafilter.targets.naming import ENDS, Naming, identity, keywords, letters

TO = Envelope(recipient="alice@example.test")


def test_a_name_in_the_way_of_the_maildir_specification() -> None:
    naming = Naming("host.example", 4711, lambda: 1795357450.25, lambda n: b"\xab" * n)
    first, second = naming.unique(), naming.unique()
    number = int(first.split("Q")[1].split("_")[0])
    assert first == f"1795357450.M250000P4711Q{number}_abababab.host.example"
    assert second == f"1795357450.M250000P4711Q{number + 1}_abababab.host.example"


def test_a_host_name_with_slash_or_colon_is_escaped() -> None:
    """maildir.html: 'To deal with invalid host names, replace / with \\057 and : with \\072.'"""
    assert Naming("a/b:c", 1).unique().endswith(".a\\057b\\072c")
    assert Naming("", 1).unique().endswith(".localhost")
    assert len(Naming("x" * 300, 1).unique()) < 150


def test_here_is_this_process() -> None:
    import os

    assert Naming.here().pid == os.getpid()


def test_flags_are_letters_in_order() -> None:
    """maildir.html: 'The flags must be stored in ASCII order'."""
    everything = ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$Forwarded")
    assert letters(everything) == "DFPRST"
    assert letters(("\\seen", "\\SEEN", "$label1", "Junk", "\\Recent")) == "S"
    assert letters(()) == ""


def test_keywords_are_all_other_flags() -> None:
    """$Forwarded has a letter of maildir(5), which Dovecot does not know."""
    assert keywords(("\\Seen", "$Forwarded", "Junk", "\\Flagged")) == ("$Forwarded", "Junk")


def test_equal_messages_to_equal_recipients_have_one_identity() -> None:
    one = identity(Octets.of(b"a: b\n\nc"), TO)
    assert one == identity(Octets.of(b"a: b\n\nc"), TO.replace(sender="x", queue_id="y"))
    assert len(one) == 32
    assert one.isalnum()


def test_of_a_large_message_only_the_ends_are_in_the_identity() -> None:
    """The rest is compared by the retry (test_a_message_with_another_body_is_not_taken_for_delivered)."""
    one, other = (Octets.of(b"a" * ENDS + middle + b"b" * ENDS) for middle in (b"x", b"y"))
    assert identity(one, TO) == identity(other, TO)
    assert identity(one, TO) != identity(Octets.of(b"a" * ENDS + b"xx" + b"b" * ENDS), TO)


@given(st.binary(max_size=40), st.binary(max_size=40), st.text(max_size=5), st.text(max_size=5))
def test_others_have_another(a: bytes, b: bytes, to: str, other: str) -> None:
    same = identity(Octets.of(a), Envelope(recipient=to)) == identity(Octets.of(b), Envelope(recipient=other))
    assert same == ((a, to.encode("utf-8", "surrogateescape")) == (b, other.encode("utf-8", "surrogateescape")))
