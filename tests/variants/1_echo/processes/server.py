"""Echo server that serves each client in a process of its own, one after another."""

import logging
import multiprocessing
import signal
import socket
import sys


def serve(conn, address):
    """In a process of its own: send back all that arrives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever has started this process ends it
    try:
        with conn:
            while data := conn.recv(8192):
                conn.sendall(data)
        logging.info("%s: gone", address)
    except OSError as error:
        logging.warning("%s: lost (%s)", address, error)


def main(host="127.0.0.1", port="50007"):
    """Listen until Ctrl+C."""
    logging.basicConfig(level=logging.INFO)
    worker = None
    try:
        with socket.create_server((host, int(port))) as listener:
            while True:
                conn, address = listener.accept()
                logging.info("%s: here", address)
                worker = multiprocessing.get_context("fork").Process(target=serve, args=[conn, address])
                worker.start()
                conn.close()
                worker.join()
    except KeyboardInterrupt:
        if worker and worker.is_alive():
            worker.terminate()
            worker.join()
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Cannot listen at {host!r}, port {port}: {error}")


main(*sys.argv[1:])
