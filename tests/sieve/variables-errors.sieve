require "variables";
set "no name" "x";
set "a" "${nowhere.x}";
set :lower :upper "b" "c";
