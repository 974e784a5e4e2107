require "fileinto";
fileinto "X";
stop;
discard;
