"""What this code signs, to compare with examples/vectors/signatures.json: python vectors.py FILE.json"""

import json
import sys
from types import SimpleNamespace

from client import commission, ship
from sending import sign
from signing import Key, check_receipt


def vectors(file: dict) -> None:
    """One line a vector: name, key id, signature; of a receipt: whether it holds."""
    def line(vector, key, signature):
        print(vector["name"], key.id.hex(), signature)

    for v in file["statements"]:
        key = Key.from_seed(bytes.fromhex(v["seed"]))
        line(v, key, key.sign(bytes.fromhex(v["payload"])).hex())
    for v in file["possessions"]:
        key = Key.from_seed(bytes.fromhex(v["seed"]))
        line(v, key, key.possession(bytes.fromhex(v["ledger"]), v["party"]).hex())
    for v in file["tokens"]:
        key = Key.from_seed(bytes.fromhex(v["seed"]))
        line(v, key, key.token(v["party"], bytes.fromhex(v["ledger"]), v["purpose"], v["iat"], v["jti"]))
    config = file["bill"]
    key = Key.from_seed(bytes.fromhex(config["seed"]))
    made = commission(config)
    line(config["commission"], key, sign(key, made).signature.hex())
    line(config["ship"], key, sign(key, ship(config, made.commission.items[:500])).signature.hex())
    for v in file["receipts"]:
        key, payload = Key.from_seed(bytes.fromhex(v["seed"])), bytes.fromhex(v["payload"])
        parts = {name: bytes.fromhex(v[name]) for name in ("leaf", "chain_before", "chain")}
        try:
            check_receipt(SimpleNamespace(recorded_at=v["recorded_at"], **parts), payload, key.id, key.sign(payload))
            print(v["name"], "true")
        except ValueError:
            print(v["name"], "false")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as published:
        vectors(json.load(published))
