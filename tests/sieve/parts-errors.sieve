require ["foreverypart", "mime", "extracttext", "replace", "variables"];
extracttext "x";
foreverypart { extracttext :first "x"; }
replace :mime :subject "x" "y";
foreverypart :name "a" { break :name "b"; }
if header :mime :type :subtype "content-type" "x" { keep; }
