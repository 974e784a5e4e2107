require "copy";
if header :contains "Subject" "viagra" {
    redirect :copy "boss@example.org";
}
