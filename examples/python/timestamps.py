#!/usr/bin/env python3
"""RFC 3161 时间戳离线核验。

Checks RFC 3161 time stamps offline; it shares no code with the ledger. Needs Python 3.10 and the package
`cryptography`, which knows certificates; CMS is read here.

    timestamps.py --vectors DIRECTORY      compares verdicts with those of DIRECTORY/index.json
"""

import argparse
import datetime
import hashlib
import json
import sys
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

INTEGER, BIT_STRING, OCTETS, NULL, OID, TIME, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x05, 0x06, 0x18, 0x30, 0x31
BOOLEAN = 0x01
SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
CERTIFICATE, CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
SHA_256 = "2.16.840.1.101.3.4.2.1"
DIGESTS = {SHA_256: hashes.SHA256, "2.16.840.1.101.3.4.2.2": hashes.SHA384, "2.16.840.1.101.3.4.2.3": hashes.SHA512}
RSA = "1.2.840.113549.1.1.1"
RSA_WITH = {"1.2.840.113549.1.1.11": "sha256", "1.2.840.113549.1.1.12": "sha384", "1.2.840.113549.1.1.13": "sha512"}
ECDSA_WITH = {"1.2.840.10045.4.3.2": "sha256", "1.2.840.10045.4.3.3": "sha384"}
TIME_STAMPING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.8")


class Fault(Exception):
    """Why a token proves nothing: a name."""


def need(sound, fault: str):
    if not sound:
        raise Fault(fault)


