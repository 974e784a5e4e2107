# lists.sieve - mail of a mailing list goes into the list's own folder, where there is one (opt-in)
#
# Asks for    List-Id (RFC 2919): "Debian users <debian-user.lists.debian.org>" names the list debian-user.
# Does        files the message into the folder lists.debian-user (in a mail program: debian-user inside lists), and
#             ends. It makes no folder: you choose your lists by making their folders, and a spammer who writes a
#             List-Id makes none. Mail of a list without a folder goes on to the next rules, and to the inbox.
#
# To switch it on for the site, take the comment sign from its line in default.sieve. For yourself alone, write into
# your own rules:    require "include";    include :global "lists";

require ["fileinto", "mailbox", "variables"];

if header :matches "List-Id" "*<*.*>*" {
    set :lower "list" "${2}";
    if mailboxexists "lists.${list}" {
        fileinto "lists.${list}";
        stop;
    }
}
