require "environment";
if allof (environment "location" "MDA", environment "phase" "during") { discard; }
