require "vnd.dovecot.pipe"; pipe "none-such";
