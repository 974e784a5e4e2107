require ["fileinto"];
fileinto "Lists";
