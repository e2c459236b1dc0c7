import asyncio
import sys


async def client_nou(lector, escriptor):
    try:
        dades = await lector.read(65536)
        escriptor.write(dades)
        await escriptor.drain()
    except OSError:
        pass
    finally:
        escriptor.close()


async def main():
    maquina = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    servidor = await asyncio.start_server(client_nou, maquina, int(port))
    async with servidor:
        await servidor.serve_forever()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
except (OSError, ValueError, OverflowError) as error:
    print(error, file=sys.stderr)
    sys.exit(1)
