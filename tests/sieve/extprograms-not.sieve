require "vnd.dovecot.pipe"; pipe "not-executable";
