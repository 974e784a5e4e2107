require ["body", "fileinto", "mailbox"];
if allof (size :over 100, size :under 1000, body :raw :contains "fridge") {
    fileinto :create "food.small";
    stop;
}
