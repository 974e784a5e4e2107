require "vacation"; vacation :handle "h" "one";
