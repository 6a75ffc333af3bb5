"""公开日志的独立核对：按 C2SP 的文本实现，不依赖本项目代码。

An independent reader of the public log: C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-cosignature, and
RFC 6962. It downloads the checkpoint, every entry and every tile it needs, derives the root again, and proves
inclusion of entries and consistency of sizes out of tiles alone.

    python tlog.py URL VERIFIER_KEY [--witness WITNESS_KEY]... [--older FILE]

Copy this file into your own program; it needs nothing but the package `cryptography`.
"""

import argparse
import base64
import hashlib
import json
import sys
import urllib.error
import urllib.request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00", entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01", left, right)


class Fault(Exception):
    """The log does not show what it must."""


# --- signed notes, checkpoints, cosignatures -----------------------------------------------------------


class VerifierKey:
    """`name+hash+base64(type ‖ key)`; type 1 signs notes, type 4 cosigns checkpoints."""

    def __init__(self, text: str):
        self.name, key_hash, data = text.split("+", 2)
        data = base64.b64decode(data, validate=True)
        self.type, public = data[0], data[1:]
        if self.type not in (1, 4) or len(public) != 32:
            raise Fault(f"{text}: not an Ed25519 key of type 1 or 4")
        self.hash = sha256(self.name.encode(), b"\n", data)[:4]
        if self.hash.hex() != key_hash:
            raise Fault(f"{text}: the hash does not fit name and key")
        self.public = Ed25519PublicKey.from_public_bytes(public)

    def signed(self, text: bytes, signatures: list) -> int | None:
        """Whether the key signed; for a cosignature its time, else 0."""
        for name, key_hash, signature in signatures:
            if (name, key_hash) != (self.name, self.hash):
                continue
            message, time = text, 0
            if self.type == 4:
                time = int.from_bytes(signature[:8], "big")
                message, signature = b"cosignature/v1\ntime %d\n%s" % (time, text), signature[8:]
            try:
                self.public.verify(signature, message)
            except InvalidSignature as e:
                raise Fault(f"a false signature under the name of {self.name}") from e
            return time
        return None


class Checkpoint:
    def __init__(self, note: bytes, key: VerifierKey, witnesses=()):
        split = note.rindex(b"\n\n")
        text, lines = note[: split + 1], note[split + 2 :].decode()
        if not lines.endswith("\n"):
            raise Fault("the note does not end with a signature line")
        signatures = []
        for line in lines[:-1].split("\n"):
            dash, name, data = line.split(" ")
            if dash != "—":
                raise Fault("a signature line does not begin with a dash")
            data = base64.b64decode(data, validate=True)
            signatures.append((name, data[:4], data[4:]))
        if key.signed(text, signatures) is None:
            raise Fault(f"{key.name} has not signed the checkpoint")
        self.witnessed = {w.name: time for w in witnesses if (time := w.signed(text, signatures)) is not None}
        origin, size, root, *rest = text.decode().removesuffix("\n").split("\n")
        if origin != key.name or rest or str(int(size)) != size:
            raise Fault("the checkpoint is not one of this log, or has lines beyond the three")
        self.size, self.root = int(size), base64.b64decode(root, validate=True)


# --- tiles ----------------------------------------------------------------------------------------------


