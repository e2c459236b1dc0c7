import socket, sys, threading, os

class Usuario:
    def __init__(self, sock):
        self.sock = sock
        self.nombre = None
        self.buffer = b''

    def enviar(self, texto):
        self.sock.sendall(texto.encode('utf-8') + b'\n')

    def lineas(self):
        while True:
            datos = self.sock.recv(1024)
            if not datos:
                return
            self.buffer += datos
            while b'\n' in self.buffer:
                linea, self.buffer = self.buffer.split(b'\n', 1)
                yield linea.decode('utf-8', 'replace').rstrip('\r')

usuarios = []
cerrojo = threading.RLock()
maximo = 100

def difundir(texto, autor=None):
    # manda el texto a todos menos al autor
    with cerrojo:
        for u in list(usuarios):
            if u is not autor:
                u.enviar(texto)

def atender(sock, direccion):
    yo = Usuario(sock)
    print('entra', direccion, file=sys.stderr, flush=True)
    try:
        yo.enviar('Hola, ¿cómo te llamas?')
        for linea in yo.lineas():
            if linea == '{quit}' or linea == '/close':
                break
            if yo.nombre is None:
                n = linea.strip()
                if len(n) < 1 or len(n) > 32 or not n.isprintable():
                    yo.enviar('Ese nombre no vale. ¿Cómo te llamas?')
                    continue
                with cerrojo:
                    lleno = len(usuarios) >= maximo
                    if not lleno:
                        yo.nombre = n
                        yo.enviar('Bienvenido ' + n + ', escribe {quit} para salir')
                        usuarios.append(yo)
                if lleno:
                    yo.enviar('No cabe nadie más')
                    break
                difundir(n + ' ha entrado', yo)
            elif linea != '':
                difundir(yo.nombre + ': ' + linea, yo)
    except OSError as e:
        print('error', direccion, e, file=sys.stderr, flush=True)
    if yo in usuarios:
        usuarios.remove(yo)
        try:
            difundir(yo.nombre + ' se ha ido')
        except OSError:
            pass
    print('sale', direccion, file=sys.stderr, flush=True)
    sock.close()

def aceptar(s):
    while True:
        c, d = s.accept()
        threading.Thread(target=atender, args=(c, d), daemon=True).start()

def adios():
    for u in list(usuarios):
        try:
            u.enviar('El servidor se cierra')
            u.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    os._exit(0)

try:
    host = sys.argv[1] if len(sys.argv) > 1 else '127.0.0.1'
    puerto = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    maximo = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    s = socket.create_server((host, puerto), backlog=300)
except (OSError, ValueError, OverflowError) as e:
    sys.exit('No puedo: %s' % e)
threading.Thread(target=aceptar, args=(s,), daemon=True).start()
try:
    for orden in sys.stdin:
        if orden.strip() == '/close':
            adios()
        print('Solo conozco /close', flush=True)
    threading.Event().wait()
except KeyboardInterrupt:
    adios()
