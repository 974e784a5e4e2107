require "include";

include :global "lists";
