"""签名、核对收据、读取令牌：按 docs/FORMAT.md 实现，不依赖本项目代码。

Keys, signatures, receipts and read tokens as docs/FORMAT.md describes them (sections 3 and 4).
Copy this file into your own program; it needs nothing but the package `cryptography`.
"""

import base64
import hashlib
import json
import os
import time
import uuid

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

STATEMENT = b"application/vnd.yuanliu.statement.v1+protobuf"
POSSESSION = b"application/vnd.yuanliu.possession.v1"


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


class Key:
    """An Ed25519 key: what a party signs with. 签名密钥"""

    def __init__(self, private: Ed25519PrivateKey):
        self.private = private
        self.public = private.public_key().public_bytes_raw()
        self.id = sha256(b"yuanliu/key/v1\x00\x01", self.public)  # section 3.1

    @classmethod
    def from_seed(cls, seed: bytes) -> "Key":
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def open(cls, path: str) -> "Key":
        """From a PKCS#8 PEM file: one of ours, of `yuanliu keygen --no-passphrase` or of openssl."""
        with open(path, "rb") as file:
            return cls(serialization.load_pem_private_key(file.read(), password=None))

    @classmethod
    def create(cls, path: str) -> "Key":
        """A new key in a new file that only its owner may read."""
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
        return cls(key)

    def sign(self, payload: bytes, type_: bytes = STATEMENT) -> bytes:
        """DSSE, section 3.2: lengths are bytes, in decimal."""
        return self.private.sign(b"DSSEv1 %d %s %d %s" % (len(type_), type_, len(payload), payload))

    def possession(self, ledger: bytes, party: str) -> bytes:
        """Shows a registrar that we hold the key, section 3.3."""
        return self.sign(ledger + self.id + party.encode(), POSSESSION)

    def token(self, party: str, ledger: bytes, purpose: str, iat: int = 0, jti: str = "") -> str:
        """A read token: a JWT that lives for four minutes, section 3.4."""
        iat = iat or int(time.time())
        header = {"alg": "EdDSA", "typ": "yuanliu-read+jwt", "kid": self.id.hex()}
        claims = {"iss": party, "aud": ledger.hex(), "iat": iat, "exp": iat + 240}
        claims |= {"jti": jti or str(uuid.uuid4()), "purpose": purpose}
        text = ".".join(base64url(compact(part)) for part in (header, claims))
        return text + "." + base64url(self.private.sign(text.encode()))


def compact(value: dict) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_id(occurred_ms: int) -> bytes:
    """A UUIDv7: 48 bits of milliseconds, version 7, variant 10, the rest random."""
    rest = bytearray(os.urandom(10))
    rest[0] = 0x70 | rest[0] & 0x0F
    rest[2] = 0x80 | rest[2] & 0x3F
    return occurred_ms.to_bytes(6, "big") + bytes(rest)


def check_receipt(receipt, payload: bytes, key_id: bytes, signature: bytes) -> None:
    """Whether a receipt is about these bytes and fits together, section 4.6; ValueError if not.

    `receipt` has recorded_at, leaf, chain_before and chain.
    """
    envelope = b"\x01\x01" + len(signature).to_bytes(2, "big") + key_id + sha256(payload) + signature
    leaf = receipt.leaf
    if len(leaf) != 80 or leaf[:4] != b"\x01\x01\x00\x00" or leaf[12:16] != bytes(4):
        raise ValueError("the leaf is not that of a statement")
    if leaf[4:12] != receipt.recorded_at.to_bytes(8, "big"):
        raise ValueError("the receipt names another time than its leaf")
    if leaf[16:48] != sha256(b"\x13", envelope):
        raise ValueError("the leaf commits to something else than what we signed")
    if receipt.chain != sha256(b"\x10", receipt.chain_before, sha256(b"\x00", leaf)):
        raise ValueError("the chain does not follow from the leaf")
