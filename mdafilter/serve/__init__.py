"""The resident service: one start of Python for ten thousand messages.

mailbox_command, .forward, pipe(8)                              LMTP
              |                                                   |
client/mdafilter-deliver.c  -- a connection -->  broker  <--  door.py (unprivileged, speaks lmtp/)
              ^                                   | the connection itself (SCM_RIGHTS)
              |                                   v
              +----------- wire.py ----------  worker.py, one or more for each user, with that user's rights alone
                                                  |
                                              pipeline.deliver, as in the one-shot

broker.py    the loop of the parent, which is root and never sees a message: who connects, and who gets it
pool.py      which worker gets a connection, when another is made and when one has to go; without I/O
crew.py      the workers as processes: forked from the broker, watched, killed at their deadline
worker.py    one user's process: becomes the user for good, then delivers one connection after the other
slate.py     what the worker notes for the broker, for the case that it is killed between "done" and "tidied up"
wire.py      the packets between a client and a worker
door.py      the LMTP door
beside.py    the LMTP door and the metrics process: started, watched, drained
status.py    what --status and the metrics show
metrics.py   GET /metrics; exposition.py is what it answers
listen.py    the sockets: made by us, given by systemd, or handed over by the broker before us
"""
