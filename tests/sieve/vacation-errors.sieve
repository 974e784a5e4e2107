require "vacation";
if true { vacation :from "nobody" "x"; }
if true { vacation :seconds 5 "x"; }
if true { vacation; }
