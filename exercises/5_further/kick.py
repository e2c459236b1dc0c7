"""Extra exercise. Kick: the console makes one participant leave.

These comments go into your server.py of stage 5. The ones that begin with the name
of the exercise are new; the others only show where they belong. PROTOCOLS.md says
exactly what it must do.
"""


# the longest line allowed, in bytes: memory needs a limit
# how long a slow client may block others, in seconds
# an event for all threads: the chat is over
# bounded, from receivers to the sender: (what, connection, text)
# by connection: the lines to send to this participant next
# (only the sender uses it, so it needs no lock)
# kick: of each participant, by connection: its name


# kick: who is meant
def find(text):
    """Return whose name this text begins with (None: nobody's), and the rest of it."""
        # of Anna and Anna Lee it is the longer one


def on_joined(conn, name):
    """A visitor gave a name: from now on they are a participant."""
    # tell the others; give it an outbox with a welcome
    # kick: keep its name


def on_left(conn, name):
    """The receiver exited: no other thread uses this connection any more."""
    # it was a participant: tell the others
        # kick: its name counts no more
    # in any case, close the connection


# kick: the console wants one to leave
def on_kick(conn, text):
    """Tell all why, then hang up: its receiver will tell us that it has left."""
        # from now on nobody hears it, whatever it has still said


# what the sender does with each kind of message
# kick: one has to leave


def run_console():
    """Obey the commands that are typed, until /close."""
            # main ends the chat
        # kick: the sender knows who is there
            # kick: a line of help
    # end of input: continue without a keyboard
