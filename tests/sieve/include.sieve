require "include";
include "files";
include :global "keeps";
