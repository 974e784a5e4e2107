require ["fileinto", "mailbox", "vnd.mdafilter.lookup"];

if lookup :action "REJECT" ["client", "sender", "from"] "senders" {
    fileinto :create "Junk";
}
