if header :matches "Subject" "Cheap*for you" {
    discard;
    stop;
}
