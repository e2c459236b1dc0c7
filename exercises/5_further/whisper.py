"""Extra exercise. Whisper: the console tells one participant something alone.

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
# whisper: of each participant, by connection: its name


# whisper: not for all
def tell(conn, text):
    """Put a line into the outbox of one participant."""


# whisper: who is meant
def find(text):
    """Return whose name this text begins with (None: nobody's), and the rest of it."""
        # of Anna and Anna Lee it is the longer one


def on_joined(conn, name):
    """A visitor gave a name: from now on they are a participant."""
    # tell the others; give it an outbox with a welcome
    # whisper: keep its name


def on_left(conn, name):
    """The receiver exited: no other thread uses this connection any more."""
    # it was a participant: tell the others
        # whisper: its name counts no more
    # in any case, close the connection


# whisper: the console has a word for one alone
def on_to(conn, text):
    """Tell it to the participant whose name the text begins with."""


# what the sender does with each kind of message
# whisper: words for one alone


def run_console():
    """Obey the commands that are typed, until /close."""
            # main ends the chat
        # whisper: the sender knows who is there
            # whisper: a line of help
    # end of input: continue without a keyboard
