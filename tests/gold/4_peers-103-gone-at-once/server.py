#!/usr/bin/env python3
"""Peer-to-peer chat, the listening side."""
import argparse
import logging
import socket
import threading

logging.basicConfig(level=logging.INFO, format="%(asctime)s [%(levelname)s] %(message)s")


def receive_messages(conn: socket.socket, reader, peer_name: str) -> None:
    """Print everything the peer says."""
    try:
        for line in reader:
            message = line.rstrip("\r\n")
            if message == "/close":
                print(f"{peer_name} left the chat.", flush=True)
                return
            print(f"{peer_name}: {message}", flush=True)
    except OSError as exc:
        logging.error("Connection lost: %s", exc)


def send_messages(conn: socket.socket) -> None:
    """Send everything that is typed."""
    try:
        while True:
            message = input()
            conn.sendall(f"{message}\n".encode("utf-8"))
            if message == "/close":
                return
    except EOFError:
        conn.sendall(b"/close\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Chat server")
    parser.add_argument("host", nargs="?", default="127.0.0.1")
    parser.add_argument("port", nargs="?", type=int, default=50007)
    args = parser.parse_args()

    name = input("Enter your name: ")
    with socket.create_server((args.host, args.port)) as server:
        logging.info("Listening on %s:%d", args.host, args.port)
        conn, addr = server.accept()
    logging.info("Connection from %s:%d", *addr)
    with conn:
        conn.sendall(f"{name}\n".encode("utf-8"))
        reader = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
        peer_name = reader.readline().strip()
        print(f"You are now chatting with {peer_name}", flush=True)
        # daemon=True so that the threads do not keep the program alive
        threading.Thread(target=receive_messages, args=(conn, reader, peer_name), daemon=True).start()
        threading.Thread(target=send_messages, args=(conn,), daemon=True).start()
    logging.info("Chat ended")


if __name__ == "__main__":
    main()
