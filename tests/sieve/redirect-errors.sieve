require ["redirect-dsn", "redirect-deliverby"];
redirect :notify "never,success" "ann@example.org";
redirect :ret "body" "ann@example.org";
redirect :bytimerelative 1 :bytimeabsolute "2026-12-24T18:00:00Z" "ann@example.org";
redirect :bymode "return" "ann@example.org";
