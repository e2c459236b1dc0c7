"""The broadcast server as tutorials of asyncio streams write it: `server_asyncio.py [HOST [PORT]]`."""

import asyncio
import contextlib
import sys

participants = {}  # writer -> name


async def broadcast(message, author):
    """Send a message (text with its line end) to everybody but its author."""
    for writer in list(participants):
        if writer is not author:
            with contextlib.suppress(ConnectionError):
                writer.write(message.encode("utf-8"))
                await writer.drain()


async def serve(reader, writer):
    """Serve one participant, from greeting to leaving."""
    name = None
    try:
        writer.write(b"Your name? \n")
        name = (await reader.readline()).decode("utf-8").strip()
        writer.write(f"Welcome, {name}. Leave with {{quit}}.\n".encode())
        participants[writer] = name
        await broadcast(f"{name} has joined.\n", writer)
        while line := await reader.readline():
            text = line.decode("utf-8").strip()
            if text == "{quit}":
                break
            await broadcast(f"{name}: {text}\n", writer)
    except ConnectionError:
        pass
    finally:
        participants.pop(writer, None)
        await broadcast(f"{name} has left.\n", writer)
        writer.close()


async def main(host="127.0.0.1", port=50007):
    """Serve for ever at this address."""
    async with await asyncio.start_server(serve, host, int(port)) as server:
        await server.serve_forever()


with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main(*sys.argv[1:3]))
