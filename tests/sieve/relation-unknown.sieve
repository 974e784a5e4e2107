require "relational";
if header :value "equal" "subject" "x" {
    keep;
}
