require ["spamtest", "relational", "comparator-i;ascii-numeric"];
if allof (not header :contains "List-Id" "example.net", spamtest :value "ge" :comparator "i;ascii-numeric" "5") {
    discard;
}
