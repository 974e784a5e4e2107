require "include";
include "settings-leaf";
include "keep";
