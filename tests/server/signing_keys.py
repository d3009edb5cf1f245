"""Private keys for tests, made anew in each run: none lies in the repository."""

import json
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

EMAIL = "reader@kettle.example"


@cache
def elliptic_key():
    """Return a P-256 key, as Apple's keys are."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key():
    """Return an RSA key, as Google's service accounts have."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def service_account():
    """Return the JSON key file of a service account."""
    account = {"type": "service_account", "client_email": EMAIL, "private_key_id": "k1"}
    return json.dumps({**account, "private_key": pem_of(rsa_key()), "token_uri": "https://oauth2.googleapis.com/token"})


def with_keys(options):
    """Return a fixture's options with keys where it says "made for the test"."""
    made = {"key": lambda: pem_of(elliptic_key()), "service_account": service_account}
    return {
        name: made[name]() if value == "made for the test" and name in made else value
        for name, value in options.items()
    }
