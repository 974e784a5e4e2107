require ["fileinto", "copy", "vacation", "enotify", "vnd.dovecot.report", "vnd.dovecot.pipe"];
fileinto "A";
redirect "carol@example.com";
keep;
vacation "away";
notify "mailto:dave@example.com";
report "abuse" "spam" "abuse@example.com";
pipe :copy "anything";
