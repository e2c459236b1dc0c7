from socket import *
from sys import argv, exit

host = argv[1] if len(argv) > 1 else '127.0.0.1'
porta = int(argv[2]) if len(argv) > 2 else 50007

servidor = socket(AF_INET, SOCK_STREAM)
servidor.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
servidor.bind((host, porta))
servidor.listen(1)
conexao, endereco = servidor.accept()
print('Cliente conectado:', endereco, flush=True)


def recebe_linha():
    linha = b''
    while not linha.endswith(b'\n'):
        c = conexao.recv(1)
        if not c:
            print('Conexao perdida', flush=True)
            exit(1)
        linha += c
    return linha[:-1].decode('utf-8', 'replace')


while True:
    recebido = recebe_linha()
    if recebido == '/close':
        print('O cliente saiu', flush=True)
        conexao.close()
        exit
    print('Client:', recebido, flush=True)
    try:
        resposta = input()
    except EOFError:
        resposta = '/close'
    conexao.sendall(resposta.encode('utf-8') + b'\n')
    if resposta == '/close':
        conexao.close()
        exit
