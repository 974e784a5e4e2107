require "include";
include "settings-include";
