"""提交、重试与拒收说明 · Submits statements, tries again where that helps, and says why one was refused.

Copy this file into your own program, with signing.py.
"""

import os
import sys
import time

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "gen"))
from signing import Key, check_receipt  # noqa: E402
from yuanliu.v1 import ledger_service_pb2, statement_pb2, types_pb2  # noqa: E402

AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)


def connect(config: dict) -> grpc.Channel:
    """To the server that the configuration names; answers have up to 8 MiB."""
    with open(config["ca"], "rb") as file:
        tls = grpc.ssl_channel_credentials(file.read())
    return grpc.secure_channel(config["server"], tls, [("grpc.max_receive_message_length", 8 << 20)])


def sign(key: Key, statement) -> statement_pb2.SignedStatement:
    """Serialized once. Keep these bytes until you hold the receipt: they may be sent again, never made again."""
    payload = statement.SerializeToString()
    return statement_pb2.SignedStatement(
        payload=payload, key_id=key.id, signature=key.sign(payload), algorithm=types_pb2.ALGORITHM_ED25519
    )


def again(call):
    """Calls until it is answered: the same bytes may be sent again, a second copy gets the first receipt."""
    for attempt in range(5):
        try:
            return call()
        except grpc.RpcError as error:
            if error.code() not in AGAIN or attempt == 4:
                raise
            time.sleep(0.2 * 2**attempt)


def submit(ledger, signed) -> ledger_service_pb2.Receipt:
    """One statement, one receipt."""
    request = ledger_service_pb2.SubmitStatementRequest(statement=signed)
    return checked(again(lambda: ledger.SubmitStatement(request, timeout=30)).receipt, signed)


def submit_batch(ledger, batch: list) -> list[ledger_service_pb2.Receipt]:
    """Many statements: a stream of batches, results in order."""
    request = ledger_service_pb2.SubmitStatementsRequest(statements=batch)
    answer = again(lambda: next(ledger.SubmitStatements(iter([request]), timeout=30)))
    for result in answer.results:
        if result.HasField("rejection"):
            raise SystemExit(f"refused: {result.rejection}")
    return [checked(result.receipt, signed) for result, signed in zip(answer.results, batch, strict=True)]


def checked(receipt, signed) -> ledger_service_pb2.Receipt:
    check_receipt(receipt, signed.payload, signed.key_id, signed.signature)
    return receipt


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
