require ["include", "variables"];
global "shared";
set "shared" "${shared} inner";
set "own" "inner";
set "global.other" "set there";
