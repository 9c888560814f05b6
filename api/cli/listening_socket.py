"""A socket that listens where a server was told to, or a message that says what is in the way."""

import socket
from typing import Any, NamedTuple

from api.cli.session import MISUSED, fail


class Address(NamedTuple):
    """Where to listen: the name that was said, and what it stands for."""

    host: str
    port: int
    family: socket.AddressFamily
    sockaddr: tuple[Any, ...]

    @property
    def ip(self) -> str:
        """The number of the host."""
        return str(self.sockaddr[0])


def resolved(host: str, port: int) -> Address:
    """What a host stands for. Ends the program with a message where it stands for nothing."""
    try:
        family, _, _, _, sockaddr = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        fail(f"There is no address {host} to serve on: {error.strerror}.", code=MISUSED)
    return Address(host, port, family, sockaddr)


def listening_on(address: Address) -> socket.socket:
    """A socket that listens there. Ends the program with a message where it cannot."""
    port = address.port
    listening = socket.socket(address.family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address.sockaddr)
        listening.listen()
    except PermissionError:
        listening.close()
        fail(f"Port {port} may not be used without special rights.", "Choose one from 1024 on with --port.")
    except OSError:
        listening.close()
        fail(
            f"Port {port} on {address.host} is taken: another program serves there.",
            f"Stop it, or choose another port: --port {port + 1 if port < 65_535 else 8000}",
        )
    return listening
