"""LMTP (RFC 2033), the server's side, without I/O: octets and verdicts in, events and replies out.

    octets -> session.feed()        what the client has sent
              session.next()   ->   Recipient   is it one?       -> session.accept(), session.refuse(reply)
                                    Content     a piece of the message, with LF as line ends
                                    Complete    the message is whole -> session.result(n, reply) for each recipient
                                    Dropped     this message is given up: recipients and content are void
                                    Closed      write what output() has, and hang up
                                    None        it needs more octets, or a verdict
    octets <- session.output()      what the client is to get

session.py   the states, and which command is obeyed in which
events.py    what the owner hears
command.py   the grammar of the commands: paths and parameters
data.py      what follows DATA and BDAT
reply.py     replies, with enhanced status codes
"""

from mdafilter.serve.lmtp.command import Path
from mdafilter.serve.lmtp.events import Closed, Complete, Content, Dropped, Event, Recipient
from mdafilter.serve.lmtp.reply import Reply
from mdafilter.serve.lmtp.session import Session

__all__ = ["Closed", "Complete", "Content", "Dropped", "Event", "Path", "Recipient", "Reply", "Session"]
