require "include";
include "none";
