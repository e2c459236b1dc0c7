import socket, sys

def principal():
    maquina = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    porta = int(sys.argv[2]) if len(sys.argv) > 2 else 50007
    with socket.create_connection((maquina, porta), timeout=2) as tomada:
        tomada.settimeout(None)
        while True:
            linha = sys.stdin.buffer.readline().rstrip(b"\n")
            if linha == "":
                print("até logo")
                break
            tomada.sendall(linha)
            resposta = tomada.recv(4096)
            while len(resposta) < len(linha):
                resposta += tomada.recv(4096)
            print("Recebido:", resposta.decode(errors="replace"))
            sys.stdout.flush()

principal()
