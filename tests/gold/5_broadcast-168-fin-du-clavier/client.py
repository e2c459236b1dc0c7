import socket
import sys
import threading


def envoyer(s):
    while True:
        ligne = sys.stdin.readline()
        if ligne == "":
            break
        ligne = ligne.rstrip("\n")
        if ligne == "{quit}" or ligne == "/close":
            s.sendall(b"{quit}\n")
            s.shutdown(socket.SHUT_WR)
            break
        s.sendall((ligne + "\n").encode("utf-8"))


def recevoir(s):
    tampon = b""
    while True:
        morceau = s.recv(4096)
        if not morceau:
            break
        tampon += morceau
        while b"\n" in tampon:
            ligne, tampon = tampon.split(b"\n", 1)
            print(ligne.decode("utf-8", "replace").rstrip("\r"), flush=True)
    print("La conversation est finie.", flush=True)


def main():
    hote = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        s = socket.create_connection((hote, int(port)), 2)
        s.settimeout(None)
        print("connecté à", hote, port, file=sys.stderr)
        threading.Thread(target=envoyer, args=(s,), daemon=True).start()
        recevoir(s)
        print("parti", file=sys.stderr)
    except KeyboardInterrupt:
        s.shutdown(socket.SHUT_WR)
    except (OSError, ValueError, OverflowError) as e:
        sys.exit(f"Problème : {e}")


main()
