require "vnd.dovecot.pipe"; pipe :try "none-such";
