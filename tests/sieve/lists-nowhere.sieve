require "extlists";

if header :list "subject" "tag:example.com,2026:nowhere" { discard; }
