import asyncio
import sys


async def handle(reader, writer):
    while True:
        data = await reader.readline()
        message = data.decode().strip()
        if message == "/close":
            print("Client left", flush=True)
            break
        print(f"Client: {message}", flush=True)
        answer = input()
        writer.write(f"{answer}\n".encode())
        await writer.drain()
        if answer == "/close":
            break
    writer.close()


async def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    server = await asyncio.start_server(handle, host, port)
    async with server:
        await server.serve_forever()


asyncio.run(main())
