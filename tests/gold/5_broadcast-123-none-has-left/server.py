import asyncio
import sys

clients = {}  # writer -> name
MAX = int(sys.argv[3]) if len(sys.argv) > 3 else 100


async def send(writer, text):
    try:
        writer.write(f"{text}\n".encode())
        await asyncio.wait_for(writer.drain(), 1)
    except (OSError, asyncio.TimeoutError):
        writer.transport.abort()


async def broadcast(text, skip=None):
    for writer in list(clients):
        if writer is not skip:
            await send(writer, text)


async def handle(reader, writer):
    peer = writer.get_extra_info("peername")
    print("connected", peer, file=sys.stderr, flush=True)
    name = None
    await send(writer, "Welcome to the chat, what is your name?")
    try:
        while True:
            raw = await reader.readline()
            if not raw:
                break
            text = raw.decode(errors="replace").rstrip("\n").rstrip("\r")
            if text in ("{quit}", "/close"):
                break
            if name is None:
                candidate = text.strip()
                if not (1 <= len(candidate) <= 32 and candidate.isprintable()):
                    await send(writer, "Sorry, 1 to 32 printable characters please")
                elif len(clients) >= MAX:
                    await send(writer, "Sorry, the chat is full")
                    break
                else:
                    name = candidate
                    writer.write(f"Hello {name}! Leave with {{quit}}\n".encode())
                    others = list(clients)
                    clients[writer] = name
                    for other in others:
                        await send(other, f"{name} came in")
            elif text:
                await broadcast(f"{name}: {text}", writer)
    except (OSError, ValueError) as e:
        print("lost", peer, e, file=sys.stderr, flush=True)
    finally:
        clients.pop(writer, None)
        await broadcast(f"{name} has left")
        print("left", peer, file=sys.stderr, flush=True)
        writer.close()


async def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    server = await asyncio.start_server(handle, host, port, limit=65537, backlog=200)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def typed():
        line = sys.stdin.readline()
        if line == "":
            loop.remove_reader(sys.stdin)
        elif line.strip() == "/close":
            stop.set()
        else:
            print("Only /close is known", flush=True)

    loop.add_reader(sys.stdin, typed)
    try:
        await stop.wait()
    finally:
        await broadcast("The chat is over")
        for writer in list(clients):
            writer.close()
        server.close()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
except OSError as e:
    sys.exit(f"cannot start: {e}")
