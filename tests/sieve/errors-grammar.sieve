require "fileinto";

fileinto ["a" "b"];
frop;
if anyof (true, ) { keep, ; }
keep $;
stop
