require "vacation"; vacation :handle "h" "other";