class Der:
    """The elements of DER, one after the other."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def element(self):
        """Tag, content, and the whole of the next."""
        start = self.at
        need(start + 2 <= len(self.data), "malformed")
        tag, length, self.at = self.data[start], self.data[start + 1], start + 2
        need(tag & 0x1F != 0x1F, "malformed")
        if length >= 0x80:
            count = length - 0x80
            number = self.data[self.at : self.at + count]
            need(1 <= count <= 4 and len(number) == count and number[0] != 0, "malformed")
            length, self.at = int.from_bytes(number, "big"), self.at + count
            need(length >= 0x80, "malformed")
        content = self.data[self.at : self.at + length]
        need(len(content) == length, "malformed")
        self.at += length
        return tag, content, self.data[start : self.at]

    def left(self) -> bool:
        return self.at < len(self.data)

    def is_next(self, tag: int) -> bool:
        return self.left() and self.data[self.at] == tag

    def take(self, tag: int) -> bytes:
        need(self.is_next(tag), "malformed")
        return self.element()[1]

    def optional(self, tag: int) -> bytes | None:
        return self.element()[1] if self.is_next(tag) else None

    def open(self, tag: int) -> "Der":
        return Der(self.take(tag))

    def end(self):
        need(not self.left(), "malformed")

    def oid(self) -> str:
        content = self.take(OID)
        need(content and content[-1] < 0x80, "malformed")
        numbers, number, begin = [], 0, True
        for byte in content:
            need(not (begin and byte == 0x80), "malformed")
            number, begin = number << 7 | byte & 0x7F, byte < 0x80
            if begin:
                numbers.append(number)
                number = 0
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))

    def number(self, tag: int = INTEGER) -> int | None:
        content = self.optional(tag)
        if content is None:
            return None
        padded = len(content) > 1 and content[0] == 0 and content[1] < 0x80
        need(content and content[0] < 0x80 and not padded and len(content) <= 9, "malformed")
        return int.from_bytes(content, "big")

    def algorithm(self) -> str:
        fields = self.open(SEQUENCE)
        found = fields.oid()
        need(not fields.optional(NULL), "malformed")
        fields.end()
        return found


def only(data: bytes, tag: int) -> Der:
    outer = Der(data)
    inner = outer.open(tag)
    outer.end()
    return inner


def digest(oid: str, data: bytes) -> bytes:
    return hashlib.new(DIGESTS[oid].name, data).digest()


# --- what is signed: TSTInfo, RFC 3161 section 2.4.2 --------------------------------------------------------


def instant(content: bytes) -> int:
    """Microseconds since the Unix epoch; what is finer is cut off."""
    try:
        text = content.decode("ascii")
        whole, _, fraction = text.removesuffix("Z").partition(".")
        stop = "." in text
        need(text.endswith("Z") and whole.isdecimal() and len(whole) == 14, "malformed")
        need(not stop or fraction.isdecimal() and not fraction.endswith("0"), "malformed")
        at = datetime.datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=datetime.timezone.utc)
    except (ValueError, UnicodeDecodeError) as e:
        raise Fault("malformed") from e
    need(at.year >= 1970, "malformed")
    return int(at.timestamp()) * 1_000_000 + int(fraction[:6].ljust(6, "0"))


def read_info(content: bytes) -> dict:
    fields = only(content, SEQUENCE)
    need(fields.number() == 1, "unsupported")
    policy, imprint = fields.oid(), fields.open(SEQUENCE)
    need(imprint.algorithm() == SHA_256, "imprint")
    found = imprint.take(OCTETS)
    need(len(found) == 32, "malformed")
    imprint.end()
    fields.take(INTEGER)
    at, accuracy = instant(fields.take(TIME)), 0
    if fields.is_next(SEQUENCE):
        parts = fields.open(SEQUENCE)
        seconds, millis, micros = (parts.number(tag) or 0 for tag in (INTEGER, 0x80, 0x81))
        parts.end()
        need(seconds <= 1 << 32 and millis <= 999 and micros <= 999, "malformed")
        accuracy = seconds * 1_000_000 + millis * 1_000 + micros
    for tag in (BOOLEAN, INTEGER, 0xA0):  # ordering, nonce, name of the authority
        fields.optional(tag)
    extensions = Der(fields.optional(0xA1) or b"")
    while extensions.left():
        extension = extensions.open(SEQUENCE)
        extension.oid()
        need((extension.optional(BOOLEAN) or b"\0") == b"\0", "unsupported")
    fields.end()
    return {"imprint": found, "at": at, "accuracy": accuracy, "policy": policy}


# --- CMS, RFC 5652 --------------------------------------------------------------------------------------------


class Signed:
    """A token taken apart; nothing of it is believed."""

    def __init__(self, token: bytes):
        need(len(token) <= 65_536, "too_long")
        info = only(token, SEQUENCE)
        need(info.oid() == SIGNED_DATA, "malformed")
        fields = only(info.take(0xA0), SEQUENCE)
        info.end()
        need(fields.number() == 3, "malformed")
        digests = fields.open(SET)
        self.digest = digests.algorithm()
        digests.end()
        inner = fields.open(SEQUENCE)
        need(inner.oid() == TST_INFO, "malformed")
        explicit = Der(inner.take(0xA0))
        inner.end()
        self.content = explicit.take(OCTETS)
        explicit.end()
        found, self.certificates = Der(fields.optional(0xA0) or b""), []
        while found.left():
            tag, _, whole = found.element()
            need(tag == SEQUENCE and len(self.certificates) < 16, "malformed")
            self.certificates.append(whole)
        need(not fields.is_next(0xA1), "unsupported")
        signers = fields.open(SET)
        signer = signers.open(SEQUENCE)
        need(not signers.left(), "unsupported")
        fields.end()
        self.read_signer(signer)

    def read_signer(self, fields: Der):
        need(fields.number() == 1, "unsupported")
        named = fields.open(SEQUENCE)
        self.issuer, self.serial = named.take(SEQUENCE), named.take(INTEGER)
        named.end()
        need(fields.algorithm() == self.digest, "malformed")
        need(fields.is_next(0xA0), "malformed")
        _, attributes, whole = fields.element()
        self.to_be_signed = bytes([SET]) + whole[1:]
        self.algorithm, self.signature = fields.algorithm(), fields.take(OCTETS)
        need(not fields.is_next(0xA1), "unsupported")
        fields.end()
        self.attributes, found = {}, Der(attributes)
        while found.left():
            attribute = found.open(SEQUENCE)
            name, values = attribute.oid(), attribute.open(SET)
            attribute.end()
            if name in (CONTENT_TYPE, MESSAGE_DIGEST, CERTIFICATE, CERTIFICATE_V2):
                need(name not in self.attributes, "malformed")
                self.attributes[name] = self.value(name, values)

    @staticmethod
    def value(name: str, values: Der):
        if name == CONTENT_TYPE:
            found = values.oid()
        elif name == MESSAGE_DIGEST:
            found = values.take(OCTETS)
        else:
            ids = values.open(SEQUENCE).open(SEQUENCE).open(SEQUENCE)
            algorithm = ids.algorithm() if ids.is_next(SEQUENCE) else SHA_256
            found = algorithm, ids.take(OCTETS)
        values.end()
        return found

    def check_attributes(self, certificate: bytes):
        a = self.attributes
        need(a.get(CONTENT_TYPE) == TST_INFO and a.get(MESSAGE_DIGEST) == digest(self.digest, self.content), "attribute")
        need(CERTIFICATE in a or CERTIFICATE_V2 in a, "attribute")
        if CERTIFICATE in a:
            need(a[CERTIFICATE][1] == hashlib.sha1(certificate).digest(), "attribute")
        if CERTIFICATE_V2 in a:
            algorithm, named = a[CERTIFICATE_V2]
            need(algorithm in DIGESTS and named == digest(algorithm, certificate), "attribute")

    def signer(self) -> bytes:
        for certificate in self.certificates:
            fields = only(certificate, SEQUENCE).open(SEQUENCE)
            fields.optional(0xA0)
            serial, _, issuer = fields.take(INTEGER), fields.take(SEQUENCE), fields.take(SEQUENCE)
            if (issuer, serial) == (self.issuer, self.serial):
                return certificate
        raise Fault("no_certificate")

    def check_signature(self, key):
        name = DIGESTS[self.digest].name
        with_rsa = self.algorithm == RSA or RSA_WITH.get(self.algorithm) == name
        with_ecdsa = ECDSA_WITH.get(self.algorithm) == name
        need(with_rsa or with_ecdsa, "unsupported")
        try:
            if with_rsa and isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
                key.verify(self.signature, self.to_be_signed, padding.PKCS1v15(), DIGESTS[self.digest]())
            elif with_ecdsa and isinstance(getattr(key, "curve", None), (ec.SECP256R1, ec.SECP384R1)):
                key.verify(self.signature, self.to_be_signed, ec.ECDSA(DIGESTS[self.digest]()))
            else:
                raise Fault("signature")
        except InvalidSignature as e:
            raise Fault("signature") from e


# --- certificates ---------------------------------------------------------------------------------------------


def extension(certificate, kind):
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def check_purpose(signer):
    extended, usage = extension(signer, x509.ExtendedKeyUsage), extension(signer, x509.KeyUsage)
    alone = extended is not None and extended.critical and list(extended.value) == [TIME_STAMPING]
    signs = usage is None or usage.value.digital_signature or usage.value.content_commitment
    need(alone and signs, "purpose")


def is_valid(certificate, at: datetime.datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def may_issue(certificate, below: int) -> bool:
    """Whether it may stand above so many others of a path."""
    basic, usage = extension(certificate, x509.BasicConstraints), extension(certificate, x509.KeyUsage)
    extended = extension(certificate, x509.ExtendedKeyUsage)
    known = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage)
    if any(e.critical and not isinstance(e.value, known) for e in certificate.extensions):
        return False
    limit = basic.value.path_length if basic is not None else None
    return (
        basic is not None and basic.value.ca and (limit is None or below <= limit)
        and (usage is None or usage.value.key_cert_sign) and (extended is None or TIME_STAMPING in extended.value)
    )


def issued(certificate, by) -> bool:
    weak = isinstance(certificate.signature_hash_algorithm, (hashes.MD5, hashes.SHA1))
    try:
        certificate.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return not weak


def leads_to_root(certificate, others: list, roots: list, at: datetime.datetime, below: int = 0) -> bool:
    if any(is_valid(root, at) and issued(certificate, root) for root in roots):
        return True
    above = [o for o in others if o != certificate and is_valid(o, at) and may_issue(o, below) and issued(certificate, o)]
    return below < 6 and any(leads_to_root(o, others, roots, at, below + 1) for o in above)


def read_roots(pem: bytes) -> list:
    return x509.load_pem_x509_certificates(pem)


def check(token: bytes, imprint: bytes, roots: list) -> dict:
    """What a token proves; a Fault if nothing."""
    signed = Signed(token)
    info = read_info(signed.content)
    need(info["imprint"] == imprint, "imprint")
    whole = signed.signer()
    need(signed.digest in DIGESTS, "unsupported")
    signed.check_attributes(whole)
    try:
        signer = x509.load_der_x509_certificate(whole)
        others = [x509.load_der_x509_certificate(c) for c in signed.certificates if c != whole]
        check_purpose(signer)
        signed.check_signature(signer.public_key())
        at = datetime.datetime.fromtimestamp(info["at"] // 1_000_000, datetime.timezone.utc)
        need(is_valid(signer, at), "not_valid_then")
        need(leads_to_root(signer, others, roots, at), "unknown_authority")
        names = signer.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    except ValueError as e:
        raise Fault("malformed") from e
    name = "".join(" " if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in (names[0].value if names else ""))
    return {
        "at": info["at"], "accuracy": info["accuracy"], "authority": name,
        "certificate": hashlib.sha256(whole).hexdigest(), "policy": info["policy"],
    }


def compare(folder: Path) -> int:
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    imprint, differ = hashlib.sha256(index["text"].encode()).digest(), 0
    roots = read_roots((folder / "root.pem").read_bytes())
    for expected in index["files"]:
        try:
            found = check((folder / expected["file"]).read_bytes(), imprint, roots)
        except Fault as fault:
            found = {"fault": str(fault)}
        if found != expected["verdict"]:
            differ += 1
            print(f"{expected['file']}: expected {expected['verdict']}, found {found}")
    print(f"{len(index['files']) - differ} of {len(index['files'])} tokens: the verdict expected")
    return 1 if differ or not index["files"] else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares verdicts on time stamps.")
    parser.add_argument("--vectors", type=Path, metavar="DIRECTORY", required=True)
    return compare(parser.parse_args().vectors)


if __name__ == "__main__":
    sys.exit(main())
