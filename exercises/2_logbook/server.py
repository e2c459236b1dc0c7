"""Logbook server: a line is an entry. Start: python server.py [HOST [PORT]]"""

# the longest line allowed, in bytes: memory needs a limit


def receive_lines(conn):
    """Yield each line that arrives, as text without its newline."""
    # an unfinished line
    # receive whatever has arrived: half a line, or several
        # cut at every newline
        # too long: end this connection
        # what comes after the last newline waits for its rest
        # these lines are whole: decode them only now
    # end of stream: it ends the last line too


def serve(conn, address, logbook):
    """Turn each line that arrives into an entry, until end of stream."""
    # log who connects, leaves, is lost
            # an entry is the time, a space, and the text
            # file first, and flushed: what's on screen survives a kill
    # lost: end this client, not the server


def main():
    """Serve one client after another, until Ctrl+C."""
    # the log
    # address: from the command line, or 127.0.0.1 and 50007
    # use UTF-8 for the screen on every system
        # open the logbook to append to it
            # listen there; from now on, clients can connect
                # forever: accept a client and serve it
                    # a second socket, for it only
                    # all other clients wait
    # Ctrl+C: exit quietly
    # expected error: status 1


# run the program
