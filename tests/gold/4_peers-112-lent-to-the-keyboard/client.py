import asyncio
import sys


class Lost(Exception):
    pass


async def keyboard(writer):
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line or line.rstrip("\n") == "/close":
            break
        writer.write(line.rstrip("\n").encode() + b"\n")
        await writer.drain()
    writer.write(b"/close\n")
    await writer.drain()


async def network(reader):
    name = None
    while True:
        raw = await reader.readline()
        if not raw:
            raise Lost("the server has gone without a word")
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        if name is None:
            name = text
            print(f"Chatting with {name}", flush=True)
        elif text == "/close":
            print(f"{name} said goodbye", flush=True)
            return
        else:
            print(f"{name}: {text}", flush=True)


async def chat(host, port, me):
    reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port, limit=70000), 2)
    writer.write(me.encode() + b"\n")
    tasks = [asyncio.create_task(keyboard(writer)), asyncio.create_task(network(reader))]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    writer.close()
    for task in done:
        task.result()


def main():
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    print("Name:", flush=True)
    me = sys.stdin.readline().strip()
    if not me:
        return
    try:
        asyncio.run(chat(host, int(port), me))
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError, asyncio.TimeoutError, Lost) as error:
        sys.exit(f"Error: {error}")


main()
