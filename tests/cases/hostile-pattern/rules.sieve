require "regex";
if header :regex "Subject" "(a+)+$" {
    discard;
    stop;
}
