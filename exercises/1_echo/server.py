"""Echo server: every byte comes back. Start: python server.py [HOST [PORT]]"""


def serve(conn, address):
    """Send back all that arrives on this connection, until its end-of-stream."""
    # log who comes, who leaves and how
        # receive some bytes, not always a whole message; no bytes are the end-of-stream
            # send all of them back
    # lost: this ends the client, not the server


def main():
    """Serve one client after another, until Ctrl+C."""
    # the log
    # the address: from the command line, or else port 50007 of this machine alone
        # create a socket, bind it to the address, and listen for clients
            # for ever: accept a client (on Windows Ctrl+C waits for one), serve it
                # a second socket, for it alone
                # all others have to wait
    # Ctrl+C is a polite end
    # foreseen trouble: status 1


# run the program
