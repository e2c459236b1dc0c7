import asyncio
import sys

writers = {}
limit = 100


async def broadcast(text, author=None):
    for writer in list(writers):
        if writer is not author:
            try:
                writer.write(f"{text}\n".encode())
                await asyncio.wait_for(writer.drain(), 1)
            except (OSError, asyncio.TimeoutError):
                writer.close()


async def read_text(reader):
    line = await reader.readline()
    if not line:
        return None
    text = line.decode(errors="replace").rstrip("\r\n")
    if text in ("{quit}", "/close"):
        return None
    return text


async def handle(reader, writer):
    name = None
    try:
        writer.write(b"Hello, who are you?\n")
        await writer.drain()
        while True:
            name = await read_text(reader)
            if name is None:
                return
            name = name.strip()
            if name and len(name) <= 32 and name.isprintable():
                break
            writer.write(b"Who are you?\n")
            await writer.drain()
        if len(writers) >= limit:
            writer.write(b"No room, sorry\n")
            return
        broadcast(f"{name} is now in the chat")
        writers[writer] = name
        writer.write(f"Welcome, {name}. {{quit}} to leave\n".encode())
        await writer.drain()
        while True:
            text = await read_text(reader)
            if text is None:
                break
            if text:
                broadcast(f"{name}: {text}", writer)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
    finally:
        if writers.pop(writer, None):
            broadcast(f"{name} has left the chat")
        writer.close()


async def console(stop):
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if line == "":
            return
        if line.strip() == "/close":
            stop.set()
            return
        print("Only /close is a command", flush=True)


async def main():
    global limit
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    stop = asyncio.Event()
    server = await asyncio.start_server(handle, host, port, backlog=200)
    asyncio.create_task(console(stop))
    await stop.wait()
    broadcast("The server is closing")
    for writer in list(writers):
        writer.close()
    server.close()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
