"""Echo server: every byte comes back. Start: python server.py [HOST [PORT]]"""


def serve(conn, address):
    """Send back every byte that arrives, until end of stream."""
    # log who connects, leaves, is lost
        # receive whatever has arrived; empty bytes mean end of stream
            # send all of it back
    # lost: end this client, not the server


def main():
    """Serve one client after another, until Ctrl+C."""
    # the log
    # address: from the command line, or 127.0.0.1 and 50007
        # listen there; from now on, clients can connect
            # forever: accept a client and serve it
                # a second socket, for it only
                # all other clients wait
    # Ctrl+C: exit quietly
    # expected error: status 1


# run the program
