require "reject";
if header :contains "Subject" "viagra" {
    reject "no pills";
    stop;
}
