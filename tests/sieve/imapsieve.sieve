# What is run at an event; which part of it, the subject says.
require ["imapsieve", "environment", "fileinto", "copy", "mailbox", "imap4flags", "editheader", "envelope", "variables", "enclose"];

if header :is "subject" "file" {
    fileinto :create "Elsewhere";
} elsif header :is "subject" "file copy" {
    fileinto :copy :create "Elsewhere";
} elsif header :is "subject" "file and keep" {
    keep;
    fileinto "INBOX";
} elsif header :is "subject" "redirect" {
    redirect "ann@example.org";
} elsif header :is "subject" "discard" {
    discard;
} elsif header :is "subject" "discard and keep" {
    discard;
    keep;
} elsif header :is "subject" "header" {
    addheader "X-New" "yes";
    fileinto :copy :create "Elsewhere";
} elsif header :is "subject" "flags" {
    addflag "\\Flagged";
    removeflag "\\Seen";
} elsif header :is "subject" "envelope" {
    addflag "\\Flagged";
    if envelope :contains "from" "" { discard; }
} elsif header :is "subject" "cause" {
    if environment :matches "imap.cause" "*" { set "cause" "${1}"; }
    if environment :matches "imap.mailbox" "*" { set "mailbox" "${1}"; }
    fileinto :copy :create "Told/${mailbox}/${cause}";
}
