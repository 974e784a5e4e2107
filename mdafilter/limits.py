"""Every limit of mdafilter, in one place. Sizes are octets, times seconds, unless a name says otherwise.

Hostile input is normal: what a message, a rule file or a server can make large is bounded by one of these. Past a
message limit the message is still delivered, and carries a defect that rules and the journal can see.
Pigeonhole's defaults are taken for what a Sieve script may do, so that scripts move over unchanged.
"""

from __future__ import annotations

# --- a message -------------------------------------------------------------------------------------------------
SPOOL_IN_MEMORY = 256 * 1024  # a message up to this size is held in memory, a larger one in an unlinked file
WINDOW = 1024 * 1024  # how much of a spooled message is in memory at a time
HEADER_OCTETS = 4 * 1024 * 1024  # header of the message or of a part that is indexed
HEADER_FIELDS = 20_000  # fields of one header
FIELD_DECODE = 2 * 1024 * 1024  # octets of one field that are decoded
ENCODED_WORDS = 50_000  # encoded words of one field that are decoded (RFC 2047)
MIME_DEPTH = 100  # nesting of multiparts and messages
MIME_PARTS = 20_000  # parts of one message
MIME_LINE = 1000  # octets of a line that can be a boundary (RFC 2046: 70, generous)
PARAMETERS = 100_000  # parameters of one Content-Type or Content-Disposition
PARAMETER_PIECES = 50_000  # RFC 2231 pieces of one parameter
NAME_READINGS = 64  # readings of one attachment's name
NAME_OCTETS = 64 * 1024  # characters of one reading; of a longer one its beginning and its end are kept
NAME_FOLD = 1024  # characters at the end of a name that are folded (NFKC; its ordering of marks is quadratic)
BOUNDARIES = 8  # readings of one multipart's boundary
ADDRESSES = 100_000  # addresses of one field
PART_DECODE = 8 * 1024 * 1024  # octets of one part that are decoded for `body` and friends
BODY_DECODE = 64 * 1024 * 1024  # octets of all parts of one message that one `body` decodes

# --- what is inside an attachment ------------------------------------------------------------------------------
# All but the first two are of one message: all archives in all of its attachments together.
ARCHIVE_HEAD = 512  # octets of a file in an archive that its kind is told by
ATTACHMENT_HEAD = 33 * 1024  # the same of an attachment (a disk image says what it is at 32 KiB)
ARCHIVE_DEPTH = 8  # archives in archives; a tar.gz is two
ARCHIVE_ENTRIES = 10_000  # files, all archives together
ARCHIVE_HEADERS = 100_000  # of one rar, also those without a file, of which there may be millions
ARCHIVE_TEXT = 4 * 1024 * 1024  # characters of all their names and paths
ARCHIVE_NAME = 512  # characters of one name; of a longer one its beginning and its end are kept
ARCHIVE_UNPACKED = 256 * 1024 * 1024  # octets that are unpacked, and that the files in an archive may say they have
ARCHIVE_SECONDS = 10.0  # processor time, that of programs too, or half of the time that these take by the clock
ARCHIVE_RATIO = 300  # octets unpacked for one packed ...
ARCHIVE_RATIO_FROM = 16 * 1024 * 1024  # ... of a file that is this large
ARCHIVE_NAMES = 16  # ways in which one archive may give the name of one file; of more the first and the last
ARCHIVE_FACTS = 100  # facts of one message that are told apart
ARCHIVE_WINDOW = 64 * 1024 * 1024  # what a packed stream may want a reader to remember (xz -9 has 64 MiB)
ARCHIVE_MEMORY = 512 * 1024 * 1024  # address space of the child process that reads 7z and rar

