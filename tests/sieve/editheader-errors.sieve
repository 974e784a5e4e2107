require "editheader";
addheader "X Y" "v";
deleteheader :last "X-A";
deleteheader :index 0 "X-A";
