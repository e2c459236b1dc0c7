import socket, sys, threading

# P2P chat (server side)
mensajes = []
hay = threading.Condition()


def lee_teclado():
    for linea in sys.stdin:
        with hay:
            mensajes.append(linea.rstrip("\n"))
    with hay:
        mensajes.append("/close")


def envia(conn, fin):
    while True:
        with hay:
            while not mensajes:
                hay.wait()
            texto = mensajes.pop(0)
        conn.sendall((texto + "\n").encode())
        if texto == "/close":
            fin.set()
            return


def recibe(conn, fin):
    f = conn.makefile(encoding="utf-8", errors="replace", newline="\n")
    otro = f.readline().strip()
    print("Hablas con", otro, flush=True)
    for linea in f:
        linea = linea.rstrip("\r\n")
        if linea == "/close":
            print("adiós", flush=True)
            break
        print(otro + ": " + linea, flush=True)
    fin.set()


host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
nombre = sys.stdin.readline().strip()
s = socket.create_server((host, port))
conn, _ = s.accept()
conn.sendall((nombre + "\n").encode())
fin = threading.Event()
for f, a in ((lee_teclado, ()), (envia, (conn, fin)), (recibe, (conn, fin))):
    threading.Thread(target=f, args=a, daemon=True).start()
fin.wait()
conn.shutdown(socket.SHUT_WR)
