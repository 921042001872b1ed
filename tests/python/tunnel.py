"""A proxy that connects, which https goes through."""

import socket
import socketserver
import threading


class Tunnel(socketserver.ThreadingTCPServer):
    """A proxy for CONNECT alone, for those who say who they are.

    :param port: of this machine, where everything leads to; otherwise to where it is meant to.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port=None):
        super().__init__(("127.0.0.1", 0), Tunnelling)
        self.port, self.heads = port, []
        self.address = f"127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Tunnelling(socketserver.StreamRequestHandler):
    def handle(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.rfile.readline()
        self.server.heads.append(head.decode())
        if b"Proxy-Authorization" not in head:
            self.wfile.write(b"HTTP/1.1 407 Who are you\r\n\r\n")
            return
        host, port = head.split()[1].decode().rsplit(":", 1)
        if self.server.port is not None:
            host, port = "127.0.0.1", self.server.port
        with socket.create_connection((host, int(port))) as there:
            self.wfile.write(b"HTTP/1.1 200 Go on\r\n\r\n")
            back = threading.Thread(target=self.copy, args=(there, self.connection), daemon=True)
            back.start()
            self.copy(self.connection, there)

    def copy(self, source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
