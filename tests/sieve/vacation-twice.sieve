require "vacation";
vacation "I am away.";
vacation "Really.";
