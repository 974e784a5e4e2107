require ["reject", "fileinto"];
fileinto "X";
reject "No.";
