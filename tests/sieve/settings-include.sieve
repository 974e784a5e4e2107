require "include";
include "settings-leaf";
