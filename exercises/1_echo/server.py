"""Echo server: every byte that a client sends comes back. Start: python server.py [HOST [PORT]]"""


def serve(conn, address):
    """Send back all that arrives on this connection, until its end-of-stream."""
    # write to the log who comes, who leaves and how
        # receive some bytes, as many as are there: they need not be a whole message
        # no bytes at all are the end-of-stream
            # send all of them back
    # the connection is lost: that ends this client, not the server


def main():
    """Serve one client after another, until Ctrl+C."""
    # set up the log
    # the address: from the command line, or else port 50007 of this machine alone
        # create a socket, bind it to the address, and listen for clients
            # for ever: accept the next client; its connection is a second socket, for it alone
                # (Windows notices Ctrl+C only after it)
                # serve it, then close its connection (meanwhile all others have to wait)
    # Ctrl+C is a polite end
    # foreseen trouble: one sentence, exit status 1


# so far all was only defined: here it begins
