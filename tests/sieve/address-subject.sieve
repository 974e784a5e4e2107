if address "subject" "ann@example.org" {
    keep;
}
