"""A small multi-user chat server."""

from __future__ import annotations

import logging
import socket
import sys
import threading
from dataclasses import dataclass
from typing import Iterator

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")


@dataclass(eq=False)
class Member:
    """One connected member of the chat."""

    sock: socket.socket
    address: tuple[str, int]
    name: str | None = None

    def send_line(self, line: str) -> None:
        """Send one line, ignoring members that have disappeared."""
        try:
            self.sock.sendall(f"{line}\n".encode("utf-8"))
        except OSError:
            logging.warning("could not send to %s", self.address)

    def lines(self) -> Iterator[str]:
        """Yield the lines that this member sends."""
        buffer = bytearray()
        while chunk := self.sock.recv(4096):
            buffer += chunk
            while (end := buffer.find(b"\n")) >= 0:
                yield buffer[:end].decode("utf-8", errors="replace").rstrip("\r")
                del buffer[: end + 1]


class ChatRoom:
    """Holds the members and relays what they say."""

    def __init__(self, max_clients: int) -> None:
        self.max_clients = max_clients
        self.members: list[Member] = []
        self.lock = threading.RLock()

    def broadcast(self, line: str, sender: Member | None = None) -> None:
        """Send a line to all members except the sender."""
        with self.lock:
            for member in self.members:
                if member is not sender:
                    member.send_line(line)

    def join(self, member: Member, name: str) -> bool:
        """Let a member in, if there is room."""
        with self.lock:
            if len(self.members) >= self.max_clients:
                member.send_line("Sorry, the chat is full.")
                return False
            member.name = name
            self.broadcast(f"{name} joined the chat")
            self.members.append(member)
        member.send_line(f"Welcome, {name}! Type {{quit}} to leave.")
        return True

    def leave(self, member: Member) -> None:
        """Remove a member and tell the others."""
        with self.lock:
            if member in self.members:
                self.members.remove(member)
        self.broadcast(f"{member.name} left the chat")

    def serve(self, member: Member) -> None:
        """Talk with one member until it leaves."""
        logging.info("connected %s:%s", *member.address)
        member.send_line("What is your name?")
        try:
            for line in member.lines():
                if line in ("{quit}", "/close"):
                    self.leave(member)
                    break
                if member.name is None:
                    name = line.strip()
                    if not 1 <= len(name) <= 32 or not name.isprintable():
                        member.send_line("What is your name?")
                    elif not self.join(member, name):
                        break
                elif line:
                    self.broadcast(f"{member.name}: {line}", member)
            logging.info("left %s:%s", *member.address)
        except OSError as error:
            logging.warning("lost %s:%s: %s", *member.address, error)
        finally:
            self.leave(member)
            try:
                member.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            member.sock.close()


def accept_loop(listener: socket.socket, room: ChatRoom) -> None:
    """Accept connections for ever."""
    while True:
        sock, address = listener.accept()
        threading.Thread(target=room.serve, args=(Member(sock, address),), daemon=True).start()


def main() -> None:
    """Run the server until /close or Ctrl+C."""
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        room = ChatRoom(int(sys.argv[3]) if len(sys.argv) > 3 else 100)
        with socket.create_server((host, port), backlog=128) as listener:
            threading.Thread(target=accept_loop, args=(listener, room), daemon=True).start()
            for command in sys.stdin:
                if command.strip() == "/close":
                    break
                print("Unknown command. Commands: /close", flush=True)
            else:
                threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Error: {error}")
    room.broadcast("The chat is over.")
    for member in list(room.members):
        member.sock.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main()
