require "include";
include "circle";
