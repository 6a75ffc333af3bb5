#!/usr/bin/env python3
"""Makes the tokens, certificates and index.json of this folder anew: python3 make.py. Needs openssl 3.

Every run makes other keys, which are thrown away. TSTInfo is written here, so that it can tell any time; openssl signs
it as it would sign for an authority of its own (`openssl ts`), whose answer is here too.
"""

import hashlib
import json
import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TEXT = b"log.example/evidence\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
NONCE = 0x8899AABBCCDDEEFF
TIME = "20260302040000.25Z"
CONFIG = """
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
[sub]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign
[tsa]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[soft]
extendedKeyUsage = timeStamping
[both]
extendedKeyUsage = critical, timeStamping, emailProtection
[none]
basicConstraints = CA:false
[crypting]
keyUsage = critical, keyEncipherment
extendedKeyUsage = critical, timeStamping
[ts]
default_tsa = authority
[authority]
serial = ./serial
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1, millisecs:500
signer_digest = sha256
ess_cert_id_alg = sha1
[ca]
default_ca = dated
[dated]
database = ./index.txt
serial = ./serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""
ECDSA = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]


def run(*args, data=None):
    done = subprocess.run(["openssl", *map(str, args)], input=data, capture_output=True)
    if done.returncode:
        raise SystemExit(f"openssl {' '.join(map(str, args))}\n{done.stderr.decode()}")
    return done.stdout


def der(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def integer(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


SHA_256 = bytes.fromhex("0609608648016503040201")
SHA_384 = bytes.fromhex("0609608648016503040202")


def tst_info(time=TIME, text=TEXT, nonce=NONCE, accuracy=der(0x30, integer(1), der(0x80, b"\x01\xf4")), critical=None):
    """Version, policy 1.2.3.4.1, imprint, serial number, time, accuracy, nonce."""
    imprint = der(0x30, der(0x30, SHA_256, b"\x05\x00"), der(4, hashlib.sha256(text).digest()))
    if critical == "digest":
        imprint = der(0x30, der(0x30, SHA_384, b"\x05\x00"), der(4, hashlib.sha384(text).digest()))
    fields = [integer(1), bytes.fromhex("06042a030401"), imprint, integer(77), der(0x18, time.encode()), accuracy]
    fields.append(integer(nonce) if nonce is not None else b"")
    if critical == "extension":
        extension = der(0x30, bytes.fromhex("06042a030402"), b"\x01\x01\xff", der(4, b"\x05\x00"))
        fields.append(der(0xA1, extension))
    return der(0x30, *fields)


class Maker:
    def __init__(self, at):
        self.at = at
        self.files = []
        (at / "c.cnf").write_text(CONFIG)
        (at / "serial").write_text("1000\n")
        (at / "index.txt").write_text("")
        self.root("root", "Example Root")
        self.root("other-root", "Another Root")

    def here(self, *args):
        subprocess.run(["openssl", *map(str, args)], cwd=self.at, check=True, capture_output=True)

    def path(self, name):
        return self.at / name

    def root(self, name, subject):
        self.certificate(name, subject, section="root", issuer=name, dates=("20250101000000Z", "20991231000000Z"))

    def certificate(self, name, subject, section="tsa", key=ECDSA, issuer="root", dates=("20260101000000Z", "20990101000000Z")):
        run("req", "-new", *key, "-nodes", "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.csr"),
            "-subj", f"/CN={subject}", "-utf8", "-config", self.path("c.cnf"))
        by = ["-selfsign"] if issuer == name else ["-cert", f"{issuer}.pem"]
        self.here("ca", "-batch", "-notext", "-utf8", "-config", "c.cnf", "-in", f"{name}.csr", "-out", f"{name}.pem", *by,
                  "-keyfile", f"{issuer}.key", "-startdate", dates[0], "-enddate", dates[1], "-extensions", section)

    def token(self, name, info, signer, digest="sha256", more=(), certs=(), cades=True):
        self.path("info").write_bytes(info)
        self.path("more.pem").write_bytes(b"".join(self.path(f"{c}.pem").read_bytes() for c in certs))
        extra = ["-certfile", self.path("more.pem")] if certs else []
        found = run("cms", "-sign", "-binary", "-nodetach", "-nosmimecap", *(["-cades"] if cades else []), "-in", self.path("info"),
                    "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-signer", self.path(f"{signer}.pem"), "-inkey",
                    self.path(f"{signer}.key"), "-md", digest, "-outform", "DER", *extra, *more)
        (HERE / name).write_bytes(found)

    def note(self, name, verdict):
        self.files.append({"file": name, "verdict": verdict})

    def good(self, name, info, signer, at, accuracy=1_500_000, **more):
        self.token(name, info, signer, **more)
        fingerprint = hashlib.sha256(run("x509", "-in", self.path(f"{signer}.pem"), "-outform", "DER")).hexdigest()
        subject = re.search("CN ?= ?(.*)", run("x509", "-in", self.path(f"{signer}.pem"), "-noout", "-subject", "-nameopt", "utf8,sname").decode())
        self.note(name, {"at": at, "accuracy": accuracy, "authority": subject[1], "certificate": fingerprint, "policy": "1.2.3.4.1"})

    def bad(self, name, fault, info, signer, **more):
        self.token(name, info, signer, **more)
        self.note(name, {"fault": fault})


def rsa(bits):
    return ["-newkey", f"rsa:{bits}"]


P384 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"]
AT = 1_772_424_000_250_000


def make(maker):
    maker.certificate("p256", "示例时间戳 TSA")
    maker.certificate("p384", "P-384 TSA", key=P384)
    maker.certificate("rsa2048", "RSA TSA", key=rsa(2048))
    maker.certificate("rsa3072", "RSA TSA", key=rsa(3072))
    maker.certificate("rsa4096", "RSA TSA", key=rsa(4096))
    maker.certificate("sub", "Sub CA", section="sub")
    maker.certificate("below", "TSA below", issuer="sub")
    maker.good("p256.der", tst_info(), "p256", AT)
    maker.good("p384.der", tst_info(), "p384", AT, digest="sha384")
    maker.good("rsa2048.der", tst_info(), "rsa2048", AT)
    maker.good("rsa3072.der", tst_info(), "rsa3072", AT, digest="sha384")
    maker.good("rsa4096.der", tst_info(), "rsa4096", AT, digest="sha512")
    maker.good("chain.der", tst_info(time="20260302040000Z", accuracy=b""), "below", AT - 250_000, 0, certs=["sub"])
    maker.good("with-root.der", tst_info(), "p256", AT, certs=["root"])
    maker.bad("bad-imprint.der", "imprint", tst_info(text=b"something else"), "p256")
    maker.bad("bad-digest.der", "imprint", tst_info(critical="digest"), "p256")
    maker.bad("bad-extension.der", "unsupported", tst_info(critical="extension"), "p256")
    maker.bad("bad-time.der", "malformed", tst_info(time="20260230040000Z"), "p256")
    maker.bad("bad-fraction.der", "malformed", tst_info(time="20260302040000.250Z"), "p256")
    maker.bad("bad-too-late.der", "not_valid_then", tst_info(time="20990201000000Z"), "p256")
    maker.bad("bad-too-early.der", "not_valid_then", tst_info(time="20251231235959Z"), "p256")
    for section in ("soft", "both", "none", "crypting"):
        maker.certificate(section, "TSA", section=section)
        maker.bad(f"bad-{section}.der", "purpose", tst_info(), section)
    maker.certificate("foreign", "示例时间戳 TSA", issuer="other-root")
    maker.bad("bad-foreign.der", "unknown_authority", tst_info(), "foreign")
    maker.bad("bad-no-intermediate.der", "unknown_authority", tst_info(), "below")
    maker.bad("bad-no-certificate.der", "no_certificate", tst_info(), "p256", more=["-nocerts"])
    maker.bad("bad-unbound.der", "attribute", tst_info(), "p256", cades=False)
    maker.bad("bad-two-signers.der", "unsupported", tst_info(), "p256",
              more=["-signer", maker.path("p384.pem"), "-inkey", maker.path("p384.key")])
    maker.bad("bad-key-id.der", "unsupported", tst_info(), "p256", more=["-keyid"])
    maker.bad("bad-pss.der", "malformed", tst_info(), "rsa2048", more=["-keyopt", "rsa_padding_mode:pss"])
    # Over checkpoints of ../evidence, whose texts its golden test writes here.
    for name in ("evidence", "evidence-earlier"):
        text = (HERE / f"{name}.txt").read_bytes()
        maker.token(f"{name}.der", tst_info(time="20260302040100Z", text=text, nonce=None), "p256")
    answer(maker)


def answer(maker):
    """A whole answer of an authority of openssl's own, which names its certificate by SHA-1 (RFC 2634)."""
    imprint = der(0x30, der(0x30, SHA_256, b"\x05\x00"), der(4, hashlib.sha256(TEXT).digest()))
    maker.path("request").write_bytes(der(0x30, integer(1), imprint, integer(NONCE), b"\x01\x01\xff"))
    (HERE / "request.tsq").write_bytes(maker.path("request").read_bytes())
    reply = ("ts", "-reply", "-config", "c.cnf", "-section", "authority", "-queryfile", "request", "-signer", "rsa2048.pem",
             "-inkey", "rsa2048.key", "-out")
    maker.here(*reply, HERE / "answer.tsr")
    maker.path("request").write_bytes(der(0x30, integer(1), imprint.replace(SHA_256, SHA_384), integer(NONCE)))
    maker.here(*reply, HERE / "refusal.tsr")


def main():
    for old in [*HERE.glob("*.der"), *HERE.glob("*.ts?"), *HERE.glob("*.pem")]:
        old.unlink()
    with tempfile.TemporaryDirectory() as at:
        maker = Maker(pathlib.Path(at))
        make(maker)
        for name in ("root", "other-root"):
            (HERE / f"{name}.pem").write_bytes(maker.path(f"{name}.pem").read_bytes())
    index = {"text": TEXT.decode(), "nonce": f"{NONCE:016x}", "files": maker.files}
    (HERE / "index.json").write_text(json.dumps(index, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
