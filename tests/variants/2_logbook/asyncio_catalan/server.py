"""Servidor del diari, fet amb asyncio: tothom pot entrar, però només es llegeix d'un client a la vegada."""

import asyncio
import contextlib
import logging
import signal
import sys
from datetime import datetime, timezone

MAX_LINE = 65_536  # bytes


class Diari:
    """El diari i el torn dels clients."""

    def __init__(self, fitxer):
        """Les entrades van a aquest fitxer."""
        self.fitxer = fitxer
        self.torn = asyncio.Lock()

    async def serveix(self, lector, escriptor):
        """Espera el torn d'aquest client i apunta cada línia seva."""
        adreça = escriptor.get_extra_info("peername") or ("desconegut", 0)
        try:
            async with self.torn:
                logging.info("ha arribat %s, port %s", *adreça)
                while línia := await lector.readline():
                    self.apunta(línia)
                logging.info("ha marxat %s, port %s", *adreça)
        except asyncio.CancelledError:  # Ctrl+C
            logging.info("adeu a %s, port %s", *adreça)
        except (OSError, ValueError) as error:
            logging.warning("s'ha perdut %s, port %s: %s", *adreça, error)
        finally:
            escriptor.close()

    def apunta(self, línia):
        """Apunta una línia: primer al fitxer, després a la pantalla."""
        text = línia.removesuffix(b"\n").removesuffix(b"\r")
        if len(text) > MAX_LINE:
            raise ValueError("una línia massa llarga")
        hora = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        for sortida in (self.fitxer, sys.stdout):
            print(hora, text.decode(errors="replace"), file=sortida, flush=True)


async def escolta(host, port):
    """Escolta fins a Ctrl+C."""
    prou = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # a Windows, Ctrl+C és una excepció
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, prou.set)
    with open("logbook.txt", "a", encoding="utf-8") as fitxer:
        await asyncio.start_server(Diari(fitxer).serveix, host or None, port, limit=MAX_LINE + 1)
        await prou.wait()


def main(host="127.0.0.1", port="50007"):
    """Engega el servidor."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(escolta(host, int(port)))
        logging.info("aturat")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"No es pot escoltar: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
