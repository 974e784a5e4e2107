require ["fileinto", "relational"];

frop;
if header :frop "subject" "a" { frop; }
if header :frop "subject" "b" { keep; }
if address "subject" "a" { keep; }
if header :count "gt" "subject" { keep "a"; }
fileinto "a" "b" { stop; }
fileinto true;
elsif true { keep; }
else { keep; }
if true { keep; } else { keep; } else { keep; }
if (true, false) { keep; }
if header matches "subject" "a*" { keep; }
keep
stop;
redirect "ann";
