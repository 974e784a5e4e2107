require "vnd.nobody.nothing";
keep;
