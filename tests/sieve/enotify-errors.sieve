require "enotify";
notify "mailto:ann@example.org;?subject=x";
notify "mailto:ann@example.org?subject<=x";
notify "mailto:ann@example.org?subject:=x";
notify "mailto:ann%23example.org";
notify :importance "4" "mailto:ann@example.org";
notify :from "ann" "mailto:ann@example.org";
notify :options "x" "mailto:ann@example.org";
