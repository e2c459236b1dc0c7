import asyncio
import sys


async def chat(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    while True:
        text = sys.stdin.readline()
        if text == "":
            text = "/close\n"
        writer.write(text.encode())
        await writer.drain()
        if text == "/close\n":
            break
        answer = (await reader.readline()).decode(errors="replace").rstrip("\r\n")
        if answer == "/close":
            print("* server has left", flush=True)
            break
        print("Server:", answer, flush=True)
    writer.close()


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
asyncio.run(chat(host, port))
