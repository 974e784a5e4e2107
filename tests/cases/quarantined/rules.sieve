require ["fileinto", "mailbox"];
if header :contains "Subject" "viagra" {
    fileinto :create "Quarantine";
}
