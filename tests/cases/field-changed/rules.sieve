require ["editheader", "fileinto", "mailbox"];
if header :contains "Subject" "viagra" {
    deleteheader "Subject";
    addheader "Subject" "Cheap tea for you";
}
if header :contains "Subject" "tea" {
    fileinto :create "Offers";
}
