# spam.sieve - spam goes to Trash
#
# Asks for    1. a mark in the Subject, as SpamAssassin and amavis put it in front when a relay before us has scanned
#                the message: *****SPAM*****, ***SPAM***, *SPAM*. It must begin the Subject, so that an answer to such
#                a message ("Re: *****SPAM***** ...") is left alone.
#             2. X-Spam-Flag: YES, unless the setting trusted_upstream of [spamd] is false. Make it false where mail
#                comes in that other sites have scanned, by rules that are not yours.
#             3. our own spamd, and only where the message is still there: 5 and more is what spamd itself calls spam
#                (its required_score), 10 is twice that. A spamd that does not answer does not hold the message up.
# Does        files the message into the folder Trash, and ends. A mark that says "no spam" is never believed: the
#             sender could have written it.
#
# What lies in Trash is never learned from, and many mail programs empty it. To have a look at spam before it goes, copy
# this file into the site's rules_dir and write "Junk" for "Trash" in the copy.

require ["fileinto", "mailbox", "environment", "spamtest", "relational", "comparator-i;ascii-numeric"];

# In a pattern a star that is meant is written \\*.
if header :matches "Subject" [
    "\\*\\*\\*\\*\\*SPAM\\*\\*\\*\\*\\**",
    "\\*\\*\\*SPAM\\*\\*\\**",
    "\\*SPAM\\**"
] {
    fileinto :create "Trash";
    stop;
}

if allof (header "X-Spam-Flag" "YES", not environment "vnd.mdafilter.trusted-upstream" "no") {
    fileinto :create "Trash";
    stop;
}

if spamtest :value "ge" :comparator "i;ascii-numeric" "5" {
    fileinto :create "Trash";
    stop;
}
