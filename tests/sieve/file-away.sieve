require "fileinto";
fileinto "Away";
