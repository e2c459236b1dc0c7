"""Further exercise. Password: who enters must give it first.

These comments go into your server.py of stage 5. The ones that begin with the name
of the exercise are new; the others only show where they belong. What it does to the
byte stands in PROTOCOLS.md.
"""


# the longest line, in bytes: nobody may fill our memory with a line that never ends
# in seconds: one who does not read may keep the others waiting so long, once
# password: the fourth argument; without it nobody is asked
# an event for all threads: the chat is over
# from all receivers to the sender: (what, connection, text); when full, they wait
# of each participant, by connection: the lines to send there next
# (only the sender looks here: no lock is needed)


# password: is it right?
def check_password(conn, address, text, tries):
    """Return whether this is the password; the visitor has so many tries left."""


def receive(conn, address):
    """A receiver: tell the sender what one participant does, until it leaves."""
    # log who comes, who leaves and how
    # not known yet: ask for it
    # password: without one all are
    # password: so many are left
    # password: ask for it before the name
            # {quit} or /close: one may leave, with or without a name
            # password: before the name
            # the first good line
            # all the others shall hear it
    # the connection is lost: that ends this participant, not the chat
    # tell the sender that it has left: once, however it ends