# --- rules -----------------------------------------------------------------------------------------------------
SCRIPT_OCTETS = 1024 * 1024
SCRIPT_NESTING = 32
SCRIPT_ERRORS = 100  # problems that are listed for one file
STRING_OCTETS = 1024 * 1024
ACTIONS = 32
ACTIONS_AT_ALL = 1000  # also where [sieve] max_actions has no limit
REDIRECTS = 4
CLONES = 32  # copies of one message that go a way of their own
MATCH_VALUES = 33  # ${0} .. ${32}
MATCH_STEPS = 4_000_000  # steps of one :matches comparison
TRACE_ENTRIES = 100  # entries of a table that no line matched and that the trace shows
SAW_VALUES = 8  # values of one question that the trace shows
VARIABLE_CHARACTERS = 4 * 1024  # RFC 5229 section 6 wants at least 4000
VARIABLE_OCTETS = 4 * 1024  # of a text for a log file of the user's
LINE_OCTETS = 32 * 1024  # of a variable of a procmailrc, whatever LINEBUF is: the environment holds 128 KiB of one
VARIABLES = 255
VARIABLE_NAME = 64
INCLUDES = 255
INCLUDE_DEPTH = 10
HEADER_EDIT_OCTETS = 2048
LOOPS = 4  # foreverypart within foreverypart
REPLACES = 100  # parts of one message that are replaced, each by writing the message anew
REGEX_OCTETS = 32 * 1024  # length of one pattern
REGEX_SECONDS = 1.0  # processor time of one regular expression in one question
REGEX_REPEAT = 32_767  # the numbers of an interval {n,m}, as in the C library
REGEX_SUBJECT = 256 * 1024  # characters of one text that are searched: a search may take 100 times this in memory
REGEX_SUBJECT_IN_THREAD = 1000  # the same where no timer can stop it
COUNT_STATES = 500  # that one count of a regular expression remembers
COUNT_STEPS = 4_000_000  # to make them
SCORE = 2_147_483_647.0  # of a rule with weights: what reaches it is certain (procmailsc(5))
SCORE_SECONDS = 10.0  # processor time of all counts of one rule with weights
GREP_OCTETS = 8 * 1024 * 1024  # of a body that procmail's conditions and body_checks search
BODY_CHECKS_OCTETS = 51_200  # of each part's body that body_checks looks at (postconf(5), body_checks_size_limit)
TABLE_LINE = 2048  # octets of a body line that are looked up at once (postconf(5), line_length_limit)
TABLE_FIELD = 102_400  # octets of a header field that are looked up (postconf(5), header_size_limit)
TABLE_BOUNDARY = 2048  # octets of a boundary that count there (postconf(5), mime_boundary_length_limit)
TABLE_OCTETS = 16 * 1024 * 1024  # of a lookup table (access(5), cidr_table(5))
LIST_OCTETS = 16 * 1024 * 1024  # of a list outside of the script (RFC 6134), all files of an address book together
LIST_FILES = 20_000  # files of an address book
LIST_REDIRECTS = 1000  # members of a list that a message can be redirected to
LIST_NAME = 200  # characters of a list's name that can be a file's
MAILBOXES_OCTETS = 1024 * 1024  # of the file in a Maildir that tells its folders' ids, uses and annotations
MAILBOXES_LOOKED = 10_000  # folders of a Maildir that are looked at for an id
TABLES = 16  # lookup tables that a process keeps
RECALLED = 16  # settings and rulebooks that a process keeps
SETTLED_SECONDS = 2.0  # since the change of a file that it keeps something of: longer than any clock's tick
TICK_SECONDS = 0.1  # the same, where the times of files have fractions of a second: then they are the kernel's ticks
DOMAIN_OCTETS = 255  # of a name that is looked up in a table with its parents (RFC 5321 section 4.5.3.1.2)
TABLE_SECONDS = 20.0  # processor time of tables that follow each other on one message; less than RULES_SECONDS
TABLE_EDITS = 100_000  # lines of one message that a table replaces, leaves out or puts before another
TRACE_LINES = 10_000  # steps of a run that are remembered for people
NOTES = 1000  # lines that rules have written about one message; more are dropped
PATTERNS = 1000  # compiled patterns that a process keeps
RULES_SECONDS = 30.0  # processor time of all rules on one message
REMEMBERED = 100  # different IDs that one message leaves to be remembered (RFC 7352)
SEEN_OCTETS = 100  # of a file that remembers a message
SEEN_SWEEP = 1000  # of such files that one delivery looks at, to remove what is too old
NOTIFY_RECIPIENTS = 8  # of one mailto URI ...
NOTIFY_HEADERS = 16  # ... and its headers
LETTER_OCTETS = 1024 * 1024  # of a letter that a rule sends

