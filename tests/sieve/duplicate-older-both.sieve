require ["duplicate", "vnd.dovecot.duplicate"];
if duplicate { keep; }
