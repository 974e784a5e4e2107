require "fileinto";
fileinto "A";
fileinto "A";
keep;
keep;
redirect "carol@example.com";
redirect "carol@EXAMPLE.com";
