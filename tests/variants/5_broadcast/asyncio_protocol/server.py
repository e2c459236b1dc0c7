"""Broadcast server with asyncio.Protocol: each connection is an object; its log is JSON.

Start: python server.py [HOST [PORT [MAX_CLIENTS]]]
"""

import asyncio
import json
import sys
import threading
import time

MAX_LINE = 65_536  # bytes of the longest line
MOST_WAITING = 262_144  # bytes that wait for one participant before nobody is listened to for a while
PATIENCE = 1  # seconds after which somebody who reads nothing is given up


def log(what, peer=None, **more):
    """Write a line of JSON to the log."""
    where = {"host": peer[0], "port": peer[1]} if peer else {}
    print(json.dumps({"when": round(time.time(), 3), "what": what, **where, **more}), file=sys.stderr, flush=True)


class Chat:
    """All connections: `people` of them, those that are `stuck`, and when the chat is `over`."""

    def __init__(self, max_clients):
        self.max_clients = max_clients
        self.people = []
        self.stuck = set()
        self.over = asyncio.Event()

    def tell_all(self, text, but=None):
        """Tell all participants but one."""
        for person in self.people:
            if person.name and person is not but:
                person.tell(text)

    def listen(self):
        """Listen to everybody, or, while somebody is stuck, to nobody."""
        for person in self.people:
            if self.stuck:
                person.transport.pause_reading()
            else:
                person.transport.resume_reading()

    async def say_goodbye(self):
        """Tell everybody that the chat is over, and hang up."""
        self.tell_all("This chat is over, good night.")
        for person in self.people:
            if person.name:
                person.transport.close()
            else:
                person.transport.abort()
            person.name = ""
        end = time.monotonic() + PATIENCE
        while self.people and time.monotonic() < end:
            await asyncio.sleep(0.01)
        for person in self.people:
            person.transport.abort()


class Person(asyncio.Protocol):
    """One connection: who is there, and what has arrived that is no line yet."""

    def __init__(self, chat):
        self.chat = chat
        self.name = ""
        self.waiting = b""
        self.timer = None  # runs while it is stuck

    def connection_made(self, transport):
        """Greet it."""
        self.transport = transport
        self.peer = transport.get_extra_info("peername")
        transport.set_write_buffer_limits(high=MOST_WAITING)
        self.chat.people.append(self)
        log("connected", self.peer)
        self.tell("Good evening! Who is it?")

    def tell(self, text):
        """Send it a line, now or later."""
        self.transport.write(f"{text}\n".encode())

    def data_received(self, data):
        """Deal with each whole line."""
        *lines, self.waiting = (self.waiting + data).split(b"\n")
        for line in [*lines, self.waiting]:
            if len(line) > MAX_LINE:
                self.tell("This line is too long.")
                self.leave("too long a line")
                return
        for line in lines:
            if not self.transport.is_closing():
                self.hear(line.removesuffix(b"\r").decode(errors="replace"))

    def hear(self, text):
        """Deal with a line."""
        if text in ("{quit}", "/close"):
            self.leave("left")
        elif not self.name:
            self.join(text.strip())
        elif text:
            self.chat.tell_all(f"{self.name}: {text}", but=self)

    def join(self, name):
        """Let it take part, if this is a name and there is a place."""
        if not (1 <= len(name) <= 32 and name.isprintable()):
            self.tell("That cannot be a name. Who is it?")
        elif len([person for person in self.chat.people if person.name]) >= self.chat.max_clients:
            self.tell("All places are taken.")
            self.leave("refused")
        else:
            self.chat.tell_all(f"Here comes {name}.")
            self.name = name
            self.tell(f"Hi {name}! {{quit}} is the way out.")

    def leave(self, how):
        """It takes part no more; what was sent to it still goes out."""
        log(how, self.peer)
        name, self.name = self.name, ""
        self.transport.close()
        if name:
            self.chat.tell_all(f"{name} has gone.")

    def eof_received(self):
        """The end of the stream is a goodbye."""
        self.leave("left")

    def pause_writing(self):
        """Too much waits for it: nobody is listened to, and its time runs."""
        self.chat.stuck.add(self)
        self.chat.listen()
        self.timer = asyncio.get_running_loop().call_later(PATIENCE, self.transport.abort)

    def resume_writing(self):
        """It reads again."""
        if self.timer:
            self.timer.cancel()
        self.chat.stuck.discard(self)
        self.chat.listen()

    def connection_lost(self, error):
        """The connection is over, in whatever way."""
        self.chat.people.remove(self)
        self.resume_writing()
        if self.name:
            self.leave(f"lost: {error or 'it does not read'}")


def run_console(loop, over):
    """Obey the console, in a thread of its own, until /close."""
    for line in sys.stdin:
        if line.strip() == "/close":
            loop.call_soon_threadsafe(over.set)
        else:
            print("You may type /close.", flush=True)


async def run(host, port, max_clients):
    """Serve until the console or Ctrl+C ends the chat."""
    loop = asyncio.get_running_loop()
    chat = Chat(max_clients)
    server = await loop.create_server(lambda: Person(chat), host or None, port, backlog=200)
    threading.Thread(target=run_console, args=[loop, chat.over], daemon=True).start()
    try:
        await chat.over.wait()
    finally:
        server.close()
        await chat.say_goodbye()


sys.stdin.reconfigure(encoding="utf-8", errors="replace")
host, port, max_clients = (sys.argv[1:] + ["127.0.0.1", "50007", "100"][len(sys.argv) - 1 :])[:3]
try:
    asyncio.run(run(host, int(port), int(max_clients)))
except KeyboardInterrupt:
    log("Ctrl+C")
except (OSError, ValueError, OverflowError) as error:
    log("trouble", error=str(error))
    sys.exit(1)
