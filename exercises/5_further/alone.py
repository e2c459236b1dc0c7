"""Further exercise. Alone: the first participant is told that nobody else is there yet.

These comments go into your server.py of stage 5. The ones that begin with the name of the exercise are new;
the others only show where they belong. What it does to the byte stands in PROTOCOLS.md.
"""


def send_all(max_clients):
    """The sender: nobody else takes messages out of the queue, so all participants see the same order."""
        # take all the messages that wait, at least one
            # from a participant to all the others
                # (the author knows it already)
            # to one connection alone
            # from now on it takes part
                # alone: nobody else takes part: say so
            # the chat is full
            # the receiver has ended: nobody else uses this connection any more
                    # if it took part, the others are told
            # main wants the end: tell all participants, then our threads
        # then send each participant in one piece all that is new
    # the chat is over: hang up on all
    # and wait until the receivers have told us that they have ended
