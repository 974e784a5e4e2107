require "imap4flags";
setflag "early";
setflag "late";
