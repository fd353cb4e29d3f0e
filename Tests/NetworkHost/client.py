"""What a tool tries on the network; each function returns what came of it, an error by its name."""

import errno
import socket
import struct


def named(error):
    if isinstance(error, socket.gaierror):
        return {socket.EAI_AGAIN: "EAI_AGAIN", socket.EAI_NONAME: "EAI_NONAME"}.get(error.errno, f"EAI {error.errno}")
    return errno.errorcode.get(error.errno, type(error).__name__)


def talk(host, port, data=b"ping\n"):
    """Sends, ends its side, and returns the last line that comes back."""
    try:
        with socket.create_connection((host, port), timeout=20) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while part := connection.recv(65536):
                received += part
        if not received.startswith(data):
            return "lost"
        return received[len(data) :].decode().strip()
    except OSError as error:
        # A reset that comes while this end still sends has other names.
        return "ECONNRESET" if error.errno in (errno.EPIPE, errno.ENOTCONN) else named(error)


def lookup(name):
    try:
        return sorted({entry[4][0] for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)})
    except OSError as error:
        return named(error)


def ask(labels, kind=1, over_stream=False, server="198.18.0.1"):
    """Asks for a name whose labels may be any bytes; returns the response code, and the number of answers."""
    question = b"".join(bytes([len(label)]) + label for label in labels) + b"\0" + struct.pack(">HH", kind, 1)
    message = struct.pack(">HHHHHH", 77, 0x0100, 1, 0, 0, 0) + question
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    if over_stream:
        with socket.create_connection((server, 53), timeout=20) as connection:
            connection.sendall(struct.pack(">H", len(message)) + message)
            reply = connection.recv(struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))[0], socket.MSG_WAITALL)
    else:
        with socket.socket(family, socket.SOCK_DGRAM) as connection:
            connection.settimeout(20)
            connection.connect((server, 53))
            connection.send(message)
            reply = connection.recv(4096)
    return reply[3] & 15, struct.unpack(">H", reply[6:8])[0]


def datagram(host, port):
    """Sends a datagram and waits for what comes back."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as connection:
            connection.settimeout(5)
            connection.connect((host, port))
            connection.send(b"out")
            connection.recv(100)
            return "answered"
    except OSError as error:
        return named(error)


def make(*arguments):
    try:
        socket.socket(*arguments).close()
        return "made"
    except OSError as error:
        return named(error)


def take(host, port, kind=socket.SOCK_STREAM):
    """Binds a port, with every option that could share it."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind((host, port))
            if kind == socket.SOCK_STREAM:
                server.listen()
            return "taken"
    except OSError as error:
        return named(error)


def many(host, port, count):
    """Opens connections, all at the same time, talks over each, and returns how many worked."""
    connections = [socket.create_connection((host, port), timeout=60) for _ in range(count)]
    for number, connection in enumerate(connections):
        connection.sendall(b"%d\n" % number)
    good = 0
    for number, connection in enumerate(connections):
        expected = b"%d\n" % number
        good += connection.recv(len(expected), socket.MSG_WAITALL) == expected
    for connection in connections:
        connection.close()
    return good


def broken(host, port):
    """Has the server break the connection after a part of an answer."""
    received = b""
    try:
        with socket.create_connection((host, port), timeout=20) as connection:
            connection.sendall(b"BREAK")
            while part := connection.recv(65536):
                received += part
        return f"ended after {received}"
    except OSError as error:
        return f"{named(error)} after {received}"
