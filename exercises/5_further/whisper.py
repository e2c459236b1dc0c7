"""Further exercise. Whisper: the console tells one participant something alone.

These comments go into your server.py of stage 5. The ones that begin with the name of the exercise are new;
the others only show where they belong. What it does to the byte stands in PROTOCOLS.md.
"""


# the longest line, in bytes: nobody may fill our memory with a line that never ends
# in seconds: one who does not read may keep the others waiting so long, once
# an event for all threads: the chat is over
# from all receivers to the sender: (what, connection, text); when full, they wait
# of each participant, by connection: the lines to send there (only the sender looks: no lock is needed)
# whisper: of each participant, by connection: its name (only the sender looks here too)


# whisper: not for all
def tell(conn, text):
    """Put a line into the outbox of one participant."""


# whisper: who is meant
def find(text):
    """Return the connection of the one whose name this text begins with (None: nobody), and the rest of the text."""
    # of Anna and Anna Lee it is the longer one


def send_all(max_clients):
    """The sender: nobody else takes messages out of the queue, so all participants see the same order."""
        # take all the messages that wait, at least one
            # from a participant to all the others
                # (the author knows it already)
            # to one connection alone
            # from now on it takes part
                # whisper: keep its name
            # the chat is full
            # the receiver has ended: nobody else uses this connection any more
                    # whisper: its name counts no more
                    # if it took part, the others are told
            # whisper: the console has a word for one alone
            # main wants the end: tell all participants, then our threads
        # then send each participant in one piece all that is new
    # the chat is over: hang up on all
    # and wait until the receivers have told us that they have ended


def run_console():
    """Obey the commands that are typed, until /close."""
            # back to main, which ends the chat
        # whisper: leave it to the sender, which knows who is there
            # whisper: a line of help
    # the keyboard has ended, the chat has not: go on without it