# --- the outside -----------------------------------------------------------------------------------------------
SPAMD_REPLY_OCTETS = 8 * 1024 * 1024
SPAMD_SECONDS = 60.0
SPAMD_HEAD_OCTETS = 64 * 1024  # status line and fields of a reply; also header fields of spamd's that are taken over
SPAMD_FIELDS = 100
SPAMD_CONNECT_SECONDS = 5.0  # until a host that does not even refuse is taken for dead
SPAMD_ABSENT_SECONDS = 1.0  # for which a process does not ask again where nothing listens, with enabled = "auto"
SPAMD_SCAN_OCTETS = 512 * 1024  # of a larger message only so much is sent (spamc's limit, which lets it pass unseen)
CLAMD_SECONDS = 60.0
CLAMD_REST_SECONDS = 30.0  # for which a resident process avoids a clamd that has failed
CLAMD_REPLY_OCTETS = 8 * 1024
CLAMD_CHUNK_OCTETS = 64 * 1024
CLAMD_SCAN_OCTETS = 25 * 1024 * 1024  # a larger message is not scanned (StreamMaxLength of clamd, as Debian sets it)
BAYES_TEXT = 64 * 1024  # characters of text that are taken for tokens, of all parts together
BAYES_TOKENS = 4000  # of one message
BAYES_OCTETS = 64 * 1024 * 1024  # of all counts of one user
BAYES_LEAST_OCTETS = 1024 * 1024
BAYES_KNOWN = 200_000  # learned messages that are remembered ...
BAYES_KNOWN_OCTETS = 256  # ... and not more than one for so many octets of max_size: a quarter of it at most
BAYES_COUNT = (1 << 32) - 1  # messages, and numbers of tokens, in an export of the counts
BAYES_LINE = 200  # octets of one of its lines
BAYES_MOVE_SECONDS = 120.0  # for which an export or import waits for others, or for Redis
BAYES_FIELDS = 200  # header fields of one message that are looked at
REDIS_LINE = 64 * 1024
REDIS_OCTETS = 64 * 1024 * 1024  # of one string, and items of one list
BAYES_PARTS = 200  # MIME parts that are looked at
SYMBOLS = 500  # names of rules in one verdict
SYMBOL_OCTETS = 100
DELIVERY_SECONDS = 600.0  # well inside Postfix' command_time_limit of 1000 s, past which Postfix bounces
PROGRAM_NAME = 128  # characters of the name of a program in the folder of the site ...
PROGRAM_ARGUMENTS = 16  # ... its arguments ...
PROGRAM_ARGUMENT = 1024  # ... and octets of each
ANSWER_OCTETS = 256 * 1024 * 1024  # octets that such a program may write
PROGRAM_SECONDS = 120.0  # a program that a rule pipes into
PROGRAM_OUTPUT = 1024 * 1024
RECEIVED_HOPS = 100  # Received fields, past which a message is no longer forwarded
STALE_TMP_SECONDS = 36 * 3600  # what a killed delivery left in tmp/ (maildir(5))
STALE_TMP_PAUSE = 60.0  # in which a process looks through the tmp/ into which it delivers once
STALE_TMP_ENTRIES = 200  # names of tmp/ that one delivery looks at for that
DRAFT_SECONDS = 10.0  # for which another delivery of the very same message, going on at the same time, is waited for
DRAFT_PAUSE = 0.005  # between two looks whether it still goes on
REPLY_CHARACTERS = 2000  # the text that a refusal puts into the bounce
TRIES = 16  # how often one message is decided anew because a delivery that may fail did
LOCK_SECONDS = 60.0  # that one mailbox is waited for
LOCK_STALE = 1024.0  # the age of a dotlock that nobody can be behind any more (procmailrc(5), LOCKTIMEOUT)
KEYWORDS = 26  # of a Maildir folder: a letter each
KEYWORDS_OCTETS = 64 * 1024  # of dovecot-keywords
KEYWORDS_SECONDS = 10.0  # that another one who writes there is waited for, before the flag is given up
UIDLIST_STALE = 120.0  # the age of Dovecot's lock file that nobody can be behind any more
MAILDIRSIZE_OCTETS = 5120  # a maildirsize of that size is calculated anew (Maildir++)
MAILDIRSIZE_SECONDS = 15 * 60.0  # the age at which one that says "full" is
MAILDIRSIZE_LINE = 200  # its first line: the quota
MAILDIRSIZE_DIGITS = 18  # of a number in it
QUOTA_WARNING_SECONDS = 24 * 3600.0  # between two letters that say that the mailbox is nearly full
PROGRAM_SAYS = 500  # of what a failed program wrote, what is shown

