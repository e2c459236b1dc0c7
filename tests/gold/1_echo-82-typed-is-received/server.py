"""Echo server: every byte comes back. Start: python server.py [HOST [PORT]]"""

import logging
import socket
import sys


def serve(conn, address):
    """Send back all that arrives on this connection, until its end-of-stream."""
    logging.info("%s port %s connected", *address)  # log who comes, who leaves and how
    try:
        # receive some bytes, not always a whole message; no bytes are the end-of-stream
        while data := conn.recv(4096):
            conn.sendall(data)  # send all of them back
        logging.info("%s port %s left", *address)
    except OSError as error:  # lost: this ends the client, not the server
        logging.warning("%s port %s lost: %s", *address, error)


def main():
    """Serve one client after another, until Ctrl+C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # the log
    # the address: from the command line, or else port 50007 of this machine alone
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        # create a socket, bind it to the address, and listen for clients
        with socket.create_server((host, int(port))) as listener:
            # for ever: accept a client (on Windows Ctrl+C waits for one), serve it
            while True:
                conn, address = listener.accept()  # a second socket, for it alone
                with conn:  # all others have to wait
                    serve(conn, address)
    except KeyboardInterrupt:  # Ctrl+C is a polite end
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:  # foreseen trouble: status 1
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()  # run the program
