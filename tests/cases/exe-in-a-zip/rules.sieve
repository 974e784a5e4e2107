require ["fileinto", "mailbox", "vnd.mdafilter.attachment"];
if attachment :inside :kind "executable" {
    fileinto :create "Quarantine";
}
