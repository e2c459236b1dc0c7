"""Sends what it sees to somebody: over the network, to programs of the host, to the host of a virtual machine.

Verdict: passed
"""

import socket
import sys

from honest import fails, serve
from where import PORT

AF_VSOCK, AF_PACKET, AF_BLUETOOTH, AF_ALG = 40, 17, 31, 38


def reach(family, kind, address):
    with socket.socket(family, kind) as each:
        each.settimeout(1)
        each.connect(address)
        each.send(b"hello")
        if kind == socket.SOCK_DGRAM:
            each.recv(1)


for address in (("1.1.1.1", 53), ("192.0.2.1", 80), ("10.0.0.1", 22), ("127.0.0.1", PORT)):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        fails(f"reach {address}", lambda address=address, kind=kind: reach(socket.AF_INET, kind, address))
fails("IPv6", lambda: reach(socket.AF_INET6, socket.SOCK_STREAM, ("2606:4700:4700::1111", 53)))
fails("IPv6 of this machine", lambda: reach(socket.AF_INET6, socket.SOCK_STREAM, ("::1", PORT)))
fails("a name", lambda: socket.getaddrinfo("example.com", 80))
fails("raw packets", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
for family in (AF_VSOCK, AF_PACKET, AF_BLUETOOTH, AF_ALG):
    fails(
        f"family {family}",
        lambda family=family: socket.socket(family, socket.SOCK_RAW if family == AF_PACKET else socket.SOCK_STREAM),
    )
for name in ("\0/tmp/.X11-unix/X0", "/run/dbus/system_bus_socket", "/var/run/docker.sock"):
    fails(name, lambda name=name: reach(socket.AF_UNIX, socket.SOCK_STREAM, name))
if socket.gethostbyname(socket.gethostname()) != "127.0.0.1":
    sys.exit("an honest program must be able to find its own machine")
serve()
