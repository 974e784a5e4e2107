require ["fileinto", "mailbox", "variables"];
if header :matches "List-Id" "*<*.offers.example>" {
    fileinto :create "lists.${2}";
}
