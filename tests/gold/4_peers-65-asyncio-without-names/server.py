import asyncio
import os
import sys
import threading


async def handle(reader, writer):
    loop = asyncio.get_running_loop()
    typed = asyncio.Queue()

    def keyboard():
        for line in sys.stdin:
            loop.call_soon_threadsafe(typed.put_nowait, line.rstrip("\n"))
        loop.call_soon_threadsafe(typed.put_nowait, "/close")

    threading.Thread(target=keyboard, daemon=True).start()

    async def send():
        while True:
            text = await typed.get()
            writer.write((text + "\n").encode())
            await writer.drain()
            if text == "/close":
                return 0

    async def receive():
        while True:
            try:
                line = await reader.readline()
            except (OSError, ValueError):
                line = b""
            if not line:
                print("connection lost", file=sys.stderr)
                return 1
            text = line.decode(errors="replace").rstrip("\r\n")
            if text == "/close":
                print("The client has closed", flush=True)
                return 0
            print("Client:", text, flush=True)

    tasks = [asyncio.create_task(send()), asyncio.create_task(receive())]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    writer.close()
    os._exit(done.pop().result())


async def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        server = await asyncio.start_server(handle, host, int(port))
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"trouble: {error}")
    async with server:
        await server.serve_forever()


asyncio.run(main())
