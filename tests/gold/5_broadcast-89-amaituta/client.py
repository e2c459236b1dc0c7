"""Txat bezeroa"""
import logging
import socket
import sys
import threading

logging.basicConfig(level=logging.INFO)
amaituta = threading.Event()


def jaso(konexioa):
    bukaera = b""
    try:
        while True:
            datuak = konexioa.recv(4096)
            if not datuak:
                break
            bukaera += datuak
            lerroak = bukaera.split(b"\n")
            bukaera = lerroak.pop()
            for lerroa in lerroak:
                print(lerroa.decode("utf-8", "replace").rstrip("\r"), flush=True)
        print("Zerbitzaria joan da", flush=True)
    except OSError as errorea:
        logging.error("galduta: %s", errorea)


def bidali(konexioa):
    for lerroa in sys.stdin:
        konexioa.sendall(lerroa.encode("utf-8"))
        if lerroa.strip() in ("{quit}", "/close"):
            break
    else:
        konexioa.sendall(b"{quit}\n")
    amaituta.set()


def main():
    ostalaria = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    try:
        ataka = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
        konexioa = socket.create_connection((ostalaria, ataka), timeout=2)
        konexioa.settimeout(None)
        logging.info("konektatuta %s %s", ostalaria, ataka)
        threading.Thread(target=jaso, args=(konexioa,), daemon=True).start()
        threading.Thread(target=bidali, args=(konexioa,), daemon=True).start()
        amaituta.wait()
        konexioa.shutdown(socket.SHUT_WR)
        logging.info("agur")
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as errorea:
        sys.exit(f"Arazoa: {errorea}")


main()
