# Derived from ../full/server.py by "parley build": change that file, not this one.
"""Echo server: every byte comes back. Start: python server.py [HOST [PORT]]"""

import socket
import sys


def serve(conn):
    """Send back all that arrives on this connection, until its end-of-stream."""
    # receive some bytes, not always a whole message; no bytes are the end-of-stream
    while data := conn.recv(4096):
        conn.sendall(data)  # send all of them back


def main():
    """Serve one client after another, until Ctrl+C."""
    # the address: from the command line, or else port 50007 of this machine alone
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    # create a socket, bind it to the address, and listen for clients
    with socket.create_server((host, int(port))) as listener:
        # for ever: accept a client (on Windows Ctrl+C waits for one), serve it
        while True:
            conn, _address = listener.accept()  # a second socket, for it alone
            with conn:  # all others have to wait
                serve(conn)


main()  # run the program
