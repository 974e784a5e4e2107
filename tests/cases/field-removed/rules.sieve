require "editheader";
deleteheader "X-Mailer";
