"""The resident service: one start of Python for ten thousand messages.

mailbox_command, .forward, pipe(8)                         Postfix' lmtp(8)
              |                                                   |
client/mdafilter-deliver.c  -- a connection -->  broker  <--  door/ (without rights, speaks lmtp/)
              ^                                   | the connection itself (SCM_RIGHTS)
              |                                   v
              +----------- wire.py ----------  worker.py, one or more for each user, with that user's rights alone
                                                  |
                                              pipeline.deliver, as in the one-shot

service.py   all of it put together; `mdafilter serve` runs it
broker.py    the loop of the parent, which is root and never sees a message: who connects, and who gets it
pool.py      which worker gets a connection, when another is made and when one has to go; without I/O
crew.py      the workers as processes: forked from the broker, watched, killed at their deadline
worker.py    one user's process: becomes the user for good, then delivers one connection after the other
slate.py     what the worker notes for the broker, for the case that it is killed between "done" and "tidied up"
orphans.py   the clients and the traces of workers that were killed
brief.py     closing what strangers have sent, without waiting for it
wire.py      the packets between a client and a worker
client/      mdafilter-deliver in C, and how it is built at installation
lmtp/        the LMTP protocol, without I/O
door/        the process that speaks it
beside.py    that process and the one for metrics: started, watched, drained
status.py    what --status and the metrics show
metrics.py   GET /metrics; exposition.py is what it answers
listen.py    the sockets: made by us, given by systemd, or left by the program before us
handover.py  how a new version of the program takes over
log.py       what the broker says of itself
"""
