"""Further exercise. Unique: a name in use gets a number.

These comments go into your server.py of stage 5. The ones that begin with the name
of the exercise are new; the others only show where they belong. What it does to the
byte stands in PROTOCOLS.md.
"""


# the longest line, in bytes: nobody may fill our memory with a line that never ends
# in seconds: one who does not read may keep the others waiting so long, once
# an event for all threads: the chat is over
# from all receivers to the sender: (what, connection, text); when full, they wait
# of each participant, by connection: the lines to send there next
# (only the sender looks here: no lock is needed)
# unique: the names in use
# unique: one at a time may look for a free name and take it


# unique: the second Anna becomes Anna2
def unused(name):
    """Take this name, or the first one with a number behind it that is free."""


def take_name(conn, text):
    """Return the name in this line and tell the sender, or "" if it is no name."""
    # without the white space around
        # unique: perhaps with a number
    # no good name: ask again


def on_left(conn, name):
    """The receiver has ended: nobody else uses this connection any more."""
    # unique: its name is free again
    # it took part: tell the others
    # in any case say end-of-stream and close the connection
