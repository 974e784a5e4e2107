if header :contains "From" "pills.example" {
    if not header :contains "Subject" "invoice" {
        if header :contains "Subject" "viagra" {
            discard;
        }
    }
}
