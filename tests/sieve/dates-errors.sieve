require ["date", "index"];
if date :zone "+0100" :originalzone "date" "year" "2026" { keep; }
if header :last "subject" "x" { keep; }
if header :index 0 "subject" "x" { keep; }
if currentdate :originalzone "year" "2026" { keep; }
if date "date" "year" { keep; }
