require ["copy", "fileinto", "mailbox"];
if exists "List-Id" {
    fileinto :copy :create "lists.daily";
}
