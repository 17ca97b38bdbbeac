"""The emulator's own certificate authority, because MSAL speaks to HTTPS only."""

from __future__ import annotations

import ssl

import trustme

from entra_emulator.data_folder import DataFolder
from entra_emulator.directory.store import StoreError

CA_FILE = "ca.pem"
_CA_KEY_FILE = "ca-key.pem"
_NAMES = ("127.0.0.1", "localhost", "::1")


def authority(folder: DataFolder) -> trustme.CA:
    """Read the authority that the folder keeps, or make one and keep it.

    Raises:
        StoreError: what the folder keeps is damaged.
    """
    certificate, key = folder.read(CA_FILE), folder.read(_CA_KEY_FILE)
    if certificate is not None and key is not None:
        try:
            return trustme.CA.from_pem(certificate, key)
        except ValueError as error:
            raise StoreError(f"{folder.path_of(CA_FILE)} or its key is damaged") from error
    made = trustme.CA(organization_name="entra-emulator", key_type=trustme.KeyType.ECDSA)
    folder.keep(_CA_KEY_FILE, made.private_key_pem.bytes())
    folder.keep(CA_FILE, made.cert_pem.bytes())
    return made


def server_context(issuer: trustme.CA) -> ssl.SSLContext:
    """Make the TLS settings of a server for the loopback names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert(*_NAMES, key_type=trustme.KeyType.ECDSA).configure_cert(context)
    return context
