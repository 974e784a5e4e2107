require ["environment", "relational", "comparator-i;ascii-numeric"];
if allof (environment :is "vnd.mdafilter.policy.spf" ["fail", "softfail"],
          environment :value "ge" :comparator "i;ascii-numeric" "vnd.mdafilter.policy.points" "3") {
    discard;
}
