require ["fileinto", "special-use", "mailboxid"];

fileinto :specialuse "\\Junk" :mailboxid "F1" "Spam";
