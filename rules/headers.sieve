# headers.sieve - messages that are built to pass by filters go to Quarantine
#
# Asks for    the form of the message, and nothing that people write: no words, no senders, no countries. What stands
#             here must hold on every site, so it is little. A message that is just broken is delivered.
# Does        files the message into the folder Quarantine, and ends.
#
# Rules of your own about headers go into a file of your own: a Sieve script, named in default.sieve, or a Postfix table
# (header_checks), named in the setting `rules`. One that is worth having, with the name of your bank:
#
#     # A sender who calls himself by somebody else's address
#     if allof (header :contains "From" "@bank.example", not address :domain "From" "bank.example") {
#         fileinto "Quarantine";
#         stop;
#     }

require ["fileinto", "mailbox", "vnd.mdafilter.attachment", "vnd.mdafilter.defect"];

# Past these bounds nobody looks into a message any more: what lies behind them is hidden from attachments.sieve, from
# virus scanners and from spamd. Honest mail comes nowhere near (100 levels, 20,000 parts, 100,000 parameters, 4 MiB).
if defect ["too-deep", "too-many-parts", "too-many-parameters", "header-too-long"] {
    fileinto :create "Quarantine";
    stop;
}

# A message cut into several, which a mail program puts together again (RFC 2046 section 5.2.2): no scanner sees more
# than a piece. Nothing has sent these for twenty years but what wants to pass.
if attachment :type "message/partial" {
    fileinto :create "Quarantine";
    stop;
}
