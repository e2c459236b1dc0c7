"""Asyncio chat client with type hints."""

from __future__ import annotations

import asyncio
import sys


async def receive_messages(reader: asyncio.StreamReader) -> None:
    """Print every message that the server sends."""
    while True:
        data: bytes = await reader.readline()
        if not data:
            print("Disconnected from server.", flush=True)
            return
        print(data.decode("utf-8", errors="replace").rstrip("\r\n"), flush=True)


async def send_messages(writer: asyncio.StreamWriter) -> None:
    """Read lines from the keyboard and send them to the server."""
    loop = asyncio.get_running_loop()
    while True:
        line: str = await loop.run_in_executor(None, sys.stdin.readline)
        if not line or line.strip() in {"{quit}", "/close"}:
            writer.write(b"{quit}\n")
            await writer.drain()
            return
        writer.write(line.encode("utf-8"))
        await writer.drain()


async def main() -> None:
    """Connect to the server and run both tasks until one of them finishes."""
    host: str = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port: int = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), timeout=2)
    except (OSError, asyncio.TimeoutError) as error:
        sys.exit(f"Could not connect: {error}")
    tasks = [
        asyncio.create_task(receive_messages(reader)),
        asyncio.create_task(send_messages(writer)),
    ]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    writer.close()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
