# virus.sieve - what the virus scanner finds goes to Quarantine
#
# Asks for    clamd, once it is switched on, in the configuration:
#
#                 [clamd]
#                 enabled = "on"
#
#             Until then this file asks nobody, and costs next to nothing. 5 is a virus that clamd knows, 4 a suspicion:
#             the names of those begin with Heuristics. or PUA., and clamd.conf(5) says which of them there are.
# Does        files the message into the folder Quarantine, and ends. X-Mdafilter has the name of the virus.
# Lets pass   a message that was not scanned: clamd does not answer (when_down = "defer" in [clamd] waits for it), or
#             it is larger than max_size of [clamd], or than StreamMaxLength of clamd.conf(5). The journal says so.
#
# To take only what is known for certain, copy this file into the site's rules_dir and write "5" for "4" in the copy.

require ["fileinto", "mailbox", "virustest", "relational", "comparator-i;ascii-numeric"];

if virustest :value "ge" :comparator "i;ascii-numeric" "4" {
    fileinto :create "Quarantine";
    stop;
}
