"""SPF (RFC 7208): whether a domain lets an address send in its name.

    evaluate.py  check_host: asks the DNS, counts the limits      --> result.py: one Result
    record.py    the text of a record, to terms                       received.py: a Result, to a header field
    macros.py    %{ir}.%{v}._spf.%{d2}, to a name

A record is written by whoever sends the mail. Everything here is bounded by the limits of RFC 7208 section 4.6.4,
whatever it says, and by the deadline of whoever asks.
"""
