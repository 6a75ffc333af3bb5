"""用 Python 向源流账本提交一张 500 件的单据并查询结果。

Submits a bill of 500 items to a Yuanliu ledger and asks what became of it. See examples/README.md.

    python client.py enrol CONFIG.json     make the key if there is none; print its enrolment
    python client.py bill CONFIG.json      submit, check receipts, read history and holdings
"""

import json
import os
import sys
import time

import grpc

from sending import connect, show_refusal, sign, submit, submit_batch
from signing import Key, new_id, sha256
from yuanliu.v1 import custody_pb2, desk_service_pb2, desk_service_pb2_grpc, ledger_service_pb2
from yuanliu.v1 import ledger_service_pb2_grpc, statement_pb2, trace_service_pb2, trace_service_pb2_grpc, types_pb2

GTIN = "09520000010010"


def statement(config: dict, kind: str, body, seconds: int) -> statement_pb2.Statement:
    """A body under its header. Id and salt are random unless the configuration fixes them."""
    fixed, now = config.get(kind), time.time_ns() // 1000
    header = statement_pb2.Header(
        ledger=bytes.fromhex(config["ledger"]),
        # The id bears the time of signing, also where the act is long past.
        id=bytes.fromhex(fixed["id"]) if fixed else new_id(now // 1000),
        salt=bytes.fromhex(fixed["salt"]) if fixed else os.urandom(16),
        party=config["party"],
        occurred_at=(config.get("occurred_at") or now) + seconds * 1_000_000,  # µs; effects come after causes
        offset_minutes=480,  # UTC+8
        business_key=config["bill"],  # our own number: the ledger takes it once for each kind
    )
    return statement_pb2.Statement(header=header, **{kind: body})


def commission(config: dict) -> statement_pb2.Statement:
    """赋码入库: 503 units come into being, three of them as samples to keep."""
    body = custody_pb2.Commission(
        items=[f"sgtin:{GTIN}.{config['bill']}-{n:03}" for n in range(503)],
        lot=f"lot:gtin:{GTIN}.{config['bill']}",
        registration="国药准字SJ20219901",
        made_on="2026-01-05",
        expires_on="2029-01-04",
        units_per_code=3,
        market="CN",
    )
    return statement(config, "commission", body, 0)


def ship(config: dict, items: list[str]) -> statement_pb2.Statement:
    """出库: units leave for the buyer."""
    return statement(config, "ship", custody_pb2.Ship(items=items, addressee=config["buyer"], reason="sale"), 1)


def bill(config: dict) -> None:
    key, ledger_id = Key.open(config["key"]), bytes.fromhex(config["ledger"])
    channel = connect(config)
    ledger = ledger_service_pb2_grpc.LedgerServiceStub(channel)
    found = ledger.GetLedger(ledger_service_pb2.GetLedgerRequest(), timeout=30).ledger
    if found != ledger_id:
        raise SystemExit(f"this server keeps another ledger: {found.hex()}")

    made = commission(config)
    items = list(made.commission.items)
    names, both = ("commission", "ship"), [sign(key, made), sign(key, ship(config, items[:500]))]
    for name, signed in zip(names, both):
        print(f"{name} signed {sha256(signed.payload).hex()} {signed.signature.hex()}")
    # One alone, then both in a batch: the first is sent again on purpose.
    receipts = [submit(ledger, both[0]), *submit_batch(ledger, both)]
    for name, receipt in zip((names[0], *names), receipts):
        print(f"{name} entry {receipt.index} {'recorded before' if receipt.recorded_before else 'recorded'}")

    faulty = ship(config | {"ship": None, "bill": config["bill"] + "-X"}, [items[0], "sgtin:09520000010011.1"])
    try:
        submit(ledger, sign(key, faulty))
        raise SystemExit("a wrong check digit was taken")
    except grpc.RpcError as error:
        show_refusal(error)

    # Reading: a token of our own making goes with every call.
    def read(method, request):
        token = key.token(config["party"], ledger_id, "stock check")
        return method(request, timeout=30, metadata=[("authorization", "Bearer " + token)])

    trace, desk = trace_service_pb2_grpc.TraceServiceStub(channel), desk_service_pb2_grpc.DeskServiceStub(channel)
    history = read(trace.GetItemHistory, trace_service_pb2.GetItemHistoryRequest(item=items[0]))
    for event, signed in zip(history.events, both, strict=True):
        same = "as signed" if event.entry.payload == signed.payload else "with other bytes"
        print(f"history {items[0]} entry {event.index} {types_pb2.StatementKind.Name(event.kind)} {same}")
    # 库存: what we have now of the lot, page by page.
    request = desk_service_pb2.ListHoldingsRequest(lot=made.commission.lot)
    while request is not None:
        answer = read(desk.ListHoldings, request)
        for holding in answer.holdings:
            print(f"holding {holding.item} {holding.condition}")
        request.page_token = answer.next_page_token
        request = request if request.page_token else None
    channel.close()


def enrol(config: dict) -> None:
    """Prints the enrolment of our key, for a registrar to sign: `yuanliu submit enrol.json --key …`."""
    key = Key.open(config["key"]) if os.path.exists(config["key"]) else Key.create(config["key"])
    possession = key.possession(bytes.fromhex(config["ledger"]), config["party"])
    body = {"algorithm": "ed25519", "party": config["party"], "publicKey": key.public.hex()}
    body |= {"possession": possession.hex(), "uses": ["sign", "read"]}
    print(json.dumps({"enrolKey": body}, ensure_ascii=False))
    print(f"key id {key.id.hex()}", file=sys.stderr)


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as config_file:
        settings = json.load(config_file)
    try:
        {"bill": bill, "enrol": enrol}[sys.argv[1]](settings)
    except grpc.RpcError as error:
        show_refusal(error)
        sys.exit(1)
