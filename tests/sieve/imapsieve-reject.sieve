require ["imapsieve", "reject"];
reject "No.";
