import socket
import sys
import threading

chiuso = threading.Event()


def ricevi(conn):
    dati = b""
    nome = ""
    while not chiuso.is_set():
        dati += conn.recv(1024)
        while b"\n" in dati:
            riga, dati = dati.split(b"\n", 1)
            testo = riga.decode("utf-8", errors="replace").strip("\r")
            if nome == "":
                nome = testo
                print("Sei in chat con " + nome, flush=True)
            elif testo == "/close":
                print(nome + " ha lasciato la chat", flush=True)
                chiuso.set()
            else:
                print(nome + ": " + testo, flush=True)


def manda(conn):
    for riga in sys.stdin:
        conn.sendall(riga.encode("utf-8"))
        if riga.rstrip("\n") == "/close":
            chiuso.set()
            return
    conn.sendall(b"/close\n")
    chiuso.set()


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    porta = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    print("Nome?", flush=True)
    nome = sys.stdin.readline().rstrip("\n")
    with socket.create_server((host, porta)) as ascolto:
        conn, _ = ascolto.accept()
    conn.sendall((nome + "\n").encode("utf-8"))
    threading.Thread(target=ricevi, args=(conn,), daemon=True).start()
    threading.Thread(target=manda, args=(conn,), daemon=True).start()
    chiuso.wait()
    conn.shutdown(socket.SHUT_WR)
    conn.close()


main()
