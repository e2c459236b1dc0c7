import asyncio
import sys


async def handle_echo(reader, writer):
    addr = writer.get_extra_info('peername')
    print(f"Received from {addr!r}", file=sys.stderr)
    while data := await reader.read(1024):
        writer.write(data)
        await writer.drain()
    writer.close()


async def main():
    host = sys.argv[1] if len(sys.argv) > 1 else '127.0.0.1'
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    server = await asyncio.start_server(handle_echo, host, port)
    async with server:
        await server.serve_forever()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
