require "vnd.dovecot.execute"; execute "cat";
