if header :contains "Subject" "viagra" {
    redirect "pharmacy@example.org";
    stop;
}
discard;
