"""Peer-to-peer chat client (client side), with queues."""
from __future__ import annotations

import os
import queue
import socket
import sys
import threading
from dataclasses import dataclass, field


@dataclass
class Outgoing:
    text: str
    final: bool = False


@dataclass
class ChatSession:
    sock: socket.socket
    my_name: str
    outbox: queue.Queue = field(default_factory=queue.Queue)
    done: threading.Event = field(default_factory=threading.Event)
    exit_code: int = 0

    def start(self) -> None:
        for target in (self._keyboard_loop, self._send_loop, self._receive_loop):
            threading.Thread(target=target, daemon=True).start()

    def _keyboard_loop(self) -> None:
        for line in sys.stdin:
            line = line.removesuffix("\n")
            if line == "/close":
                break
            self.outbox.put(Outgoing(line))
        self.outbox.put(Outgoing("/close", final=True))

    def _send_loop(self) -> None:
        self.sock.sendall(f"{self.my_name}\n".encode("utf-8"))
        while not self.done.is_set():
            message = self.outbox.get(timeout=1.0)
            self.sock.sendall(f"{message.text}\n".encode("utf-8"))
            if message.final:
                self.done.set()

    def _receive_loop(self) -> None:
        stream = self.sock.makefile("rb")
        peer = None
        try:
            for raw in stream:
                line = raw.rstrip(b"\n").rstrip(b"\r").decode("utf-8", "replace")
                if peer is None:
                    peer = line
                    print(f"*** chatting with {peer} ***", peer, flush=True)
                elif line == "/close":
                    print(f"*** {peer} left ***", flush=True)
                    self.done.set()
                    return
                else:
                    print(f"{peer}: {line}", flush=True)
        except OSError:
            pass
        if not self.done.is_set():
            print("*** connection lost ***", file=sys.stderr, flush=True)
            self.exit_code = 1
            self.done.set()


def main() -> int:
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        name = sys.stdin.readline().strip()
        sock = socket.create_connection((host, int(port)), timeout=2)
    except KeyboardInterrupt:
        return 0
    except (OSError, ValueError, OverflowError) as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    sock.settimeout(None)
    session = ChatSession(sock, name)
    session.start()
    try:
        while not session.done.wait(0.2):
            pass
        sock.shutdown(socket.SHUT_WR)
    except KeyboardInterrupt:
        pass
    except OSError:
        pass
    return session.exit_code


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
