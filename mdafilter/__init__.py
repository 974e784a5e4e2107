"""mdafilter: the delivery filter between Postfix and the mailbox.

Read in this order and the program is understood: pipeline.py, plan.py, words/header.py, targets/maildir.py.
"""

VERSION = "0.1.0"
