import socket, sys, threading

host = sys.argv[1] if len(sys.argv) > 1 else 'localhost'
port = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
nombre = input('Tu nombre: ')
cliente = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
cliente.connect((host, port))
cliente.send(f'{nombre}\n'.encode())
otro = cliente.recv(1024).decode().strip()
print('Hablas con', otro, flush=True)

def recibir():
    mensaje = cliente.recv(1024).decode().strip()
    print(f'{otro}: {mensaje}', flush=True)

def enviar():
    while True:
        texto = input()
        cliente.send(f'{texto}\n'.encode())
        if texto == '/close':
            break

hilo = threading.Thread(target=recibir)
hilo.start()
enviar()
cliente.close()
