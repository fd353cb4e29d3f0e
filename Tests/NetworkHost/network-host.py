"""The network around a gate, in a network namespace that a test has made: name server and servers.

Prints `ready` once everything listens, then a line for each question and each connection:

    question NAME TYPE
    connection ADDRESS:PORT
"""

import os
import socket
import struct
import threading

A, CNAME, AAAA = 1, 5, 28
WEB = "203.0.113.10"
ZONE = {
    "web.test": {A: [WEB]},
    "one.sub.test": {A: [WEB]},
    "two.one.sub.test": {A: [WEB]},
    "sub.test": {A: [WEB]},
    "alias.test": {CNAME: "web.test"},
    "six.test": {AAAA: ["2001:db8:1::10"]},
    "dead-then-alive.test": {A: ["203.0.113.99", WEB]},
    "refusing.test": {A: ["203.0.113.10"]},
    "empty.test": {},
    "big.test": {A: [WEB]},  # only over a connection
    "rebind.test": {A: ["127.0.0.1"]},
    "metadata.test": {A: ["169.254.169.254"]},
    "private.test": {A: ["10.1.2.3"]},
    "mapped.test": {AAAA: ["::ffff:127.0.0.1"]},
    "six-loopback.test": {AAAA: ["::1"]},
    "mixed.test": {A: ["127.0.0.1", WEB]},
    "zero.test": {A: ["0.0.0.0"]},
    "alias-to-loopback.test": {CNAME: "rebind.test"},
    "broken.test": None,
}
PORTS = [80, 443, 5432, 8443, 9999]
BULK = 9000
HOLDING = 9001
held = []

lock = threading.Lock()


def say(*words):
    with lock:
        print(*words, flush=True)


def read_name(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1 : at + 1 + message[at]].decode("latin-1"))
        at += 1 + message[at]
    return ".".join(labels), at + 1


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(owner, kind, value):
    data = encode(value) if kind == CNAME else socket.inet_pton(socket.AF_INET if kind == A else socket.AF_INET6, value)
    return encode(owner) + struct.pack(">HHIH", kind, 1, 30, len(data)) + data


def answer(message, over_stream):
    identity, flags = struct.unpack(">HH", message[:4])
    name, at = read_name(message, 12)
    kind = struct.unpack(">H", message[at : at + 2])[0]
    question = message[12 : at + 4]
    say("question", name, kind)
    if name == "silent.test":
        return None
    if name == "forged.test":  # A wrong id: an answer to a question that nobody asked.
        identity ^= 1
    if name == "big.test" and not over_stream:
        return struct.pack(">HHHHHH", identity, 0x8380, 1, 0, 0, 0) + question
    zone = ZONE.get(name.lower(), ()) if name != "forged.test" else {A: [WEB]}
    if zone == () or zone is None:
        return struct.pack(">HHHHHH", identity, 0x8180 | (3 if zone == () else 2), 1, 0, 0, 0) + question
    records = []
    while CNAME in zone:
        target = zone[CNAME]
        records.append(record(name, CNAME, target))
        name, zone = target, ZONE[target]
    records += [record(name, kind, value) for value in zone.get(kind, [])]
    return struct.pack(">HHHHHH", identity, 0x8180, 1, len(records), 0, 0) + question + b"".join(records)


def serve_datagrams():
    while True:
        message, client = names.recvfrom(4096)
        reply = answer(message, False)
        if reply:
            names.sendto(reply, client)


def serve_names(connection):
    with connection:
        head = connection.recv(2, socket.MSG_WAITALL)
        message = connection.recv(struct.unpack(">H", head)[0], socket.MSG_WAITALL)
        reply = answer(message, True)
        if reply:
            connection.sendall(struct.pack(">H", len(reply)) + reply)


def serve(connection):
    """Says where it is, echoes, and at the end of input says how much there was."""
    host, port = connection.getsockname()[:2]
    host = host.removeprefix("::ffff:")
    say("connection", f"{host}:{port}")
    count = 0
    try:
        with connection:
            while data := connection.recv(65536):
                if data.startswith(b"GET "):
                    body = f"hello from {host}:{port}\n".encode()
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
                    return
                if data.startswith(b"LAST"):  # Says nothing, and how much came.
                    while part := connection.recv(65536):
                        data += part
                    say("last", len(data))
                    return
                if data.startswith(b"BREAK"):
                    connection.sendall(b"a part")
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                count += len(data)
                connection.sendall(data)
            connection.sendall(f"end after {count} from {host}:{port}\n".encode())
    except OSError as error:
        say("broken", error)


def serve_bulk(connection):
    """`down N`: sends N bytes; `up N`: takes N bytes and says so."""
    with connection:
        line = b""
        while not line.endswith(b"\n"):
            line += connection.recv(1)
        word, count = line.split()
        count = int(count)
        if word == b"down":
            block = bytes(1 << 20)
            while count > 0:
                count -= connection.send(block[: min(count, len(block))])
        else:
            block = bytearray(1 << 20)
            while count > 0:
                count -= connection.recv_into(block)
            connection.sendall(b"done\n")


def hold(connection):
    """Takes a connection and nothing of what comes over it."""
    say("held")
    held.append(connection)


def listen(port, handler, family=socket.AF_INET6):
    server = socket.create_server(("::", port), family=family, dualstack_ipv6=True, backlog=4096)

    def run():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=handler, args=(connection,), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()


threading.stack_size(256 << 10)
for address in [WEB, "10.1.2.3", "169.254.169.254"]:
    os.system(f"ip address add {address}/32 dev lo")
os.system("ip -6 address add 2001:db8:1::10/128 dev lo nodad")
os.system("ip link set lo up")
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("127.0.0.1", 53))
threading.Thread(target=serve_datagrams, daemon=True).start()
listen(53, serve_names)
for port in PORTS:
    listen(port, serve)
listen(BULK, serve_bulk)
listen(HOLDING, hold)
say("ready")
threading.Event().wait()
