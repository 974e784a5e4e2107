require "duplicate";
if duplicate :header "X-ID" :uniqueid "x" { keep; }
