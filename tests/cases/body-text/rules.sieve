require "body";
if body :raw :contains "or never" {
    discard;
}
