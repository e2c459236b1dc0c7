"""Echo server with asyncio streams: everybody is accepted, one after another is served."""

import asyncio
import logging
import signal
import sys


async def serve(turn, reader, writer):
    """Wait for the turn of this client, then send back all that arrives."""
    who = writer.get_extra_info("peername") or "somebody"
    logging.info("%s is here", who)
    try:
        async with turn:
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
        logging.info("%s has left", who)
    except OSError as error:
        logging.warning("%s is lost: %s", who, error)
    except asyncio.CancelledError:  # Ctrl+C, and nothing is left to do but to close
        logging.info("%s has to go", who)
    finally:
        writer.close()


async def listen(host, port):
    """Accept clients until Ctrl+C."""
    turn, stop = asyncio.Lock(), asyncio.Event()
    loop = asyncio.get_running_loop()
    signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(stop.set))
    await asyncio.start_server(lambda reader, writer: serve(turn, reader, writer), host, port)
    await stop.wait()
    logging.info("interrupted")


def main():
    """Serve, or say why not."""
    logging.basicConfig(level=logging.INFO)
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        asyncio.run(listen(host, int(port)))
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Cannot listen at {host!r}, port {port}: {error}")


main()
