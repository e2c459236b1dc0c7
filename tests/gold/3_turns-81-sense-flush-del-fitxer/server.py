import socket
import sys
import logging

logging.basicConfig(level=logging.INFO)


def conversa(f):
    for linia in f:
        linia = linia.rstrip("\r\n")
        if linia == "/close":
            print("El client ha marxat", flush=True)
            return
        print("Client:", linia, flush=True)
        resposta = sys.stdin.readline()
        if not resposta:
            resposta = "/close\n"
        f.write(resposta)
        if resposta == "/close\n":
            return
    raise ConnectionError("el client s'ha perdut")


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        with socket.create_server((host, int(port))) as porta:
            conn, qui = porta.accept()
        logging.info("connectat %s %s", *qui)
        with conn, conn.makefile("rw", encoding="utf-8", errors="replace", newline="\n") as f:
            conversa(f)
        logging.info("ha marxat %s %s", *qui)
    except KeyboardInterrupt:
        logging.info("fi")
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Problema: {e}")


main()
