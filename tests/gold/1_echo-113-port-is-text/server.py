"""Echo server: every byte comes back. Start: python server.py [HOST [PORT]]"""

import logging
import socket
import sys


def serve(conn, address):
    """Send back every byte that arrives, until end of stream."""
    logging.info("%s port %s connected", *address)  # log who connects, leaves, is lost
    try:
        # receive whatever has arrived; empty bytes mean end of stream
        while data := conn.recv(4096):
            conn.sendall(data)  # send all of it back
        logging.info("%s port %s left", *address)
    except OSError as error:  # lost: end this client, not the server
        logging.warning("%s port %s lost: %s", *address, error)


def main():
    """Serve one client after another, until Ctrl+C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # the log
    # address: from the command line, or 127.0.0.1 and 50007
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        # listen there; from now on, clients can connect
        with socket.create_server((host, int(port))) as listener:
            # forever: accept a client and serve it
            while True:
                conn, address = listener.accept()  # a second socket, for it only
                with conn:  # all other clients wait
                    serve(conn, address)
    except KeyboardInterrupt:  # Ctrl+C: exit quietly
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # expected error: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
