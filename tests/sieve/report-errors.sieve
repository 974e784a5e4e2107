require "vnd.dovecot.report";
report "two words" "text" "abuse@example.org";
report "abuse" "text" "abuse";
