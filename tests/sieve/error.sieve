require ["ihave", "fileinto"];
fileinto "X";
error "This host is too old.";
