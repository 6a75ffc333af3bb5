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
from google.rpc import error_details_pb2
from grpc_status import rpc_status

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "gen"))
from signing import Key, check_receipt, new_id, sha256  # noqa: E402
from yuanliu.v1 import custody_pb2, desk_service_pb2, desk_service_pb2_grpc  # noqa: E402
from yuanliu.v1 import ledger_service_pb2, ledger_service_pb2_grpc  # noqa: E402
from yuanliu.v1 import statement_pb2, trace_service_pb2, trace_service_pb2_grpc, types_pb2  # noqa: E402

GTIN = "09520000010010"
AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)


def header(config: dict, name: str, seconds: int) -> statement_pb2.Header:
    """The head of a statement. Id and salt are random unless the configuration fixes them."""
    fixed = config.get(name, {})
    now = time.time_ns() // 1000
    occurred_at = config.get("occurred_at") or now
    return statement_pb2.Header(
        ledger=bytes.fromhex(config["ledger"]),
        # The id bears the time of signing, also where the act is long past.
        id=bytes.fromhex(fixed["id"]) if fixed else new_id(now // 1000),
        salt=bytes.fromhex(fixed["salt"]) if fixed else os.urandom(16),
        party=config["party"],
        occurred_at=occurred_at + seconds * 1_000_000,  # µs; effects come after causes
        offset_minutes=480,  # UTC+8
        business_key=config["bill"],  # our own number: the ledger takes it once for each kind
    )


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
    return statement_pb2.Statement(header=header(config, "commission", 0), commission=body)


def ship(config: dict, items: list[str]) -> statement_pb2.Statement:
    """出库: units leave for the buyer."""
    body = custody_pb2.Ship(items=items, addressee=config["buyer"], reason="sale")
    return statement_pb2.Statement(header=header(config, "ship", 1), ship=body)


def sign(key: Key, statement) -> statement_pb2.SignedStatement:
    """Serialized once. Keep these bytes until you hold the receipt: they may be sent again, never made again."""
    payload = statement.SerializeToString()
    return statement_pb2.SignedStatement(
        payload=payload, key_id=key.id, signature=key.sign(payload), algorithm=types_pb2.ALGORITHM_ED25519
    )


def submit(ledger, signed) -> ledger_service_pb2.Receipt:
    """Sends the same bytes until they are answered: a second copy gets the first receipt."""
    for attempt in range(5):
        try:
            request = ledger_service_pb2.SubmitStatementRequest(statement=signed)
            return ledger.SubmitStatement(request, timeout=30).receipt
        except grpc.RpcError as error:
            if error.code() not in AGAIN or attempt == 4:
                raise
            time.sleep(0.2 * 2**attempt)


def accept(name: str, receipt, signed) -> None:
    check_receipt(receipt, signed.payload, signed.key_id, signed.signature)
    print(f"{name} entry {receipt.index} {'recorded before' if receipt.recorded_before else 'recorded'}")


def show_refusal(error: grpc.RpcError) -> None:
    """An error says what and where: a stable reason, and the fields at fault."""
    info, fields = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    status = rpc_status.from_call(error)  # None where the answer did not come from the ledger
    for detail in status.details if status else ():
        detail.Unpack(info)
        detail.Unpack(fields)
    print(f"refused {error.code().name} {info.reason}: {error.details()}")
    for fault in fields.field_violations:
        print(f"  {fault.field}: {fault.description}")


def bill(config: dict) -> None:
    key, ledger_id = Key.open(config["key"]), bytes.fromhex(config["ledger"])
    with open(config["ca"], "rb") as file:
        tls = grpc.ssl_channel_credentials(file.read())
    channel = grpc.secure_channel(config["server"], tls, [("grpc.max_receive_message_length", 8 << 20)])
    ledger = ledger_service_pb2_grpc.LedgerServiceStub(channel)
    facts = ledger.GetLedger(ledger_service_pb2.GetLedgerRequest(), timeout=30)
    if facts.ledger != ledger_id:
        raise SystemExit(f"this server keeps another ledger: {facts.ledger.hex()}")

    made = commission(config)
    items = list(made.commission.items)
    made, sent = sign(key, made), sign(key, ship(config, items[:500]))
    for name, signed in (("commission", made), ("ship", sent)):
        print(f"{name} signed {sha256(signed.payload).hex()} {signed.signature.hex()}")
    accept("commission", submit(ledger, made), made)

    # Many statements: a stream of batches, results in order. The first is sent again on purpose.
    batch = ledger_service_pb2.SubmitStatementsRequest(statements=[made, sent])
    for answer in ledger.SubmitStatements(iter([batch]), timeout=30):
        for name, signed, result in zip(("commission", "ship"), (made, sent), answer.results, strict=True):
            if result.HasField("rejection"):
                raise SystemExit(f"{name} refused: {result.rejection}")
            accept(name, result.receipt, signed)

    faulty = ship(config | {"ship": {}, "bill": config["bill"] + "-X"}, [items[0], "sgtin:09520000010011.1"])
    try:
        submit(ledger, sign(key, faulty))
        raise SystemExit("a wrong check digit was taken")
    except grpc.RpcError as error:
        show_refusal(error)

    # Reading: a token of our own making goes with every call.
    def read(method, request):
        token = key.token(config["party"], ledger_id, "stock check")
        return method(request, timeout=30, metadata=[("authorization", "Bearer " + token)])

    trace = trace_service_pb2_grpc.TraceServiceStub(channel)
    history = read(trace.GetItemHistory, trace_service_pb2.GetItemHistoryRequest(item=items[0]))
    for event, signed in zip(history.events, (made, sent), strict=True):
        same = "as signed" if event.entry.payload == signed.payload else "with other bytes"
        print(f"history {items[0]} entry {event.index} {types_pb2.StatementKind.Name(event.kind)} {same}")
    holdings(channel, read, items[500:])
    channel.close()


def holdings(channel, read, kept: list[str]) -> None:
    """库存: what we have now."""
    desk = desk_service_pb2_grpc.DeskServiceStub(channel)
    lot = kept[0].replace("sgtin:", "lot:gtin:").rsplit("-", 1)[0]
    page = ""
    while True:
        answer = read(desk.ListHoldings, desk_service_pb2.ListHoldingsRequest(lot=lot, page_token=page))
        for holding in answer.holdings:
            print(f"holding {holding.item} {holding.condition}")
        page = answer.next_page_token
        if not page:
            return


def enrol(config: dict) -> None:
    """Prints the enrolment of our key, for a registrar to sign: `yuanliu submit enrol.json --key …`."""
    path = config["key"]
    key = Key.open(path) if os.path.exists(path) else Key.create(path)
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
