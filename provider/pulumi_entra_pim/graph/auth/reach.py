"""Hosts: which are this machine's own, and what to say of one that is not reached or not trusted."""

import ssl
from ipaddress import ip_address
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ADVICE_ON_DISTRUST = "; if it is the right address, set entra-pim:caFile to its certificate authority's file"


def advice_for_host(url: str) -> str:
    """Return what to do when a host cannot be reached: nothing to add for the cloud, start it for an emulator."""
    host = urlsplit(url).hostname or ""
    return (
        "; is the emulator running? (`make up` starts it)"
        if host in LOOPBACK
        else "; check the network and the address"
    )


def is_distrust(error: BaseException | None) -> bool:
    """Say whether a connection failed over the other side's certificate, which another try would not change."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def keeps_secrets(scheme: str, host: str) -> bool:
    """Say whether what is sent to a host is read by nobody else: over TLS, or without leaving the machine.

    Azure's metadata service answers plain http at a link-local address that no router forwards.
    Source: https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service
    """
    if scheme == "https" or host in LOOPBACK:
        return True
    try:
        return ip_address(host).is_link_local
    except ValueError:
        return False
