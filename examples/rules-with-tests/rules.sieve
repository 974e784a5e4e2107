require ["fileinto", "mailbox", "variables", "imap4flags"];

# Each shop has a folder below Orders; what is on its way is marked.
if address :domain :matches "from" "*shop.example.*" {
    if header :contains "subject" "has been sent" {
        addflag "\\Flagged";
    }
    fileinto :create "Orders.${2}";
}
