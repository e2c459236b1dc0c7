import asyncio
import sys
import os

people = {}


async def say(writer, text):
    try:
        writer.write(text.encode() + b"\n")
        await asyncio.wait_for(writer.drain(), 1)
    except (OSError, asyncio.TimeoutError):
        writer.transport.abort()


async def broadcast(text, author=None):
    for writer in list(people):
        if writer is not author:
            await say(writer, text)


async def client(reader, writer):
    peer = writer.get_extra_info("peername")
    print("connection from", peer, file=sys.stderr, flush=True)
    name = None
    try:
        await say(writer, "Welcome to the chat! Who are you?")
        while True:
            line = await reader.readline()
            if not line:
                break
            text = line.decode(errors="replace").rstrip("\r\n")
            if text in ("{quit}", "/close"):
                break
            if name is None:
                text = text.strip()
                if not text or len(text) > 32 or not text.isprintable():
                    await say(writer, "Names have 1 to 32 characters. Who are you?")
                else:
                    name = text
                    await say(writer, f"Nice to see you, {name}. Leave with {{quit}}.")
                    await broadcast(f"{name} joined the chat")
                    people[writer] = name
            elif text:
                await broadcast(f"{name}: {text}", writer)
        print("left", peer, file=sys.stderr, flush=True)
    except (OSError, ValueError) as e:
        print("lost", peer, e, file=sys.stderr, flush=True)
        await say(writer, "Something went wrong, bye")
    if people.pop(writer, None):
        await broadcast(f"{name} left the chat")
    writer.close()


async def main(host, port):
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(client, host, port, limit=65537, backlog=500)
    try:
        while True:
            command = await loop.run_in_executor(None, sys.stdin.readline)
            if command == "":
                await asyncio.Event().wait()
            if command.strip() == "/close":
                break
            print("?? try /close", flush=True)
    finally:
        for writer in list(people):
            writer.write(b"The chat is closed.\n")
            writer.close()
        await asyncio.sleep(0.1)
        os._exit(0)


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
try:
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    asyncio.run(main(host, port))
except KeyboardInterrupt:
    os._exit(0)
except (OSError, ValueError, OverflowError) as e:
    sys.exit(f"cannot start: {e}")
