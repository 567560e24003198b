"""PARSE_IP: an IP address or network taken apart."""

import ipaddress
from typing import Any

from core.errors import BadInput
from core.sql_ai.udfs.registry import scalar
from core.sql_ai.values import dumps_sorted

_TYPES = ("inet", "cidr")


@scalar()
def parse_ip(value: str, kind: str, permissive: float = 0) -> str:
    """The parts of an IPv4 or IPv6 address as JSON text, with its network's range where a mask is given.

    Raises BadInput for what is no address; with ``permissive`` 1 the object has the message as its only field.
    """
    if kind.lower() not in _TYPES:
        raise BadInput(f"PARSE_IP has no type '{kind[:20]}'", "Write 'INET' or 'CIDR'.")
    try:
        address, network = _read(value.strip(), kind.lower())
    except ValueError as error:
        if permissive:
            return dumps_sorted({"error": str(error)})
        raise BadInput(
            f"'{value[:60]}' is not an IP address: {error}",
            "The argument permissive 1 keeps the query going.",
        ) from None
    return dumps_sorted(_parts(address, network, kind.lower()))


def _read(text: str, kind: str) -> tuple[Any, Any]:
    address, slash, _prefix = text.partition("/")
    host = ipaddress.ip_address(address)
    return host, ipaddress.ip_network(text, strict=kind == "cidr") if slash else None


def _parts(address: Any, network: Any, kind: str) -> dict[str, Any]:
    number, size = int(address), 32 if address.version == 4 else 128
    fields = [number >> shift & 0xFFFFFFFF for shift in range(size - 32, -1, -32)]
    parts: dict[str, Any] = {
        "family": address.version,
        "host": str(address),
        "ip_fields": fields + [0] * (4 - len(fields)),
        "ip_type": kind,
        "netmask_prefix_length": network.prefixlen if network is not None else None,
        "snowflake$type": "ip_address",
    }
    name = "ipv4" if size == 32 else "hex_ipv6"
    found = {"": number}
    if network is not None:
        found |= {"_range_start": int(network[0]), "_range_end": int(network[-1])}
    return parts | {f"{name}{end}": n if size == 32 else f"{n:032X}" for end, n in found.items()}
