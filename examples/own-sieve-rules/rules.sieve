require ["fileinto", "mailbox", "copy", "imap4flags"];

if address :domain :is "From" "shop.example.com" {
    fileinto :copy :create :flags "\\Flagged" "Orders";
}
