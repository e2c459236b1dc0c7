import socket
import sys
import threading

acabat = threading.Event()
perdut = threading.Event()


def escolta(con):
    lector = con.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    try:
        altre = lector.readline().strip()
        if altre:
            visible = f"\033[1m{altre}\033[0m" if sys.stdout.isatty() else altre
            print(f"Parles amb {visible}", flush=True)
            for linia in lector:
                linia = linia.rstrip("\r\n")
                if linia == "/close":
                    print(f"{altre} ha plegat", flush=True)
                    return
                print(f"{altre}: {linia}", flush=True)
        if not acabat.is_set():
            print("s'ha perdut l'altra banda", file=sys.stderr)
            perdut.set()
    except OSError as error:
        if not acabat.is_set():
            print("s'ha perdut l'altra banda:", error, file=sys.stderr)
            perdut.set()
    finally:
        acabat.set()


def parla(con, nom):
    primera = True
    try:
        for linia in sys.stdin:
            text = linia.rstrip("\n")
            if text == "/close":
                break
            if primera:
                con.sendall(f"{nom}\n{text}\n".encode())
                primera = False
            else:
                con.sendall(f"{text}\n".encode())
        acabat.set()
        con.sendall(b"/close\n")
    except OSError:
        pass


def main():
    amfitrio = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = sys.argv[2] if len(sys.argv) > 2 else "50007"
    try:
        print("Com et dius?", flush=True)
        nom = sys.stdin.readline().strip()
        con = socket.create_connection((amfitrio, int(port)), timeout=2)
        con.settimeout(None)
        oient = threading.Thread(target=escolta, args=(con,), daemon=True)
        oient.start()
        threading.Thread(target=parla, args=(con, nom), daemon=True).start()
        acabat.wait()
        con.shutdown(socket.SHUT_WR)
        oient.join(1)
        con.close()
        if perdut.is_set():
            sys.exit(1)
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Problema: {error}")


main()
