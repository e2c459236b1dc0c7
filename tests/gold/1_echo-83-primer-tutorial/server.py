import socket
import sys
# creamos el socket
servidor = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
servidor.bind((sys.argv[1], int(sys.argv[2])))
servidor.listen(1)
print("Esperando conexiones...")
cliente, direccion = servidor.accept()
print("Conexion de", direccion)
datos = cliente.recv(1024)
print("Recibido:", datos.decode())
cliente.send(datos)
cliente.close()
servidor.close()
