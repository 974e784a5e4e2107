require ["vnd.dovecot.pipe", "vnd.dovecot.execute", "variables"];
if true { pipe "../bin/cat"; }
if true { pipe "cat" ["a
b"]; }
if true { pipe :copy "cat"; }
if true { execute :input "x" :pipe "cat"; }
if true { execute :output "no-name" "cat"; }
