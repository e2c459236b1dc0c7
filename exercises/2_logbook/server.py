"""Logbook server: a line is an entry. Start: python server.py [HOST [PORT]]"""

# the longest line, in bytes: nobody may fill our memory with a line that never ends


def receive_lines(conn):
    """Yield each line that arrives, as text without its line end."""
    # an unfinished line
    # receive some bytes, as many as are there: they may hold half a line, or several
        # cut at every line end
        # too long: this ends the connection
        # what comes after the last line end waits for the rest of its line
        # these lines are whole: only now can their bytes be read as text
    # no bytes at all are the end-of-stream: it ends the last line too


def serve(conn, address, logbook):
    """Make an entry of each line that arrives, until the end-of-stream."""
    # log who comes, who leaves and how
            # an entry is the time, a space, and the text
            # into the file first, and flushed: what was on the screen survives a kill
    # lost: this ends the client, not the server


def main():
    """Serve one client after another, until Ctrl+C."""
    # the log
    # the address: from the command line, or else port 50007 of this machine alone
    # the screen speaks UTF-8, whatever the habit of this system is
        # open the logbook to append to it
            # create a socket, bind it to the address, and listen for clients
                # for ever: accept a client (on Windows Ctrl+C waits for one), serve it
                    # a second socket, for it alone
                    # all others have to wait
    # Ctrl+C is a polite end
    # foreseen trouble: status 1


# run the program
