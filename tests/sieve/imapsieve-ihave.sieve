require ["imapsieve", "ihave", "imap4flags"];
if ihave "reject" { reject "No."; } else { addflag "\\Flagged"; }