# --- the resident service --------------------------------------------------------------------------------------
REQUEST_SECONDS = 10.0  # in which a client that has connected says what it wants
ACKNOWLEDGE_SECONDS = 10.0  # in which a client that was told "delivered" ends
SERVE_LEAVING = 2.0  # seconds that a place to listen at may still be another one's when we start
STATUS_USERS = 200  # of whom `serve --status` tells

# --- the LMTP door ---------------------------------------------------------------------------------------------
LMTP_COMMAND_OCTETS = 4096  # a command with its line end (RFC 5321 4.5.3.1.4: 512, and what the extensions add)
LMTP_PATH_OCTETS = 1024  # characters of an address (RFC 5321 4.5.3.1.3: 256)
LMTP_RECIPIENTS = 1000  # of one message (RFC 5321 4.5.3.1.8: at least 100)
LMTP_ERRORS = 20  # commands that are none, after which the connection is closed
LMTP_KNOWN = 10_000  # recipients whose account is remembered ...
LMTP_KNOWN_SECONDS = 5.0  # ... for so long
LMTP_AT_ONCE = 20  # deliveries of one message
LMTP_DELIVERIES = 100  # deliveries of all
LMTP_COMMAND_SECONDS = 300.0  # until the client sends something, or takes something (RFC 5321 4.5.3.2.7)
LMTP_DELIVERY_SECONDS = 660.0  # from the end of a message to its replies: more than DELIVERY_SECONDS
LMTP_DRAIN_SECONDS = 5.0  # for which a client that is idle may stay connected when the door closes
LMTP_CONNECTIONS = 1000

# --- what the policy daemon found ------------------------------------------------------------------------------
POLICY_OCTETS = 998  # of the field (RFC 5322 section 2.1.1)
POLICY_SECONDS = 6 * 86400.0  # of its age: maximal_queue_lifetime (5 days; postconf(5)), and a day for the last try
POLICY_AHEAD_SECONDS = 300.0  # that the clock of the host that signed it may be ahead of ours
POLICY_SECRET_OCTETS = 1024

