"""One word of the rule languages is one file here: its node, its meaning, how it describes itself, how Sieve spells it.

The table below is all that the front ends know: the file, what it brings, and the capability that a Sieve script
names in `require` for it (RFC 5228 section 3.2; "" needs none). SHARED are the files that are parts of several words.
A word becomes part of mdafilter by its file and its line here, and in no other way.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

# file            words and tags                                         capabilities
TABLE: tuple[tuple[str, str, str], ...] = (
    # RFC 5228
    ("logic", "allof anyof not true false", ""),
    ("header", "header", ""),
    ("address", "address", ""),
    ("exists", "exists", ""),
    ("size", "size", ""),
    ("keep", "keep", ""),
    ("discard", "discard", ""),
    ("redirect", "redirect", ""),
    ("fileinto", "fileinto", "fileinto"),
    ("envelope", "envelope", "envelope envelope-dsn envelope-deliverby"),
    # match types and comparators
    ("relational", ":count :value", "relational"),
    ("regex", ":regex", "regex"),
    # extensions, by their name
    ("body", "body", "body"),
    ("copy", ":copy", "copy"),
    ("date", "date currentdate", "date"),
    ("debug", "debug_log", "vnd.dovecot.debug"),
    ("deliverby", ":bytimerelative :bytimeabsolute :bymode :bytrace", "redirect-deliverby"),
    ("dsn", ":notify :ret", "redirect-dsn"),
    ("duplicate", "duplicate", "duplicate vnd.dovecot.duplicate"),
    ("editheader", "addheader deleteheader", "editheader"),
    ("enclose", "enclose", "enclose"),
    ("enotify", "notify valid_notify_method notify_method_capability", "enotify"),
    ("environment", "environment", "environment vnd.dovecot.environment"),
    ("execute", "execute :pipe :input :output", "vnd.dovecot.execute"),
    ("extfilter", "filter", "vnd.dovecot.filter"),
    ("extlists", ":list valid_ext_list", "extlists"),
    ("extpipe", "pipe :try", "vnd.dovecot.pipe"),
    ("extracttext", "extracttext :first", "extracttext"),
    ("fcc", ":fcc", "fcc"),
    ("ihave", "ihave error", "ihave"),
    ("imapsieve", "", "imapsieve"),
    ("imap4flags", "setflag addflag removeflag hasflag :flags", "imap4flags"),
    ("imapflags", "setflag addflag removeflag mark unmark", "imapflags"),
    ("include", "include return global", "include"),
    ("index", ":index :last", "index"),
    ("mailbox", "mailboxexists :create", "mailbox"),
    ("mailboxid", "mailboxidexists :mailboxid", "mailboxid"),
    ("metadata", "metadata metadataexists servermetadata servermetadataexists", "mboxmetadata servermetadata"),
    ("mime", "foreverypart break :mime :type :subtype :contenttype :param :anychild", "mime foreverypart"),
    ("notify", "notify denotify", "notify"),
    ("reject", "reject ereject", "reject ereject"),
    ("replace", "replace", "replace"),
    ("report", "report", "vnd.dovecot.report"),
    ("spamtest", "spamtest :percent", "spamtest spamtestplus"),
    ("specialuse", "specialuse_exists :specialuse", "special-use"),
    ("subaddress", ":user :detail", "subaddress"),
    ("vacation", "vacation", "vacation vacation-seconds"),
    (
        "variables",
        "set string :lower :upper :lowerfirst :upperfirst :quotewildcard :length :quoteregex :encodeurl",
        "variables",
    ),
    ("virustest", "virustest", "virustest"),
    # mdafilter's own
    ("attachment", "attachment", "vnd.mdafilter.attachment"),
    ("archive", "archive", "vnd.mdafilter.archive"),
    ("defect", "defect", "vnd.mdafilter.defect"),
    ("lookup", "lookup :action", "vnd.mdafilter.lookup"),
    # words that only procmailrc and Postfix tables spell
    ("grep", "", ""),
    ("note", "", ""),
    ("scan", "", ""),
    ("edit", "", ""),
    ("way", "", ""),
    ("pipe", "", ""),
    ("run", "", ""),
    ("filter", "", ""),
    ("assign", "", ""),
    ("failed", "", ""),
    ("held", "", ""),
    ("logfile", "", ""),
    ("store", "", ""),
    ("forward", "", ""),
    ("condition", "", ""),
    ("score", "", ""),
    ("host", "", ""),
    ("trap", "", ""),
    ("shift", "", ""),
    ("rcfile", "", ""),
)

SHARED = (
    *("syntax", "strings", "names", "match", "fields", "addressparts", "flags", "parts", "markup", "inside"),
    *("answer", "area", "arguments", "command", "exitcode", "status", "envelopeparts", "mailto", "notification"),
    *("sender", "place", "entity", "program", "disposition"),
)

# Capabilities that are no file: they change how strings and comparators are read.
BUILT_IN = (
    "encoded-character",
    "comparator-i;octet",
    "comparator-i;ascii-casemap",
    "comparator-i;ascii-numeric",
    "comparator-i;unicode-casemap",
)

CAPABILITIES = frozenset(BUILT_IN).union(*(line[2].split() for line in TABLE))


def load(file: str) -> ModuleType:
    """The module of a file of the table."""
    import importlib

    return importlib.import_module(f"mdafilter.words.{file}")
