"""Broadcast server in one thread, with asyncio. Start: python server.py [HOST [PORT [MAX_CLIENTS]]]"""

import asyncio
import logging
import sys
import threading

MAX_LINE = 65_536  # bytes of the longest line
GOODBYE = b"The chat is closed. Goodbye.\n"
PATIENCE = 1  # seconds for which somebody who does not read may keep a speaker waiting


class Chat:
    """All participants: their names, by the writers to them. Only one task runs at a time, so no lock is needed."""

    def __init__(self, max_clients):
        self.max_clients = max_clients
        self.names = {}

    async def serve(self, reader, writer):
        """Serve one visitor, who may become a participant, until it leaves."""
        host, port = writer.get_extra_info("peername")[:2]
        logging.info("%s port %s connected", host, port)
        try:
            writer.write(b"Hello, who are you?\n")
            async for text in lines(reader):
                if text in ("{quit}", "/close"):
                    break
                if writer in self.names:
                    if text:
                        await self.tell_all(f"{self.names[writer]}: {text}", but=writer)
                elif 1 <= len(text.strip()) <= 32 and text.strip().isprintable():
                    if not await self.join(writer, text.strip()):
                        break
                else:
                    writer.write(b"That is no name. Who are you?\n")
                    await drain(writer)
            logging.info("%s port %s left", host, port)
        except (OSError, ValueError) as error:
            logging.warning("%s port %s lost: %s", host, port, error)
            writer.write(f"You are out: {error}\n".encode())
        except asyncio.CancelledError:  # the chat is over (Python 3.10 may cancel this before the goodbye)
            logging.info("%s port %s hung up on", host, port)
            if self.names.pop(writer, None):
                writer.write(GOODBYE)
        finally:
            name = self.names.pop(writer, None)
            if name:
                await self.tell_all(f"({name} is gone)")
            writer.close()

    async def join(self, writer, name):
        """Let a visitor take part, if there is a place; return whether there was one."""
        if len(self.names) >= self.max_clients:
            writer.write(b"Sorry, the chat is full.\n")
            return False
        others = list(self.names)
        self.names[writer] = name
        writer.write(f"Welcome, {name}. To leave, say {{quit}}.\n".encode())
        await self.tell(others, f"({name} is here)")
        return True

    async def tell_all(self, text, but=None):
        """Tell all participants but one."""
        await self.tell([writer for writer in self.names if writer is not but], text)

    async def tell(self, writers, text):
        """Write a line to all of them at once, so that all see one order; then wait for those who are slow."""
        for writer in writers:
            writer.write(f"{text}\n".encode())
        for writer in writers:
            await drain(writer)

    async def say_goodbye(self):
        """Tell everybody that the chat is over, and hang up."""
        writers = list(self.names)
        self.names.clear()
        for writer in writers:
            writer.write(GOODBYE)
            writer.close()
        if writers:
            await asyncio.wait([asyncio.create_task(closed(writer)) for writer in writers], timeout=PATIENCE)


async def lines(reader):
    """Yield each line that arrives, as text without its line end."""
    while line := await reader.readline():
        yield line.removesuffix(b"\n").removesuffix(b"\r").decode(errors="replace")


async def drain(writer):
    """Wait until not too much is on its way to somebody, but not for long."""
    try:
        await asyncio.wait_for(writer.drain(), PATIENCE)
    except (OSError, asyncio.TimeoutError):
        writer.transport.abort()


async def closed(writer):
    """Wait until a writer is closed, in whatever way."""
    try:
        await writer.wait_closed()
    except OSError as error:
        logging.info("lost at the end: %s", error)


def run_console(loop, over):
    """Obey the console, in a thread of its own, until /close."""
    for line in sys.stdin:
        if line.strip() == "/close":
            loop.call_soon_threadsafe(over.set)
        else:
            print("Commands: /close", flush=True)


async def run(host, port, max_clients):
    """Serve until the console or Ctrl+C ends the chat."""
    chat = Chat(max_clients)
    over = asyncio.Event()
    server = await asyncio.start_server(chat.serve, host or None, port, limit=MAX_LINE, backlog=200)
    threading.Thread(target=run_console, args=[asyncio.get_running_loop(), over], daemon=True).start()
    try:
        await over.wait()
    finally:
        server.close()  # and no `async with`: from Python 3.12 on, its end waits until the last visitor has left
        await chat.say_goodbye()


def main():
    """Read the settings and serve."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    host, port, max_clients = (sys.argv[1:] + ["127.0.0.1", "50007", "100"][len(sys.argv) - 1 :])[:3]
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    try:
        asyncio.run(run(host, int(port), int(max_clients)))
    except KeyboardInterrupt:
        logging.info("stopped by Ctrl+C")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Trouble with {host} port {port}: {error}")


main()