class Log:
    def __init__(self, url: str):
        self.url = url.rstrip("/")
        self.tiles = {}
        self.requests = 0

    def get(self, path: str):
        self.requests += 1
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=30) as answer:
            return answer.read(), answer.headers

    def missing(self, path: str) -> bool:
        try:
            self.get(path)
        except urllib.error.HTTPError as e:
            return e.code == 404
        return False

    @staticmethod
    def path(kind: str, index: int, width: int) -> str:
        digits = f"{index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        path = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        return f"tile/{kind}/{path}" + ("" if width == WIDTH else f".p/{width}")

    def tile(self, level: int, index: int, size: int) -> list:
        """The hashes of a tile as a tree of this size has it."""
        width = min(WIDTH, (size >> 8 * level) - index * WIDTH)
        name = self.path(str(level), index, width)
        if name not in self.tiles:
            data, headers = self.get(name)
            if headers["Content-Type"] != "application/octet-stream" or "immutable" not in headers["Cache-Control"]:
                raise Fault(f"{name}: other headers than a tile has")
            if len(data) != 32 * width:
                raise Fault(f"{name}: {len(data)} bytes")
            self.tiles[name] = [data[i : i + 32] for i in range(0, len(data), 32)]
        return self.tiles[name]

    def entries(self, size: int):
        """Every entry below `size`, each held against its hash in the tile of level 0."""
        for index in range(-(-size // WIDTH)):
            width = min(WIDTH, size - index * WIDTH)
            data, _ = self.get(self.path("entries", index, width))
            hashes = self.tile(0, index, size)
            for at in range(width):
                length = int.from_bytes(data[:2], "big")
                entry, data = data[2 : 2 + length], data[2 + length :]
                if length != 80 or leaf_hash(entry) != hashes[at]:
                    raise Fault(f"entry {index * WIDTH + at}: not the one that its tile has")
                yield entry
            if data:
                raise Fault(f"bundle {index}: bytes left over")

    def node(self, height: int, index: int, size: int) -> bytes:
        """Root of leaves index·2^height up to (index + 1)·2^height."""
        level, within = divmod(height, 8)
        first = index << within
        hashes = self.tile(level, first // WIDTH, size)
        first %= WIDTH
        nodes = hashes[first : first + (1 << within)]
        if len(nodes) != 1 << within:
            raise Fault(f"the tree of {size} leaves has no such node")
        while len(nodes) > 1:
            nodes = [node_hash(nodes[i], nodes[i + 1]) for i in range(0, len(nodes), 2)]
        return nodes[0]

    def range_root(self, start: int, end: int, size: int) -> bytes:
        nodes = []
        while start < end:
            height = (end - start).bit_length() - 1
            nodes.append(self.node(height, start >> height, size))
            start += 1 << height
        root = nodes.pop()
        while nodes:
            root = node_hash(nodes.pop(), root)
        return root

    def inclusion(self, index: int, size: int) -> list:
        start, end, proof = 0, size, []
        while end - start > 1:
            middle = start + (1 << (end - start - 1).bit_length() - 1)
            if index < middle:
                proof.append(self.range_root(middle, end, size))
                end = middle
            else:
                proof.append(self.range_root(start, middle, size))
                start = middle
        return proof[::-1]

    def consistency(self, old: int, new: int) -> list:
        if old in (0, new):
            return []
        start, end, proof = 0, new, []
        while end != old:
            middle = start + (1 << (end - start - 1).bit_length() - 1)
            if old <= middle:
                proof.append(self.range_root(middle, end, new))
                end = middle
            else:
                proof.append(self.range_root(start, middle, new))
                start = middle
        if start:
            proof.append(self.range_root(start, end, new))
        return proof[::-1]


# --- checking proofs: RFC 9162 sections 2.1.3.2 and 2.1.4.2 ----------------------------------------------


def check_inclusion(leaf: bytes, index: int, size: int, proof: list, root: bytes) -> bool:
    at, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            computed = node_hash(sibling, computed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and computed == root


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: list) -> bool:
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof
    if old & (old - 1) == 0:
        proof = [old_root, *proof]
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    left = right = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            left, right = node_hash(sibling, left), node_hash(sibling, right)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            right = node_hash(right, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and left == old_root and right == new_root


def root_of(hashes: list) -> bytes:
    """The definition of RFC 6962 section 2.1."""
    if not hashes:
        return sha256()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))


def check_log(log: Log, key: VerifierKey, witnesses=(), older: bytes | None = None) -> dict:
    note, headers = log.get("checkpoint")
    if headers["Content-Type"] != "text/plain; charset=utf-8":
        raise Fault("the checkpoint has another content type")
    checkpoint = Checkpoint(note, key, witnesses)
    size = checkpoint.size
    hashes = [leaf_hash(entry) for entry in log.entries(size)]
    if root_of(hashes) != checkpoint.root:
        raise Fault("the entries do not have the root that was signed")
    if log.range_root(0, size, size) != checkpoint.root:
        raise Fault("the tiles do not have the root that was signed")
    places = sorted({0, size - 1, size // 2, size // 3, min(255, size - 1), min(256, size - 1)})
    for index in places:
        if not check_inclusion(hashes[index], index, size, log.inclusion(index, size), checkpoint.root):
            raise Fault(f"entry {index} is not shown to be in the tree")
        old = index + 1
        if not check_consistency(old, root_of(hashes[:old]), size, checkpoint.root, log.consistency(old, size)):
            raise Fault(f"the tree of {old} entries is not shown to be the beginning")
    for path in ("tile/0/x999/999", "tile/entries/000.p/0", "tile/0/0", "tile/8/000", "tile/0/000.p/256"):
        if not log.missing(path):
            raise Fault(f"{path}: should not be there")
    if size % WIDTH != WIDTH - 1 and not log.missing(Log.path("0", size // WIDTH, size % WIDTH + 1)):
        raise Fault("a tile beyond the newest checkpoint is served")
    grown = None
    if older is not None:
        before = Checkpoint(older, key)
        proof = log.consistency(before.size, size)
        if not check_consistency(before.size, before.root, size, checkpoint.root, proof):
            raise Fault(f"the log of {before.size} entries is not the beginning of this one")
        grown = size - before.size
    return {
        "size": size,
        "root": checkpoint.root.hex(),
        "proofs": 2 * len(places),
        "witnessed": checkpoint.witnessed,
        "grown": grown,
        "requests": log.requests,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--older", help="a checkpoint kept from before, in a file")
    args = parser.parse_args()
    older = None
    if args.older:
        with open(args.older, "rb") as file:
            older = file.read()
    try:
        told = check_log(Log(args.url), VerifierKey(args.key), [VerifierKey(w) for w in args.witness], older)
    except Fault as fault:
        print(f"NOT as it must be: {fault}", file=sys.stderr)
        return 1
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
