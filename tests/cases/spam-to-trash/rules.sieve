require ["fileinto", "mailbox"];
if header :contains "Subject" "*SPAM*" {
    fileinto :create "Trash";
    stop;
}
