import socket
import sys


def rep(con, memoria):
    while "\n" not in memoria:
        tros = con.recv(4096)
        if not tros:
            return None, ""
        memoria += tros.decode("utf-8", errors="replace")
    return memoria.split("\n", 1)


def main():
    amfitrio = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        con = socket.create_connection((amfitrio, int(port)))
        memoria = ""
        while True:
            linia = sys.stdin.readline() or "/close\n"
            con.sendall(linia.encode("utf-8"))
            if linia.strip() == "/close":
                break
            resposta, memoria = rep(con, memoria)
            if resposta is None:
                sys.exit("S'ha perdut el servidor")
            resposta = resposta.rstrip("\r")
            if resposta == "/close":
                print("El servidor ha dit adéu")
                break
            print("Server: " + resposta)
        con.close()
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"No va: {error}")


main()
