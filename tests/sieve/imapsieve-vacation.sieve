require ["imapsieve", "vacation"];
