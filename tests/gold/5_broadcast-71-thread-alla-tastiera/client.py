import socket, sys, threading

fine = threading.Event()

def tastiera(s):
    try:
        for riga in sys.stdin:
            riga = riga.rstrip('\n')
            s.sendall((riga + '\n').encode())
            if riga in ('{quit}', '/close'):
                break
        else:
            s.sendall(b'{quit}\n')
    except OSError:
        pass
    fine.set()

def ricevi(s):
    f = s.makefile('r', encoding='utf-8', errors='replace', newline='\n')
    try:
        for riga in f:
            print(riga.rstrip('\r\n'), flush=True)
        print('Il server ha chiuso', flush=True)
    except OSError as e:
        print('Server perso:', e, file=sys.stderr)
    fine.set()

def main():
    host = sys.argv[1] if len(sys.argv) > 1 else '127.0.0.1'
    porta = sys.argv[2] if len(sys.argv) > 2 else '50007'
    try:
        s = socket.create_connection((host, int(porta)), timeout=2)
    except (OSError, ValueError, OverflowError) as e:
        print('Impossibile:', e, file=sys.stderr)
        sys.exit(1)
    s.settimeout(None)
    threading.Thread(target=tastiera, args=(s,)).start()
    threading.Thread(target=ricevi, args=(s,), daemon=True).start()
    try:
        while not fine.wait(0.5):
            pass
    except KeyboardInterrupt:
        pass
    s.shutdown(socket.SHUT_WR)

main()
