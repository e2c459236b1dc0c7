import logging
import socket
import sys

SALIR = [b"exit", b"quit", b"salir"]


def atender(cliente, direccion):
    logging.info("conectado: %s %s", direccion[0], direccion[1])
    try:
        while True:
            datos = cliente.recv(1024)
            if not datos:
                break
            if datos.strip().lower() in SALIR:
                cliente.sendall(b"Hasta luego!\n")
                break
            cliente.sendall(datos)
        logging.info("adios: %s %s", direccion[0], direccion[1])
    except OSError as error:
        logging.warning("perdido: %s %s (%s)", direccion[0], direccion[1], error)
    finally:
        cliente.close()


def main():
    logging.basicConfig(level=logging.INFO)
    ip = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    puerto = sys.argv[2] if len(sys.argv) > 2 else "50007"
    servidor = socket.socket()
    servidor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        servidor.bind((ip, int(puerto)))
        servidor.listen()
        while True:
            cliente, direccion = servidor.accept()
            atender(cliente, direccion)
    except KeyboardInterrupt:
        logging.info("fin")
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"No puedo: {error}")
    finally:
        servidor.close()


if __name__ == "__main__":
    main()
