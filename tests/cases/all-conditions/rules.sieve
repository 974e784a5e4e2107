if allof (header :contains "Subject" "viagra", not header :contains "From" "ann@example.net") {
    discard;
    stop;
}
