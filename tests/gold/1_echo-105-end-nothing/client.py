import asyncio
import sys


async def main():
    host = sys.argv[1] if len(sys.argv) > 1 else '127.0.0.1'
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    reader, writer = await asyncio.open_connection(host, port)
    while True:
        message = sys.stdin.readline().rstrip("\n")
        if not message:
            break
        writer.write(message.encode())
        data = await reader.read(100)
        print(f'Received: {data.decode()}', end='', flush=True)
    writer.close()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
except OSError as error:
    print(error)
    sys.exit(1)
