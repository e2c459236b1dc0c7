"""Gespräch zu zweit mit asyncio, der Server: eine Schleife für alles, nur die Tastatur braucht einen Thread."""

import asyncio
import contextlib
import logging
import socket
import sys
import threading

LONGEST = 65_536  # bytes of a line


def read_keyboard(loop, typed):
    """Hand each typed line to the loop, and None at the end."""
    with contextlib.suppress(RuntimeError):  # the loop is over
        for line in sys.stdin:
            loop.call_soon_threadsafe(typed.put_nowait, line.rstrip("\n"))
        loop.call_soon_threadsafe(typed.put_nowait, None)


def keyboard():
    """A queue of what is typed."""
    typed = asyncio.Queue()
    threading.Thread(target=read_keyboard, args=(asyncio.get_running_loop(), typed), daemon=True).start()
    return typed


async def send(typed, writer):
    """Send what is typed, until the user wants to leave."""
    text = ""
    while text != "/close":
        text = await typed.get()
        text = "/close" if text is None else text
        writer.write(f"{text}\n".encode())
        await writer.drain()


async def show(reader):
    """Show what arrives, until the other side says that it leaves."""
    other = None
    while line := await reader.readline():
        text = line.removesuffix(b"\n").removesuffix(b"\r").decode(errors="replace")
        if other is None:
            other = text
            print("Im Gespräch mit", f"\033[1m{other}\033[0m" if sys.stdout.isatty() else other, flush=True)
        elif text == "/close":
            print(f"{other} ist gegangen.", flush=True)
            return
        else:
            print(f"{other}: {text}", flush=True)
    raise ConnectionError("Die andere Seite ist ohne Abschied gegangen")


async def talk(reader, writer, typed, name):
    """Both ways at once, until one of them is over. Raises what ended it, if that was no goodbye."""
    writer.write(f"{name}\n".encode())
    tasks = [asyncio.create_task(send(typed, writer)), asyncio.create_task(show(reader))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def serve(host, port):
    """Ask for the name, listen, and talk to the first one who comes."""
    typed = keyboard()
    print("Dein Name:", flush=True)
    name = await typed.get()
    if not name:
        return
    with socket.create_server((host, int(port))) as listener:
        listener.setblocking(False)
        conn, address = await asyncio.get_running_loop().sock_accept(listener)
    logging.info("%s, Port %s, ist da", *address)
    reader, writer = await asyncio.open_connection(sock=conn, limit=LONGEST)
    await talk(reader, writer, typed, name)
    logging.info("%s, Port %s, ist gegangen", *address)


def main():
    """Talk, and say in a sentence what went wrong."""
    logging.basicConfig(level=logging.INFO)
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        asyncio.run(serve(host, port))
    except KeyboardInterrupt:
        logging.info("abgebrochen")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"So geht es nicht weiter: {error}")


main()
