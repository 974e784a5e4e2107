require ["imapsieve", "environment", "fileinto", "mailbox", "copy", "imap4flags"];

# What comes into "Tasks" is to be done; what is done (answered) there has a copy in this folder.
# In ~/Maildir/mailboxes.toml, with this file as ~/.sieve/event.sieve:
#   ["Tasks"]
#   metadata = { "/shared/imapsieve/script" = "event" }
if environment "imap.cause" ["APPEND", "COPY"] {
    addflag "\\Flagged";
} elsif allof (hasflag "\\Answered", environment :contains "imap.changedflags" "\\Answered") {
    removeflag "\\Flagged";
    fileinto :copy :create "Tasks.done";
}
