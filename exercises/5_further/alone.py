"""Extra exercise. Alone: the first participant is told that nobody else is there yet.

These comments go into your server.py of stage 5. The ones that begin with the name
of the exercise are new; the others only show where they belong. PROTOCOLS.md says
exactly what it must do.
"""


def on_joined(conn, name):
    """A visitor gave a name: from now on they are a participant."""
    # tell the others; give it an outbox with a welcome
    # alone: nobody else takes part: say so
