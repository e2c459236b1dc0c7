"""Logbook server with asyncio.Protocol, whose log is JSON: all are accepted, and only one is read at a time."""

import asyncio
import json
import signal
import sys
from collections import deque
from datetime import datetime

LONGEST = 65_536  # bytes of a line


def log(**what):
    """Write a line of JSON to the log."""
    print(json.dumps(what), file=sys.stderr, flush=True)


class Entries:
    """Where entries go, and who may make them now."""

    def __init__(self, logbook):
        """Into this file, and onto the screen."""
        self.logbook = logbook
        self.waiting = deque()  # the first one is being read

    def add(self, line):
        """Make an entry of these bytes."""
        text = line.removesuffix(b"\r").decode(errors="replace")
        entry = f"{datetime.now():%Y-%m-%dT%H:%M:%S} {text}"
        for place in (self.logbook, sys.stdout):
            place.write(f"{entry}\n")
            place.flush()


class Guest(asyncio.Protocol):
    """One client."""

    def __init__(self, entries):
        """Its lines become these entries."""
        self.entries = entries
        self.rest = b""

    def connection_made(self, transport):
        """Wait for one's turn."""
        self.transport = transport
        self.address = transport.get_extra_info("peername") or ("somebody", 0)
        log(event="here", host=self.address[0], port=self.address[1])
        transport.pause_reading()
        self.entries.waiting.append(self)
        if self.entries.waiting[0] is self:
            transport.resume_reading()

    def data_received(self, data):
        """Make an entry of each line that is whole."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            if len(line.removesuffix(b"\r")) > LONGEST:
                self.refuse()
                return
            self.entries.add(line)
        if len(self.rest) > LONGEST + 1:
            self.refuse()

    def refuse(self):
        """A line is too long: that is the end."""
        self.rest = b""
        log(event="too long", port=self.address[1])
        self.transport.abort()

    def eof_received(self):
        """The last line may have no end."""
        if self.rest:
            self.entries.add(self.rest)

    def connection_lost(self, why):
        """It is the next one's turn."""
        log(event="lost" if why else "left", port=self.address[1], why=str(why))
        was_first = self.entries.waiting[0] is self
        self.entries.waiting.remove(self)
        if was_first and self.entries.waiting:
            self.entries.waiting[0].transport.resume_reading()


async def listen(host, port):
    """Until Ctrl+C."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(stop.set))
    with open("logbook.txt", "a", encoding="utf-8") as logbook:
        entries = Entries(logbook)
        server = await loop.create_server(lambda: Guest(entries), host, port)
        await stop.wait()
        server.close()
        for guest in list(entries.waiting):
            guest.transport.close()


def main():
    """Listen, or say why not."""
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        asyncio.run(listen(host, int(port)))
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"No logbook at {host!r}, port {port}: {error}")


main()
