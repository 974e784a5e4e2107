if header :contains "Subject" "*SPAM*" {
    discard;
    stop;
}
