require ["ihave", "fileinto"];
if ihave "mailbox" {
    fileinto :create "New";
} elsif ihave "vnd.nobody.nothing" {
    nothing_that_we_know "x";
} else {
    discard;
}
