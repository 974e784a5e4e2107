if header :contains "Subject" "*SPAM*" { discard; stop; }
if header :contains "Subject" "viagra" { redirect "pharmacy@example.org"; stop; }
