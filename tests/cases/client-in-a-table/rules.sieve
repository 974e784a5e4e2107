require "vnd.mdafilter.lookup";
if lookup :action "REJECT" "client" "/srv/clients" {
    discard;
}