# --- training --------------------------------------------------------------------------------------------------
REPORT_OCTETS = 64 * 1024 * 1024  # of one report that is read; a longer one is refused
REPORT_HEAD_OCTETS = 64 * 1024  # before the message of a report
REPORT_FACT_OCTETS = 4096  # of one fact in it; a longer one is as good as none
REPORTS_AT_ONCE = 200  # that are taken from the spool at a time ...
REPORTS_OCTETS = 256 * 1024 * 1024  # ... and of how many octets
LIKENESS_OCTETS = 256 * 1024  # of a message in a Maildir that are read to tell it from others
WATCHED_AT_ONCE = 200  # messages that came into folders and are looked at before what they say is written ...
WATCHED_OCTETS = 32 * 1024 * 1024  # ... or of how many octets, but for the last one
WATCH_READS = 1000  # files of a Maildir that are read between two looks, as long as it is not known what is in them
WATCH_GONE_SECONDS = 7 * 86400.0  # for which a deleted message is remembered: its client may append it elsewhere
WATCH_FACTS = 20_000  # deliveries of a journal that are looked through for one look at a Maildir
EVENTS_AT_ONCE = 50  # events for which scripts are run between two looks whether there is something else to do
EVENT_AGAIN_SECONDS = 60.0  # until it is tried again what a script wanted and could not be done ...
EVENT_GIVE_UP_SECONDS = 5 * 86400.0  # ... and after which it is given up (as maximal_queue_lifetime, postconf(5))
WATCH_RETRY_SECONDS = 600.0  # until it is looked again whether a user has a Maildir
LEDGER_SECONDS = 60.0  # that one waits for another who writes it
ORIGINALS = 1000  # messages that are taken out of one report
HINTS = 100  # messages of one report that are looked up
ORIGINAL_OCTETS = 64 * 1024 * 1024  # of one that was packed, encoded or looked up; a larger one is none
ORIGINALS_UNPACKED = 128 * 1024 * 1024  # of all that the archives in one report hold
FORWARD_TEXTS = 8  # texts of a report in which an inline forward is looked for ...
FORWARD_OCTETS = 256 * 1024  # ... octets of each ...
FORWARD_LINES = 2000  # ... and lines
FORWARD_LINE = 1000  # characters of a line
FORWARD_BLOCK = 60  # lines of the header of an inline forward
FORWARD_IDS = 100  # Message-IDs that it is looked up by
IDENTITY_TEXT = 400  # characters of a subject, sender, date or Message-ID that are kept
FOUND_FACTS = 200_000  # of the journals that one look-up reads
FOUND_NAMES = 300_000  # of files in a reporter's Maildirs that it lists
FOUND_FILES = 20_000  # of whose headers are read, the newest first ...
FOUND_HEADER = 64 * 1024  # ... and octets of each
FOUND_NAMED = 10  # files of the one name that a report says
FOUND_OCTETS = 4 * 64 * 1024 * 1024  # of such files that are read as a whole in a batch, whose reports have less

# --- what we write ---------------------------------------------------------------------------------------------
JOURNAL_OCTETS = 10 * 1024 * 1024  # a journal is rotated past this size
JOURNAL_KEEP = 5
JOURNAL_LINE = 64 * 1024
WHY_OCTETS = 400  # what matched, as it stands in X-Mdafilter and in the journal

# --- training --------------------------------------------------------------------------------------------------
TEACH_MESSAGES = 250  # of one start of sa-learn ...
TEACH_OCTETS = 64 * 1024 * 1024  # ... and their size, of which it reads SPAMD_SCAN_OCTETS each
TEACH_SECONDS = 120.0  # of one start of sa-learn, which may wait for its lock and expire old tokens ...
TEACH_MESSAGE_SECONDS = 2.0  # ... and for each message
LEARN_QUIET_SECONDS = 1.0  # in which no report has come: then those that wait are learned
LEARN_AGAIN_SECONDS = 60.0  # until reports that a teacher could not learn are tried again
LEARN_GIVE_UP_SECONDS = 5 * 86400.0  # after which such a report is refused (as maximal_queue_lifetime, postconf(5))
TEACH_FAILURES = 3  # starts of sa-learn that failed, after which the rest of a batch waits

# --- what is shown ---------------------------------------------------------------------------------------------
SHOWN_ROWS = 200  # parts, hops or fields of one message that `inspect` prints; its JSON has all
MAILPARSER_OCTETS = 32 * 1024 * 1024  # a message up to this size is given to mail-parser, which needs 8 times as much
MAILPARSER_SECONDS = 10
MAILPARSER_MEMORY = 1024 * 1024 * 1024  # address space of the child process in which it runs
MAILPARSER_REPLY = 4 * 1024 * 1024

# --- reports ---------------------------------------------------------------------------------------------------
REPORT_HEAD = 64 * 1024  # octets of a message that are read for its sender and subject
REPORT_LABEL = 8 * 1024  # for its label, which is at the top
REPORT_TEXT = 200  # characters of a sender or a subject
REPORT_DAYS = 366
REPORT_FILES = 50_000  # files of a Maildir that are looked into for what was rescued
REPORT_HELD = 200  # messages of the spam folder that a report lists one by one; the others are counted
EXPIRE_LISTED = 10_000  # messages that `expire -v` lists, of one Maildir; the others are counted
EXPIRE_FAILED = 100  # failures of one Maildir that it tells of
REPORT_LINES = 1_000_000  # lines of the ledger that are read for one report
REPORT_ANSWER = 16 * 1024 * 1024  # octets that the process of one user may answer to root
