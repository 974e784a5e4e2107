"""The LMTP door: a process without any rights that speaks LMTP with Postfix, and has workers deliver.

loop.py         all connections and deliveries in one loop; nothing in it waits
connection.py   one client: its session (serve/lmtp), its message, its deliveries
recipients.py   whose mail it is
spool.py        the message, kept once however many recipients it has
delivery.py     one recipient's message on its way through a worker
"""
