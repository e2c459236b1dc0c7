import asyncio
import logging
import os
import sys
import threading
import socket


HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = sys.argv[2] if len(sys.argv) > 2 else "50007"
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")

def keyboard(loop, typed):
    for line in sys.stdin:
        loop.call_soon_threadsafe(typed.put_nowait, line.rstrip("\n"))
    loop.call_soon_threadsafe(typed.put_nowait, None)

async def get_line(reader):
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise ConnectionError("it has gone")
    line = line[:-1].removesuffix(b"\r").decode("utf-8", "replace")
    if len(line) > 65536:
        raise ValueError("line too long")
    return line

async def listen(reader):
    peer = await get_line(reader)
    print("You talk to", peer, flush=True)
    while True:
        text = await get_line(reader)
        if text == "/close":
            print("Over:", peer, "left us.", flush=True)
            return
        print(f"{peer}: {text}", flush=True)

async def speak(writer, typed):
    while True:
        text = await typed.get()
        if text is None:
            text = "/close"
        writer.write(text.encode() + b"\n")
        if text == "/close":
            try:
                await asyncio.wait_for(writer.drain(), 0.5)
            except asyncio.TimeoutError:
                pass
            return
        await writer.drain()

def connect(host, port):
    conn = socket.create_connection((host, int(port)), 2)
    conn.settimeout(None)
    logging.info("connected: %s %s", host, port)
    return conn
async def chat(sock, name):
    reader, writer = await asyncio.open_connection(sock=sock, limit=1000000)
    writer.write(name.encode() + b"\n")
    typed = asyncio.Queue()
    threading.Thread(target=keyboard, args=(asyncio.get_running_loop(), typed), daemon=True).start()
    tasks = [asyncio.create_task(listen(reader)), asyncio.create_task(speak(writer, typed))]
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    sock_ = writer.get_extra_info("socket")
    try:
        writer.write_eof()
        await asyncio.sleep(0.05)
    except OSError:
        pass
    if tasks[1] not in done or tasks[1].exception():
        for task in done:
            task.result()

def main():
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        print("Name?", flush=True)
        name = sys.stdin.readline().strip()
        if not name:
            return
        sock = connect(HOST, PORT)
        asyncio.run(chat(sock, name))
        logging.info("left")
    except KeyboardInterrupt:
        logging.info("Ctrl+C")
    except (OSError, ValueError, OverflowError) as err:
        print("Problem:", err, file=sys.stderr)
        os._exit(1)
    os._exit(0)

main()
