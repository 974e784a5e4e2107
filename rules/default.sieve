# default.sieve - the site's rules, in the order in which they are asked
#
# This is what mdafilter runs before the rules of the user, unless the setting `rules` names other files. Each line
# includes one rule file; a message that a file has filed goes no further. Cheap questions come first. The spam
# scorer, which takes longer than all the rest together, comes last and is asked only about mail that is still there.
#
#   attachments   programs sent as attachments              -> Quarantine
#   headers       messages built to pass by filters         -> Quarantine
#   virus         what clamd finds, if it is switched on    -> Quarantine
#   lists         mailing lists, each into its folder       -> lists.NAME      (opt-in)
#   spam          what is tagged as spam, or scored as such -> Trash
#
# A file is looked for in the site's rules_dir (/etc/mdafilter/rules) first, then among the files that mdafilter
# brings. So, to change one of them, copy it there and edit the copy; to switch one off, copy this file and take its
# line out. `mdafilter check` finds mistakes, `mdafilter explain MESSAGE` shows what the rules make of a message.
#
# Nothing here refuses or destroys mail: whatever is taken out of the inbox lies in a folder, with a header that says
# which rule put it there.

require "include";

include :global "attachments";
include :global "headers";
include :global "virus";

# Opt-in. Here, list mail never costs a question to the spam scorer; after "spam", it is scored before it is filed.
# include :global "lists";

include :global "spam";
