"""mdafilter-policyd: what Postfix asks about a client before a message exists (SMTPD_POLICY_README).

    smtpd(8) -- protocol.py --> Request -- run.py --> checks/NAME.py, each with its Opinions
             <------------------------------------------------ decide.py: one Decision

It replaces a greylisting daemon, an SPF daemon, and access tables that are kept by hand, with one configuration file. A
check fails open: what it cannot find out stops no mail.
"""

VERSION = "0.1.0"
