if header :contains "Subject" "invoice" {
    discard;
} elsif header :contains "Subject" "viagra" {
    redirect "pharmacy@example.org";
} elsif header :contains "Subject" "cheap" {
    discard;
}
