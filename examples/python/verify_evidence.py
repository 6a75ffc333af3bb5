#!/usr/bin/env python3
"""证据包离线核验：按 docs/FORMAT.md 编写，不依赖本项目代码。

Checks an evidence bundle offline, as docs/FORMAT.md describes it; it shares no code with the ledger. Needs Python
3.10 and the package `cryptography`.

    verify_evidence.py FILE --ledger HEX --log-key KEY [--witness-key KEY]... [--auditor-key KEY]...
                       [--quorum N] [--max-age SECONDS] [--tsa-root PEM]... [--now MICROSECONDS]
    verify_evidence.py --vectors DIRECTORY      compares verdicts with those of DIRECTORY/index.json

Time stamps are checked with `--tsa-root`, by timestamps.py beside this file; else they are carried, not checked.
Prints the verdict as JSON; FILE may be a fraud proof, too. Exit status 0: proven; 1: refused; 2: the command line is
wrong.
"""

import argparse
import base64
import hashlib
import json
import sys
import time
import unicodedata
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EVIDENCE = b"application/vnd.yuanliu.evidence.v1+json"
STATEMENT = b"application/vnd.yuanliu.statement.v1+protobuf"
POSSESSION = b"application/vnd.yuanliu.possession.v1"
ACCESS = b"application/vnd.yuanliu.access.v1"
ZEROS = bytes(32)
EMPTY_ROOT = hashlib.sha256(b"").digest()
MAX_NUMBER = 2**53 - 1
MAX_TREE = 2**63 - 1
GENESIS, STATEMENT_LEAF, SEAL, DIGEST = 0, 1, 2, 3
MINUTE = 60_000_000
MAX_MINUTE = (2**64 - 1) // MINUTE - 4
PARTS = "format ledger checkpoint witness stamp seal entry subject key closure query exporter time record digest".split()


class Refused(Exception):
    """The bundle proves nothing; the part of the check that failed, and why."""

    def __init__(self, part: str, why: str):
        assert part in PARTS
        super().__init__(f"{part}: {why}")
        self.part, self.why = part, why


def need(sound, part: str, why: str):
    if not sound:
        raise Refused(part, why)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def u64(number: int) -> bytes:
    return number.to_bytes(8, "big")


# --- RFC 6962 ---------------------------------------------------------------------------------------------


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00", data)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01", left, right)


def root_from(leaf: bytes, index: int, size: int, proof: list) -> bytes | None:
    """The root an inclusion proof leads to (RFC 9162 section 2.1.3.2)."""
    if index >= size or size > MAX_TREE:
        return None
    at, last = index, size - 1
    for sibling in proof:
        if last == 0:
            return None
        if at & 1 or at == last:
            leaf = node_hash(sibling, leaf)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            leaf = node_hash(leaf, sibling)
        at, last = at >> 1, last >> 1
    return leaf if last == 0 else None


def is_beginning(old: int, old_root: bytes, new: int, new_root: bytes, proof: list) -> bool:
    """A consistency proof (RFC 9162 section 2.1.4.2)."""
    if old > new or new > MAX_TREE:
        return False
    if old in (0, new):
        return not proof and old_root == (new_root if old == new else EMPTY_ROOT)
    proof = list(proof)
    if old & (old - 1) == 0:
        proof.insert(0, old_root)
    if not proof:
        return False
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


def rising(tree: list, leaf: bytes) -> list:
    """A tree, as the sizes and roots of its full subtrees from the left, with one leaf more."""
    size = 1
    while tree and tree[-1][0] == size:
        _, left = tree.pop()
        size, leaf = 2 * size, node_hash(left, leaf)
    return tree + [(size, leaf)]


def root_of(tree: list) -> bytes:
    """The root over full subtrees from the left."""
    if not tree:
        return EMPTY_ROOT
    *rest, (_, root) = tree
    for _, left in reversed(rest):
        root = node_hash(left, root)
    return root


# --- keys and signatures, section 3 -----------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
IDENTITY = b"\x01" + bytes(31)


def decompress(data: bytes):
    """The point of a canonical encoding, in extended coordinates; None if it is none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def may_be_enrolled(public: bytes) -> bool:
    """Canonical, not the identity, and L times it is the identity (section 3.1)."""
    point = decompress(public) if len(public) == 32 and public != IDENTITY else None
    if point is None:
        return False
    total, times = (0, 1, 1, 0), L
    while times:
        if times & 1:
            total = add(total, point)
        point, times = add(point, point), times >> 1
    return total[0] == 0 and (total[1] - total[2]) % P == 0


def key_id(public: bytes) -> bytes:
    return sha256(b"yuanliu/key/v1\x00\x01", public)


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) != 64 or signature[:32] == IDENTITY:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


def dsse(payload_type: bytes, payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type, len(payload), payload)


# --- signed notes, checkpoints, cosignatures (C2SP) -------------------------------------------------------


class NoteKey:
    """`name+hash+base64(type ‖ key)`; type 1 signs notes, type 4 cosigns checkpoints."""

    def __init__(self, text: str):
        self.text = text
        self.name, key_hash, data = text.split("+", 2)
        data = base64.b64decode(data, validate=True)
        self.type, self.public = data[0], data[1:]
        self.hash = sha256(self.name.encode(), b"\n", data)[:4]
        if self.type not in (1, 4) or len(self.public) != 32 or self.hash.hex() != key_hash:
            raise ValueError(f"{text}: not an Ed25519 key of type 1 or 4")


class Note:
    def __init__(self, note: str):
        gap = note.rfind("\n\n")
        clean = all(c == "\n" or not (ord(c) < 32 or ord(c) == 127) for c in note)
        need(len(note.encode()) <= 512 * 1024 and gap >= 0 and clean, "checkpoint", "is no note")
        self.text, lines = note[: gap + 1], note[gap + 2 :]
        need(lines.endswith("\n"), "checkpoint", "a signature line does not end")
        lines = lines[:-1].split("\n")
        need(len(lines) <= 64, "checkpoint", "too many signatures")
        self.signatures = [self.line(line) for line in lines]

    @staticmethod
    def line(line: str):
        name, _, data = line.removeprefix("— ").partition(" ")
        sound = line.startswith("— ") and name and "+" not in name and not any(c.isspace() for c in name)
        data = strict_base64(data)
        need(sound and data is not None and len(data) > 4, "checkpoint", "a malformed signature line")
        return name, data[:4], data[4:]

    def by(self, key: NoteKey) -> list:
        return [s for name, key_hash, s in self.signatures if (name, key_hash) == (key.name, key.hash)]


def open_checkpoint(note: Note, key: NoteKey):
    """Size and root of a checkpoint that the log key signed."""
    lines = note.by(key)
    sound = lines and all(signed(key.public, note.text.encode(), s) for s in lines)
    need(sound, "checkpoint", "is not signed by the log key")
    fields = note.text[:-1].split("\n")
    need(len(fields) == 3 and fields[0] == key.name, "checkpoint", "is not one of this log")
    size, root = fields[1], strict_base64(fields[2])
    need(size.isascii() and size.isdecimal() and str(int(size)) == size, "checkpoint", "malformed size")
    need(int(size) <= MAX_TREE and root is not None and len(root) == 32, "checkpoint", "malformed root")
    need(int(size) > 0 or root == EMPTY_ROOT, "checkpoint", "malformed root")
    return int(size), root


def cosigned_at(note: Note, key: NoteKey) -> int | None:
    """When the witness cosigned last, in seconds; None if it has not."""
    newest = None
    for s in note.by(key):
        at = int.from_bytes(s[:8], "big")
        message = b"cosignature/v1\ntime %d\n%s" % (at, note.text.encode())
        sound = len(s) == 72 and at < 2**63 and signed(key.public, message, s[8:])
        need(sound, "witness", f"a false cosignature in the name of {key.name}")
        newest = at if newest is None else max(newest, at)
    return newest


def strict_base64(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


# --- payloads: the strict scanner, section 1.2, over the tables of docs/FORMAT.md ------------------------

MESSAGES = """
Statement 1:header:Header 10:party:Party 11:site:Site 12:licence:Licence 13:registration:Registration
  14:enrol_key:EnrolKey 15:revoke_key:RevokeKey 16:mandate:Mandate 17:succession:Succession
  18:designation:Designation 19:coverage:Coverage 20:named_list:NamedList 21:policy:Policy
  40:commission:Commission 41:pack:Pack 42:unpack:Unpack 43:ship:Ship 44:receive:Receive 45:use:Use
  46:alias:Alias 47:transform:Transform 48:adjust:Adjust 49:service:Service 50:condition:Condition
  51:import_filing:ImportFiling 52:declare_import:DeclareImport 53:customs_decision:CustomsDecision
  54:sample:Sample 55:test_report:TestReport 56:recall:Recall 57:recall_response:RecallResponse 58:hold:Hold
  59:lift:Lift 60:inspection:Inspection 61:self_inspection:SelfInspection 62:adverse_event:AdverseEvent
  63:listing:Listing 64:activity_figure:ActivityFigure 65:postal_check:PostalCheck 66:observation:Observation
  67:opinion:Opinion 68:authenticity_reply:AuthenticityReply 69:assist_request:AssistRequest
  70:assist_reply:AssistReply
  71:seize:Seize 72:keep:Keep 73:hand_over:HandOver 74:evidence_return:EvidenceReturn 75:destroy:Destroy
  76:lead:Lead 77:lead_step:LeadStep 78:case_open:CaseOpen 79:case_link:CaseLink
  80:correct:Correct 81:void:Void 82:endorse:Endorse 83:erase:Erase
  84:case_transfer:CaseTransfer 85:transfer_reply:TransferReply 86:case_outcome:CaseOutcome
  87:case_close:CaseClose 88:watch:Watch
Header 1:ledger:bytes 2:id:bytes 3:salt:bytes 4:party:string 5:on_behalf_of:string 6:site:string
  7:occurred_at:int64 8:offset_minutes:sint32 9:business_key:string 10:confidential:bool
  11:attachments:Attachment*
Attachment 1:digest:bytes 2:role:string 3:media_type:string 4:size:uint64
Party 1:party:string 2:name:string 3:name_latin:string 4:country:string 5:roles:RoleGrant* 6:closed_on:string
RoleGrant 1:role:Role 2:field:AuthorityField 3:valid_from:string 4:valid_to:string 5:region:string
Site 1:site:string 2:party:string 3:name:string 4:address:string 5:region:string 6:country:string
  7:latitude_e7:sint32 8:longitude_e7:sint32 9:bonded:bool 10:closed_on:string
Licence 1:site:string 2:kind:string 3:number:string 4:issuer:string 5:valid_from:string 6:valid_to:string
  7:scope:string* 8:suspended_from:string 9:suspended_to:string 10:revoked_on:string
Registration 1:number:string 2:products:string* 3:holder:string 4:agent:string 5:name:string 6:model:string
  7:product_class:string 8:device_class:uint32 9:storage_min:Temperature 10:storage_max:Temperature
  11:units_per_code:uint32 12:label_content:Quantity 13:single_use:bool 14:maximum_uses:uint64
  15:valid_from:string 16:valid_to:string 17:origin:string
Temperature 1:millicelsius:sint32
Quantity 1:amount:uint64 2:unit:string
EnrolKey 1:party:string 2:algorithm:Algorithm 3:public_key:bytes 4:possession:bytes 5:uses:KeyUse*
  6:kinds:StatementKind* 7:site:string 8:expires_at:int64 9:label:string
RevokeKey 1:party:string 2:key_id:bytes 3:compromised_since:int64 4:reason:string
Mandate 1:number:string 2:agent:string 3:acts:StatementKind* 4:sites:string* 5:valid_from:string
  6:valid_to:string
Succession 1:predecessor:string 2:successor:string 3:kind:string 4:effective_on:string 5:sites:string*
  6:number:string
Designation 1:number:string 2:registration:string 3:wholesalers:string* 4:region:string 5:valid_from:string
  6:valid_to:string
Coverage 1:register:string 2:region:string 3:product_class:string 4:since:string 5:until:string 6:note:string
NamedList 1:list:string 2:version:uint64 3:title:string 4:whole:bool 5:entries:ListEntry*
ListEntry 1:subject:string 2:reason:string 3:legal_basis:string 4:valid_from:string 5:valid_to:string
  6:removed_on:string
Policy 1:policy:string 2:effective_on:string 3:codes:PolicyCode* 4:settings:PolicySetting* 5:note:string
PolicyCode 1:code:string 2:name:string 3:name_zh:string 4:retired:bool
PolicySetting 1:key:string 2:value:int64
Commission 1:items:string* 2:lot:string 3:quantity:Quantity 4:registration:string 5:made_on:string
  6:expires_on:string 7:units_per_code:uint32 8:market:string 9:opening_stock:bool
Pack 1:parent:string 2:children:string*
Unpack 1:parent:string 2:children:string*
Ship 1:items:string* 2:lots:LotAmount* 3:addressee:string 4:ship_to:string 5:owner:string 6:bill_to:string
  7:reason:string 8:carrier:string 9:waybill:string
LotAmount 1:lot:string 2:quantity:Quantity
Receive 1:shipment:StatementRef 2:bill:string 3:waybill:string 4:items:string* 5:lots:LotAmount*
  6:exceptions:ReceiveException* 7:arrival:Temperature 8:check:PurchaseCheck
StatementRef 1:party:string 2:id:bytes 3:digest:bytes
ReceiveException 1:outcome:ReceiveOutcome 2:item:string 3:lot:LotAmount 4:note:string
PurchaseCheck 1:supplier_licence:bool 2:registration:bool 3:invoice:bool 4:passed:bool
Use 1:lines:UseLine*
UseLine 1:item:string 2:vial:uint32 3:used:Quantity 4:wasted:Quantity 5:opened_at:int64 6:finished:bool
  7:empties_destroyed:bool 8:counter:uint64 9:paired:string
Alias 1:codes:string* 2:reason:string
Transform 1:inputs:string* 2:input_lots:LotAmount* 3:outputs:string* 4:output_lots:LotAmount* 5:lot:string
  6:registration:string 7:made_on:string 8:expires_on:string 9:units_per_code:uint32 10:reason:string
Adjust 1:lines:AdjustLine* 2:reason:string
AdjustLine 1:outcome:AdjustOutcome 2:item:string 3:lot:LotAmount 4:item_lot:string 5:made_on:string
  6:expires_on:string 7:note:string
Service 1:lines:ServiceLine*
ServiceLine 1:item:string 2:action:string 3:counter_before:uint64 4:counter_after:uint64 5:removed:string
  6:fitted:string 7:note:string
Condition 1:shipment:StatementRef 2:waybill:string 3:items:string* 4:lots:string* 5:started_at:int64
  6:ended_at:int64 7:min:Temperature 8:max:Temperature 9:mean:Temperature 10:excursion_minutes:uint32
  11:humidity_min:uint32 12:humidity_max:uint32 13:readings:uint32 14:logger:string
ImportFiling 1:number:string 2:outcome:FilingOutcome 3:registration:string 4:lots:LotAmount* 5:importer:string
  6:port:string 7:reports:StatementRef* 8:valid_to:string 9:reason:string
DeclareImport 1:declaration:string 2:lines:DeclarationLine* 3:waybill:string 4:consignor:string
  5:clearance:string 6:permit:string 7:dispatched_from:string 8:bonded:bool
DeclarationLine 1:number:uint32 2:lot:string 3:items:string* 4:quantity:Quantity 5:hs:string 6:origin:string
  7:registration:string
CustomsDecision 1:declaration:string 2:outcome:CustomsOutcome 3:lines:CustomsLine* 4:number:string
  5:legal_basis:string 6:note:string
CustomsLine 1:number:uint32 2:lot:string 3:items:string* 4:quantity:Quantity 5:hs:string 6:origin:string
  7:outcome:CustomsOutcome
Sample 1:number:string 2:purpose:string 3:items:string* 4:lots:LotAmount* 5:holder:string 6:laboratory:string
  7:declaration:string
TestReport 1:number:string 2:sample:StatementRef 3:items:string* 4:lots:string* 5:purpose:string
  6:verdict:TestVerdict 7:method:string 8:results:TestResult* 9:urgent:bool 10:retest_of:StatementRef
  11:issued_on:string
TestResult 1:property:string 2:value:string 3:limit:string 4:passed:bool
Recall 1:number:string 2:lots:string* 3:items:string* 4:level:uint32 5:reason:string 6:instruction:string
  7:respond_by:int64 8:complete_by:int64
RecallResponse 1:recall:StatementRef 2:stopped:bool 3:stock:RecallStock* 4:items:string* 5:note:string
RecallStock 1:lot:string 2:on_hand:Quantity 3:used:Quantity 4:passed_on:Quantity
Hold 1:items:string* 2:lots:string* 3:products:string* 4:party:string 5:legal_basis:string 6:reason:string
  7:until:string
Lift 1:hold:StatementRef 2:items:string* 3:lots:string* 4:reason:string
Inspection 1:number:string 2:kind:string 3:party:string 4:site:string 5:shelf:ShelfLine* 6:orders:Order*
  7:officers:string* 8:result:string
ShelfLine 1:item:string 2:lot:LotAmount 3:empty:bool 4:note:string
Order 1:text:string 2:due_on:string
SelfInspection 1:from:string 2:to:string 3:passed:bool 4:points:string*
AdverseEvent 1:number:string 2:items:string* 3:lots:string* 4:severity:string 5:event:string 6:fault:string
  7:noticed_on:string
Listing 1:platform:string 2:number:string 3:url:string 4:seller:string 5:products:string* 6:brand:string
  7:price:uint64 8:currency:string 9:seen_from:string 10:removed_on:string
ActivityFigure 1:party:string 2:source:string 3:measure:string 4:from:string 5:to:string 6:quantity:Quantity
  7:product_class:string
PostalCheck 1:waybill:string 2:identified:bool 3:opened:bool 4:scanned:bool 5:hit:bool 6:reason:string
  7:sender:string 8:items:string* 9:contents:string
Observation 1:item:string 2:scan:string 3:named:string 4:region:string 5:latitude_e7:sint32
  6:longitude_e7:sint32 7:channel:string
Opinion 1:number:string 2:request:StatementRef 3:lines:OpinionLine* 4:legal_basis:string 5:reasoning:string
  6:grounds:StatementRef* 7:document:bytes 8:case_id:string
OpinionLine 1:goods:GoodsLine 2:conclusion:string 3:note:string
GoodsLine 1:item:string 2:lot:LotAmount 3:description:string 4:quantity:Quantity
AuthenticityReply 1:request:StatementRef 2:number:string 3:lines:AuthenticityLine* 4:report:bytes 5:method:string
AuthenticityLine 1:goods:GoodsLine 2:verdict:Authenticity 3:grounds:string
AssistRequest 1:number:string 2:addressee:string 3:purpose:string 4:question:string 5:lines:GoodsLine*
  6:due_on:string 7:legal_basis:string 8:case_id:string
AssistReply 1:request:StatementRef 2:number:string 3:outcome:string 4:findings:string 5:lines:GoodsLine*
  6:documents:bytes* 7:case_id:string
Seize 1:number:string 2:kind:string 3:until:string 4:follows:StatementRef 5:holder:string 6:person:string
  7:witness:string 8:officers:string* 9:site:string 10:place:string 11:region:string 12:channel:string
  13:waybill:string 14:declaration:string 15:legal_basis:string 16:reason:string 17:lines:SeizedLine*
SeizedLine 1:bag:string 2:items:string* 3:lot:LotAmount 4:description:string 5:printed:string 6:mask:string
  7:quantity:Quantity 8:value:uint64 9:currency:string 10:photos:bytes*
BagCheck 1:bag:string 2:seals:string* 3:condition:string 4:note:string
Keep 1:number:string 2:bags:BagCheck* 3:site:string 4:place:string 5:keeper:string 6:temperature:Temperature
HandOver 1:number:string 2:receiver:string 3:purpose:string 4:bags:BagCheck* 5:items:string* 6:lots:LotAmount*
  7:officers:string* 8:takers:string* 9:legal_basis:string
EvidenceReturn 1:number:string 2:to:string 3:person:string 4:reason:string 5:bags:string* 6:items:string*
  7:lots:LotAmount* 8:officers:string* 9:legal_basis:string
Destroy 1:number:string 2:holder:string 3:reason:string 4:method:string 5:site:string 6:place:string
  7:bags:string* 8:items:string* 9:lots:LotAmount* 10:officers:string* 11:witness:string 12:legal_basis:string
  13:photos:bytes*
Lead 1:case_id:string 2:addressee:string 3:source:string 4:informant:string 5:summary:string 6:lines:GoodsLine*
  7:parties:string* 8:sites:string* 9:region:string 10:entries:StatementRef*
LeadStep 1:case_id:string 2:lead:StatementRef 3:action:LeadAction 4:assignee:string 5:due_on:string
  6:outcome:string 7:note:string 8:officers:string*
CaseOpen 1:case_id:string 2:number:string 3:kind:string 4:cause:string 5:summary:string 6:leads:StatementRef*
  7:officers:string* 8:legal_basis:string
CaseLink 1:case_id:string 2:role:string 3:items:string* 4:lots:string* 5:parties:string* 6:sites:string*
  7:bags:string* 8:papers:string* 9:entries:StatementRef* 10:cases:string* 11:people:string* 12:note:string
CaseTransfer 1:case_id:string 2:number:string 3:addressee:string 4:copies:string* 5:basis:string
  6:proposed_at:int64 7:decided_at:int64 8:officers:string* 9:summary:string 10:bags:string*
  11:entries:StatementRef* 12:legal_basis:string
TransferReply 1:case_id:string 2:transfer:StatementRef 3:decision:TransferDecision 4:number:string
  5:forward_to:string 6:reason:string 7:officers:string*
CaseOutcome 1:case_id:string 2:kind:string 3:number:string 4:decided_on:string 5:goods_value:uint64
  6:fines:uint64 7:confiscated:uint64 8:currency:string 9:goods:Quantity* 10:arrested:uint32 11:charged:uint32
  12:convicted:uint32 13:dens:uint32 14:note:string
CaseClose 1:case_id:string 2:number:string 3:reason:string 4:summary:string
Watch 1:case_id:string 2:items:string* 3:lots:string* 4:products:string* 5:parties:string* 6:sites:string*
  7:regions:string* 8:people:string* 9:valid_from:string 10:valid_to:string 11:reason:string
Correct 1:target:StatementRef 2:reason:string 3:replacement:Replacement 4:by_line:bool 5:removed:LineRef*
LineRef 1:field:string 2:index:uint32
Replacement 1:site:string 2:occurred_at:int64 40:commission:Commission 41:pack:Pack 42:unpack:Unpack
  43:ship:Ship 44:receive:Receive 45:use:Use 46:alias:Alias 47:transform:Transform 48:adjust:Adjust
  49:service:Service 50:condition:Condition 51:import_filing:ImportFiling 52:declare_import:DeclareImport
  53:customs_decision:CustomsDecision 54:sample:Sample 55:test_report:TestReport 56:recall:Recall
  57:recall_response:RecallResponse 58:hold:Hold 59:lift:Lift 60:inspection:Inspection
  61:self_inspection:SelfInspection 62:adverse_event:AdverseEvent 63:listing:Listing
  64:activity_figure:ActivityFigure 65:postal_check:PostalCheck 66:observation:Observation
  67:opinion:Opinion 68:authenticity_reply:AuthenticityReply 69:assist_request:AssistRequest
  70:assist_reply:AssistReply
  71:seize:Seize 72:keep:Keep 73:hand_over:HandOver 74:evidence_return:EvidenceReturn 75:destroy:Destroy
  76:lead:Lead 77:lead_step:LeadStep 78:case_open:CaseOpen 79:case_link:CaseLink 84:case_transfer:CaseTransfer
  85:transfer_reply:TransferReply 86:case_outcome:CaseOutcome 87:case_close:CaseClose 88:watch:Watch
Void 1:target:StatementRef 2:reason:string
Endorse 1:target:StatementRef
Erase 1:target:StatementRef 2:digests:bytes* 3:reason:string 4:legal_basis:string
Genesis 1:origin:string 2:random:bytes 3:log_key:string 4:answer_key:string 5:witness_keys:string*
  6:roots:RootAuthority* 7:threshold:uint32 8:settings:Settings 9:predecessor:Predecessor
RootAuthority 1:party:string 2:name:string 3:algorithm:Algorithm 4:public_key:bytes 5:possession:bytes
Settings 1:max_id_age:int64 2:max_ahead:int64
Predecessor 1:ledger:bytes 2:size:uint64 3:root:bytes
"""
ENUMS = """
Role 0 1 2 3 4 5 6 7 8 9 10
AuthorityField 0 1 2 3 4 5 6 7 8 9 10 11 12
Algorithm 0 1
KeyUse 0 1 2 3
StatementKind 0 10 11 12 13 14 15 16 17 18 19 20 21 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59
  60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88
ReceiveOutcome 0 1 2 3 4
AdjustOutcome 0 1 2 3 4 5 6
FilingOutcome 0 1 2
CustomsOutcome 0 1 2 3 4 5 6 7 8 9
TestVerdict 0 1 2 3
Authenticity 0 1 2 3 4
LeadAction 0 1 2 3
TransferDecision 0 1 2 3 4
"""
# Kinds that belong to a case, section 1.11.
OF_CASES = {
    "lead", "lead_step", "case_open", "case_link", "case_transfer", "transfer_reply", "case_outcome",
    "case_close", "watch",
}
# Kinds by number of their field in Statement: the relations in bold in section 5.3.
CLOSURE = {
    "enrol_key": {"key"}, "revoke_key": {"key"}, "commission": {"lot"}, "pack": {"parent"}, "unpack": {"parent"},
    "alias": {"item"}, "transform": {"lot", "input"}, "adjust": {"lot"}, "seize": {"exhibit"}, "keep": {"exhibit"},
    "hand_over": {"exhibit"}, "evidence_return": {"exhibit"}, "destroy": {"exhibit"},
}


def tables(text: str) -> dict:
    found, name = {}, None
    for line in text.strip().split("\n"):
        words = line.split()
        if not line.startswith(" "):
            name = words.pop(0)
            found[name] = []
        found[name] += words
    return found


SCHEMA = {}
for _name, _fields in tables(MESSAGES).items():
    SCHEMA[_name] = {}
    for _field in _fields:
        _number, _label, _type = _field.split(":")
        SCHEMA[_name][int(_number)] = (_label, _type.rstrip("*"), _type.endswith("*"))
VALUES = {name: {int(v) for v in values} for name, values in tables(ENUMS).items()}
# Fields of which a message holds one at most.
ONEOF = {"Statement": range(10, 89), "Replacement": range(40, 89)}


class Scanner:
    """Reads a message as section 1.2 demands; ValueError otherwise."""

    def __init__(self, data: bytes):
        self.data, self.at, self.elements = data, 0, 0

    def varint(self, end: int) -> int:
        value = 0
        for i in range(10):
            if self.at == end:
                raise ValueError("ends within a number")
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << (7 * i)
            if byte < 0x80:
                if value >= 2**64 or (byte == 0 and i > 0):
                    raise ValueError("a number longer than it need be")
                return value
        raise ValueError("a number too long")

    def message(self, name: str, end: int, depth: int = 1) -> dict:
        fields, found, chosen = SCHEMA[name], {}, None
        for label, kind, many in fields.values():
            found[label] = [] if many else {"string": "", "bytes": b""}.get(kind, None if kind in SCHEMA else 0)
        seen = set()
        while self.at < end:
            tag = self.varint(end)
            number, wire = tag >> 3, tag & 7
            if number not in fields:
                raise ValueError(f"{name}: unknown field {number}")
            label, kind, many = fields[number]
            if number in ONEOF.get(name, ()):
                if chosen is not None:
                    raise ValueError(f"{name}: two members of one oneof")
                chosen = label
            if number in seen and not many:
                raise ValueError(f"{name}.{label}: twice")
            seen.add(number)
            values = self.values(kind, many, wire, end, depth)
            if many:
                found[label] += values
            else:
                found[label] = values[0]
        if name in ONEOF:
            found["body"] = chosen
        return found

    def values(self, kind: str, many: bool, wire: int, end: int, depth: int) -> list:
        delimited = kind in ("string", "bytes") or kind in SCHEMA
        if wire != (2 if delimited or many else 0):
            raise ValueError("another wire type")
        if wire == 0:
            return [self.scalar(kind, end)]
        length = self.varint(end)
        stop = self.at + length
        if stop > end:
            raise ValueError("ends within a value")
        if not delimited:
            values = []
            while self.at < stop:
                values.append(self.scalar(kind, stop))
            return values
        self.elements += many
        if self.elements > 16_384:
            raise ValueError("too many elements")
        if kind in SCHEMA:
            if depth == 16:
                raise ValueError("nested too deep")
            value = self.message(kind, stop, depth + 1)
        else:
            value = self.data[self.at : stop]
            value = value.decode("utf-8") if kind == "string" else value
        self.at = stop
        return [value]

    def scalar(self, kind: str, end: int) -> int:
        value = self.varint(end)
        number = value - 2**64 if value >= 2**63 else value
        limits = {"bool": value <= 1, "uint32": value < 2**32, "sint32": value < 2**32}
        if not limits.get(kind, number in VALUES[kind] if kind in VALUES else True):
            raise ValueError("out of range")
        if kind == "sint32":
            return (value >> 1) ^ -(value & 1)
        return value if kind == "uint64" else number


def scan(data: bytes, name: str) -> dict:
    return Scanner(data).message(name, len(data))


# --- canonical texts, section 2 ---------------------------------------------------------------------------

GS1_82 = set("!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
USCC = set("0123456789ABCDEFGHJKLMNPQRTUWXY")
UNPRINTABLE = {0xAD, 0x61C, 0x180E, 0xFEFF} | {
    c for a, b in ((0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0xFFF9, 0xFFFB)) for c in range(a, b + 1)
}


def is_control(c: str) -> bool:
    return unicodedata.category(c) == "Cc"


# Python's str.isspace also takes U+001C to U+001F, which White_Space does not hold; they are controls anyway.
def is_printable(text: str) -> bool:
    return text == text.strip() and not any(is_control(c) or ord(c) in UNPRINTABLE for c in text)


def escape(text: str) -> str:
    out = ""
    for c in text:
        out += "".join("%%%02X" % b for b in c.encode()) if c in "%./" or is_control(c) else c
    return out


def unescape(text: str) -> str | None:
    """The plain text whose one escaped form this is."""
    try:
        data, i = bytearray(), 0
        while i < len(text):
            if text[i] == "%":
                data += bytes.fromhex(text[i + 1 : i + 3])
                i += 3
            else:
                data += text[i].encode()
                i += 1
        plain = data.decode("utf-8")
    except ValueError:
        return None
    return plain if escape(plain) == text else None


def is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdecimal()


def is_checked(text: str, length: int) -> bool:
    """Digits that end with the GS1 check digit."""
    digits = [int(c) for c in text] if is_digits(text, length) else [1]
    return sum(d * (3 if i % 2 else 1) for i, d in enumerate(reversed(digits))) % 10 == 0


def is_ma(text: str, whole: bool) -> bool:
    parts = text.split(".")
    if parts[:3] != ["MA", "156", "M0"] or len(parts) < 5 or not all(33 <= ord(c) < 127 for c in text):
        return False
    rest = parts[5:]
    sound = len(parts[3]) == 6 and 8 <= len(parts[4]) <= 20 and (whole or not rest)
    tags = [p[:1] for p in rest]
    return sound and len(set(tags)) == len(tags) and all(t in set("SLMPDEVC") and 2 <= len(p) <= 31 for t, p in zip(tags, rest))


def is_code(text: str) -> bool:
    return 1 <= len(text.encode()) <= 80


def is_party(text: str) -> bool:
    scheme, _, rest = text.partition(":")
    if len(text.encode()) > 256:
        return False
    if scheme == "uscc":
        return len(rest) == 18 and set(rest) <= USCC and is_digits(rest[2:8], 6)
    if scheme == "gln":
        return is_checked(rest, 13)
    return scheme == "org" and 1 <= len(rest.encode()) <= 200 and is_printable(rest)


def is_lot(rest: str) -> bool:
    scheme, _, rest = rest.partition(":")
    product, dot, number = rest.partition(".")
    number = unescape(number)
    if not dot or not number or unescape(product) is None:
        return False
    if scheme == "gtin":
        return is_checked(product, 14) and len(number) <= 20 and set(number) <= GS1_82
    sound = len(number) <= 50 and is_printable(number)
    plain = unescape(product)
    if scheme == "ma":
        return sound and is_ma(plain, whole=False)
    if scheme == "nhi":
        return sound and product.startswith("869") and is_checked(product, 14)
    return scheme == "reg" and sound and 1 <= len(plain.encode()) <= 80 and is_printable(plain)


def is_item(text: str) -> bool:
    scheme, _, rest = text.partition(":")
    if len(text.encode()) > 256:
        return False
    if scheme == "sgtin":
        gtin, dot, serial = rest.partition(".")
        serial = unescape(serial)
        return bool(dot and serial) and is_checked(gtin, 14) and len(serial) <= 20 and set(serial) <= GS1_82
    if scheme == "lot":
        return is_lot(rest)
    if scheme == "sscc":
        return is_checked(rest, 18)
    if scheme == "cdtc":
        return is_digits(rest, 20)
    if scheme == "ma":
        return is_ma(rest, whole=True)
    if scheme == "ahm":
        return 1 <= len(rest) <= 64 and is_printable(rest)
    return scheme == "bag" and is_code(unescape(rest) or "")


def is_document(text: str) -> bool:
    scheme, _, rest = text.partition(":")
    if len(text.encode()) > 256:
        return False
    if scheme == "decl":
        return is_digits(rest, 18) and rest[4:6] in ("19", "20") and rest[8] in "01"
    issuer, slash, number = rest.partition("/")
    issuer, number = unescape(issuer), unescape(number)
    if not slash or not issuer or not number or not is_code(number):
        return False
    if scheme == "bill":
        return is_party(issuer)
    return scheme in ("waybill", "cert") and (is_party(issuer) if ":" in issuer else is_code(issuer))


# --- subjects, section 5 ----------------------------------------------------------------------------------

KIND_OF = {
    "signer": "activity", "principal": "activity", "counterparty": "activity", "party": "party", "site": "site",
    "product": "product", "key": "key", "item": "item", "lot": "item", "parent": "item", "child": "item",
    "paired": "item", "input": "item", "document": "document",
    "case": "case", "exhibit": "exhibit",
}


def subject_key(kind: str, text: str) -> bytes:
    return sha256(b"yuanliu/subject/v1\x00", kind.encode(), b"\x00", text.encode())


def product_of(number: str) -> str:
    """`reg:` and a registration number."""
    sound = 1 <= len(number.encode()) <= 80 and is_printable(number) and len(("reg:" + escape(number)).encode()) <= 256
    return "reg:" + escape(number) if sound else ""


def listed(text: str):
    """What a list names: a party, a product or a site; brands are no subjects."""
    scheme = text.partition(":")[0]
    if is_party(text):
        yield "party", text
    elif scheme == "site" and is_site(text):
        yield "site", text
    elif scheme in ("gtin", "ma", "nhi", "reg") and is_lot(text + ".X"):
        yield "product", text


def is_site(text: str) -> bool:
    rest = text.removeprefix("site:")
    if rest.startswith("gln:") and "/" not in rest:
        return is_checked(rest[4:], 13)
    party, _, code = rest.partition("/")
    return len(text.encode()) <= 256 and is_party(unescape(party) or "") and is_code(unescape(code) or "")


def of_act(kind: str, b: dict):
    """(relation, text) that a statement about goods names, section 5.2."""
    ref = lambda field: [("counterparty", b[field]["party"])] if b[field] else []
    each = lambda relation, texts: [(relation, t) for t in texts]
    lots = lambda amounts: [("lot", a["lot"]) for a in amounts if a]
    counter = lambda *fields: [("counterparty", b[f]) for f in fields]
    papers = lambda *fields: [("document", b[f]) for f in fields]
    registration = lambda number: [("product", product_of(number))]
    if kind == "commission":
        return each("item", b["items"]) + [("lot", b["lot"])]
    if kind in ("pack", "unpack"):
        return [("parent", b["parent"])] + each("child", b["children"])
    if kind == "ship":
        return each("item", b["items"]) + lots(b["lots"]) + counter("addressee", "owner", "bill_to", "carrier") + papers("waybill")
    if kind == "receive":
        more = [n for e in b["exceptions"] for n in [("item", e["item"])] + lots([e["lot"]])]
        return each("item", b["items"]) + lots(b["lots"]) + more + ref("shipment") + papers("bill", "waybill")
    if kind == "use":
        return [n for x in b["lines"] for n in (("item", x["item"]), ("paired", x["paired"]))]
    if kind == "alias":
        return each("item", b["codes"])
    if kind == "transform":
        goods = each("input", b["inputs"]) + each("item", b["outputs"]) + lots(b["input_lots"]) + lots(b["output_lots"])
        return goods + [("lot", b["lot"])] + registration(b["registration"])
    if kind == "adjust":
        return [n for x in b["lines"] for n in [("item", x["item"])] + lots([x["lot"]]) + [("lot", x["item_lot"])]]
    if kind == "service":
        return [n for x in b["lines"] for n in (("item", x["item"]), ("paired", x["removed"]), ("paired", x["fitted"]))]
    if kind == "condition":
        return ref("shipment") + papers("waybill") + each("item", b["items"]) + each("lot", b["lots"])
    if kind == "import_filing":
        return papers("number") + counter("importer") + registration(b["registration"]) + lots(b["lots"])
    if kind == "declare_import":
        lines = [n for x in b["lines"] for n in [("lot", x["lot"])] + each("item", x["items"]) + registration(x["registration"])]
        return papers("declaration", "waybill", "clearance", "permit") + counter("consignor") + lines
    if kind == "customs_decision":
        return papers("declaration") + [n for x in b["lines"] for n in [("lot", x["lot"])] + each("item", x["items"])]
    if kind == "sample":
        return papers("number", "declaration") + counter("holder", "laboratory") + each("item", b["items"]) + lots(b["lots"])
    if kind == "test_report":
        return papers("number") + ref("sample") + ref("retest_of") + each("item", b["items"]) + each("lot", b["lots"])
    if kind == "recall":
        return papers("number") + each("lot", b["lots"]) + each("item", b["items"])
    if kind == "recall_response":
        return ref("recall") + [("lot", s["lot"]) for s in b["stock"]] + each("item", b["items"])
    if kind == "hold":
        return each("item", b["items"]) + each("lot", b["lots"]) + each("product", b["products"]) + counter("party")
    if kind == "lift":
        return ref("hold") + each("item", b["items"]) + each("lot", b["lots"])
    if kind == "inspection":
        shelf = [n for x in b["shelf"] for n in [("item", x["item"])] + lots([x["lot"]])]
        return papers("number") + counter("party") + [("site", b["site"])] + shelf
    if kind == "adverse_event":
        return each("item", b["items"]) + each("lot", b["lots"])
    if kind == "listing":
        return counter("platform", "seller") + each("product", b["products"])
    if kind == "activity_figure":
        return counter("party")
    if kind == "postal_check":
        return papers("waybill") + each("item", b["items"])
    if kind == "observation":
        return [("item", b["item"])] + counter("named")
    goods = lambda lines: [n for x in lines if x for n in [("item", x["item"])] + lots([x["lot"]])]
    if kind == "assist_request":
        return counter("addressee") + papers("number") + goods(b["lines"]) + [("case", b["case_id"])]
    if kind == "assist_reply":
        return ref("request") + papers("number") + goods(b["lines"]) + [("case", b["case_id"])]
    if kind == "authenticity_reply":
        return ref("request") + papers("number") + goods(x["goods"] for x in b["lines"])
    if kind == "opinion":
        return ref("request") + papers("number") + goods(x["goods"] for x in b["lines"]) + [("case", b["case_id"])]
    if kind in OF_CASES:
        return [("case", b["case_id"])]
    bags = lambda: each("exhibit", [x if isinstance(x, str) else x["bag"] for x in b["bags"]])
    if kind == "seize":
        lines = [n for x in b["lines"] for n in [("exhibit", x["bag"])] + each("item", x["items"]) + lots([x["lot"]])]
        return papers("number", "waybill", "declaration") + ref("follows") + counter("holder") + [("site", b["site"])] + lines
    if kind == "keep":
        return papers("number") + [("site", b["site"])] + bags()
    if kind == "hand_over":
        return papers("number") + counter("receiver") + bags() + each("item", b["items"]) + lots(b["lots"])
    if kind == "evidence_return":
        return papers("number") + counter("to") + bags() + each("item", b["items"]) + lots(b["lots"])
    if kind == "destroy":
        return papers("number") + counter("holder") + [("site", b["site"])] + bags() + each("item", b["items"]) + lots(b["lots"])
    return []


def of_register(kind: str, b: dict, signer: str):
    """(relation, text) that a statement for the registers names."""
    if kind == "party":
        return [("party", b["party"])]
    if kind == "site":
        return [("site", b["site"]), ("party", b["party"])]
    if kind == "licence":
        return [("site", b["site"]), ("party", b["issuer"])]
    if kind == "registration":
        products = [("product", product_of(b["number"]))] + [("product", p) for p in b["products"]]
        return [("party", b["holder"]), ("party", b["agent"])] + products
    if kind == "enrol_key":
        return [("party", b["party"]), ("key", key_id(b["public_key"]).hex())]
    if kind == "revoke_key":
        return [("party", b["party"]), ("key", b["key_id"].hex())]
    if kind == "mandate":
        return [("party", signer), ("party", b["agent"])]
    if kind == "succession":
        return [("party", b["predecessor"]), ("party", b["successor"])] + [("site", s) for s in b["sites"]]
    if kind == "designation":
        return [("product", product_of(b["registration"]))] + [("party", w) for w in b["wholesalers"]]
    if kind == "named_list":
        return [n for e in b["entries"] for n in listed(e["subject"])]
    return None


def named_by(statement: dict) -> list:
    """(relation, text) that a statement names by itself."""
    header, kind = statement["header"], statement["body"]
    body = statement[kind]
    if header["confidential"]:  # its case alone, section 1.11
        act, of = kind, body
        if kind == "correct":
            act = body["replacement"] and body["replacement"]["body"]
            of = body["replacement"][act] if act else {}
        return [("case", of["case_id"])] if act and of.get("case_id") else []
    found = [("signer", header["party"]), ("principal", header["on_behalf_of"])]
    if header["business_key"]:
        bill = f"bill:{escape(header['on_behalf_of'] or header['party'])}/{escape(header['business_key'])}"
        found += [("document", bill)] if is_document(bill) else []
    register = of_register(kind, body, header["party"])
    if register is not None:
        found += register
    elif kind == "correct":
        replacement = body["replacement"]
        if replacement and replacement["body"]:
            found += of_act(replacement["body"], replacement[replacement["body"]])
    else:
        found += of_act(kind, body)
    return [(relation, text) for relation, text in found if text]


def followed(statement: dict) -> list:
    """Subjects that it names and that belong to the closure."""
    kind = statement["body"]
    if kind == "correct":
        replacement = statement[kind]["replacement"]
        kind = replacement["body"] if replacement else None
    bold = CLOSURE.get(kind, set()) | {"document"}
    return [(KIND_OF[r], text) for r, text in named_by(statement) if r in bold]


# --- the file, section 9.1 and 9.2 ------------------------------------------------------------------------


def exact_json(data: bytes):
    """JSON in the one byte form: no white space, nothing escaped that need not be, no field twice."""
    def pairs(found):
        if len({name for name, _ in found}) != len(found):
            raise ValueError("a field twice")
        return dict(found)

    def constant(name):
        raise ValueError(name)

    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
        again = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except (ValueError, RecursionError) as e:
        raise Refused("format", str(e)) from e
    need(again == data, "format", "not in the one byte form")
    return value


def fields(value, *names: str, optional: tuple = ()) -> list:
    """The values of an object that has these fields in this order; None for optional ones left out."""
    need(isinstance(value, dict), "format", "an object is missing")
    expected = [n for n in names if n in value or n not in optional]
    need(list(value) == expected, "format", f"fields {list(value)} instead of {expected}")
    return [value.get(n) for n in names]


def number(value, most: int = MAX_NUMBER) -> int:
    need(type(value) is int and 0 <= value <= most, "format", "a number is missing or too large")
    return value


def text(value, most: int) -> str:
    need(isinstance(value, str) and len(value.encode()) <= most, "format", "a text is missing or too long")
    return value


def binary(value, length: int | None = None) -> bytes:
    data = strict_base64(value) if isinstance(value, str) else None
    need(data is not None and length in (None, len(data)), "format", "faulty base64 or length")
    return data


def hexadecimal(value) -> bytes:
    sound = isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
    need(sound, "format", "not 64 hexadecimal digits")
    return bytes.fromhex(value)


def each(value, most: int) -> list:
    need(isinstance(value, list) and len(value) <= most, "format", "a list is missing or too long")
    return value


def ascend(values: list) -> bool:
    return all(a < b for a, b in zip(values, values[1:]))


class Bundle:
    """A file taken apart; nothing of it is believed."""

    def __init__(self, file: bytes):
        need(len(file) <= 32 << 20, "format", "too large")
        payload, payload_type, signatures = fields(exact_json(file), "payload", "payloadType", "signatures")
        need(payload_type == EVIDENCE.decode(), "format", "another payload type")
        need(len(each(signatures, 1)) == 1, "format", "no signature")
        self.signer, signature = fields(signatures[0], "keyid", "sig")
        need(isinstance(self.signer, str), "format", "no key id")
        self.payload, self.signature = binary(payload), binary(signature)
        self.read(exact_json(self.payload))

    def read(self, value):
        (version, ledger, query, closure, withheld, extraction, checkpoint, tokens, stamped, seal, entries, subjects,
         nodes) = fields(
            value, "version", "ledger", "query", "closure", "withheld", "extraction", "checkpoint", "tokens", "stamped",
            "seal", "entries", "subjects", "nodes", optional=("stamped",))
        need(number(version) == 1, "format", "another version")
        self.nodes, self.used = [binary(n, 32) for n in each(nodes, 1 << 21)], []
        self.ledger = hexadecimal(ledger)
        self.kind, self.text, self.as_of = fields(query, "kind", "text", "as_of")
        need(self.kind in ("item", "lot", "party", "document", "entry", "absent"), "format", "unknown question")
        text(self.text, 256), number(self.as_of)
        need(self.roots() is not None, "format", "the text asked for is not canonical")
        need(closure in ("whole", "named"), "format", "unknown closure")
        self.whole = closure == "whole"
        self.party, key, self.at, self.purpose, self.case = fields(extraction, "party", "key", "at", "purpose", "case")
        text(self.party, 256), number(self.at)
        self.key = hexadecimal(key)
        for reason in (text(self.purpose, 512), text(self.case, 512)):
            need(not any(is_control(c) for c in reason), "format", "control characters")
        need(self.purpose or self.case, "format", "neither purpose nor case")
        self.checkpoint = text(checkpoint, 1 << 25)
        self.tokens = [binary(t) for t in each(tokens, 16)]
        need(all(len(t) <= 65_536 for t in self.tokens), "format", "a token is too long")
        self.stamped = None
        if "stamped" in value:
            need(self.tokens, "format", "stamped without a token")
            note, consistency = fields(stamped, "checkpoint", "consistency")
            self.stamped = text(note, 1 << 25), self.proof(consistency)
        self.seal = self.read_seal(seal)
        self.entries = [self.entry(e) for e in each(entries, 16_384)]
        self.subjects = [self.subject(s) for s in each(subjects, 4_096)]
        need(sum(len(s[3]) for s in self.subjects) <= 131_072, "format", "too many links")
        need(number(withheld) == sum(e[3] is None for e in self.entries), "format", "withheld is not their number")
        need(self.entries and self.entries[0][0] == 0, "format", "no genesis")
        need(ascend([e[0] for e in self.entries]), "format", "entries do not ascend")
        need(ascend([(s[0].encode(), s[1].encode()) for s in self.subjects]), "format", "subjects do not ascend")
        self.check_nodes()
        self.withheld = withheld

    def check_nodes(self):
        need(len(self.used) <= 1 << 21, "format", "too many hashes")
        used = set(self.used) == set(range(len(self.nodes)))
        need(ascend(self.nodes) and used, "format", "nodes not in order or not used")

    def read_seal(self, value):
        index, leaf, payload, inclusion, consistency = fields(value, "index", "leaf", "payload", "inclusion", "consistency")
        return number(index), binary(leaf, 80), binary(payload), self.proof(inclusion), self.proof(consistency)

    def roots(self) -> list | None:
        """The subjects asked for; None if the text is not canonical."""
        name, party = self.text, [("activity", self.text), ("party", self.text)]
        if unicodedata.normalize("NFC", name) != name:
            return None
        item = [("exhibit", name), ("item", name)] if name.startswith("bag:") else [("item", name)]
        if self.kind in ("item", "lot"):
            return item if is_item(name) and name.startswith("lot:") == (self.kind == "lot") else None
        if self.kind == "entry":
            return [] if self.entry_asked() is not None else None
        if self.kind == "absent" and is_item(name):
            return item
        if self.kind in ("document", "absent") and is_document(name):
            return [("document", name)]
        return party if self.kind in ("party", "absent") and is_party(name) else None

    def entry_asked(self) -> int | None:
        plain = self.kind == "entry" and self.text.isascii() and self.text.isdecimal() and str(int(self.text)) == self.text
        return int(self.text) if plain and int(self.text) <= MAX_NUMBER else None

    def proof(self, value) -> list:
        places = [number(p) for p in each(value, 63)]
        need(all(p < len(self.nodes) for p in places), "format", "names no node")
        self.used += places
        return [self.nodes[p] for p in places]

    def entry(self, value):
        """index, leaf, envelope, payload, inclusion"""
        index, leaf, envelope, payload, inclusion = fields(
            value, "index", "leaf", "envelope", "payload", "inclusion", optional=("envelope", "payload"))
        need("envelope" not in value or "payload" in value, "format", "lacks a payload")
        envelope = binary(envelope, 132) if "envelope" in value else None
        payload = binary(payload) if "payload" in value else None
        need(payload is None or len(payload) <= 524_288, "format", "a payload is too long")
        genesis = envelope is None and payload is not None
        need(genesis == (number(index) == 0), "format", "the genesis is not first")
        return index, binary(leaf, 80), envelope, payload, self.proof(inclusion)

    def subject(self, value):
        """kind, text, runs, links"""
        kind, name, runs, links = fields(value, "kind", "text", "runs", "links")
        self.check_name(kind, name)
        runs = [self.run(r) for r in each(runs, 64)]
        links = [self.link(x) for x in each(links, 131_072)]
        need(ascend([x[0] for x in links]), "format", "links do not ascend")
        return kind, name, runs, links

    @staticmethod
    def check_name(kind, name):
        known = ("item", "document", "key", "party", "activity", "site", "product", "exhibit", "case")
        need(kind in known, "format", "unknown kind of subject")
        text(name, 256)

    def run(self, value):
        left, right, state = fields(value, "left", "right", "state", optional=("left", "right", "state"))
        if "state" in value:
            need(len(value) == 1, "format", "both present and absent")
            head, count, last, at, proof = fields(state, "head", "count", "last", "at", "proof")
            return binary(head, 32), number(count), number(last), number(at), self.proof(proof)
        return [self.record(value[side]) if side in value else None for side in ("left", "right")]

    def record(self, value):
        at, record, proof = fields(value, "at", "record", "proof")
        return number(at), binary(record, 64), self.proof(proof)

    def link(self, value):
        entry, at, count, blind, proof = fields(value, "entry", "at", "count", "blind", "proof", optional=("blind",))
        blind = binary(blind, 32) if "blind" in value else None
        return number(entry), number(at), number(count, 2**32 - 1), blind, self.proof(proof)


# --- the checks, section 9.4, in their order --------------------------------------------------------------


class Leaf:
    def __init__(self, data: bytes, part: str):
        sound = data[0] == 1 and data[1] <= 3 and data[2:4] == bytes(2) and data[12:16] == bytes(4)
        need(sound, part, "a malformed leaf")
        self.type, self.recorded_at = data[1], int.from_bytes(data[4:12], "big")
        self.content, self.links = data[16:48], data[48:]
        self.hash = leaf_hash(data)


class Trust:
    """What the reader knows beforehand."""

    def __init__(self, ledger: str, log_key: str, witnesses: list, quorum: int, max_age: int | None, now: int, authorities=None):
        self.ledger, self.log_key, self.quorum = bytes.fromhex(ledger), NoteKey(log_key), quorum
        self.witnesses = [(NoteKey(key), auditing) for key, auditing in witnesses]
        if len({key.public for key, _ in self.witnesses}) < len(self.witnesses):
            raise ValueError("a witness key is given twice: whatever its names, it is one witness")
        self.max_age, self.now = max_age, now
        self.authorities = authorities  # takes a token and an imprint; None: stamps are carried, not checked


class Check:
    def __init__(self, file: bytes, trust: Trust):
        self.bundle, self.trust = Bundle(file), trust
        self.check_ledger()
        self.check_checkpoint()
        self.check_stamps()
        self.check_seal()
        self.check_entries()
        self.check_subjects()
        self.check_keys()
        self.check_closure()
        self.check_query()
        self.check_exporter()
        self.check_time()

    def check_ledger(self):
        b, part = self.bundle, "ledger"
        _, leaf, _, payload, _ = b.entries[0]
        need(b.ledger == self.trust.ledger == leaf_hash(leaf), part, "another ledger")
        need(Leaf(leaf, part).content == sha256(b"\x13", payload), part, "another genesis")
        try:
            self.genesis = scan(payload, "Genesis")
        except ValueError as e:
            raise Refused(part, f"genesis: {e}") from e
        need(self.genesis["log_key"] == self.trust.log_key.text, part, "its genesis names another log key")

    def check_checkpoint(self):
        note = Note(self.bundle.checkpoint)
        self.size, self.root = open_checkpoint(note, self.trust.log_key)
        self.vouchers = []
        for key, auditing in self.trust.witnesses:
            at = cosigned_at(note, key)
            if at is not None:
                self.vouchers.append({"name": key.name, "at": at, "auditing": auditing})
        need(len(self.vouchers) >= self.trust.quorum, "witness", "too few cosignatures")

    def check_stamps(self):
        note, self.stamps = self.bundle.checkpoint, None
        self.stamped_size = self.size
        if self.bundle.stamped is not None:
            note, consistency = self.bundle.stamped
            try:
                self.stamped_size, root = open_checkpoint(Note(note), self.trust.log_key)
            except Refused as e:
                raise Refused("stamp", e.why) from e
            grown = self.stamped_size < self.size and is_beginning(self.stamped_size, root, self.size, self.root, consistency)
            need(grown, "stamp", "what was stamped is not the beginning of the log")
        if self.trust.authorities is not None:
            imprint = sha256(Note(note).text.encode())
            self.stamps = [{"size": self.stamped_size} | self.check_token(t, imprint) for t in self.bundle.tokens]

    def check_token(self, token: bytes, imprint: bytes) -> dict:
        try:
            found = self.trust.authorities(token, imprint)
        except Exception as e:  # whatever a library says of it: it does not hold
            raise Refused("stamp", f"{type(e).__name__} {e}") from e
        need(found["at"] <= self.trust.now + 300_000_000, "stamp", "ahead of the clock")
        return found

    def check_seal(self):
        part = "seal"
        index, data, payload, inclusion, consistency = self.bundle.seal
        leaf = Leaf(data, part)
        need(root_from(leaf.hash, index, self.size, inclusion) == self.root, part, "not under the checkpoint")
        need(leaf.type == SEAL and leaf.content == sha256(b"\x13", payload), part, "not the leaf of this seal")
        need(leaf.links == sha256(b"\x15", u32(0), EMPTY_ROOT), part, "it links something")
        need(len(payload) >= 82 and payload[0] == 1 and len(payload) == 82 + 56 * payload[81], part, "malformed")
        self.covered, root = int.from_bytes(payload[1:9], "big"), payload[9:41]
        previous = int.from_bytes(payload[73:81], "big")
        self.runs, end = [], 0
        for i in range(payload[81]):
            run = payload[82 + 56 * i : 138 + 56 * i]
            start, stop, count = (int.from_bytes(run[j : j + 8], "big") for j in (0, 8, 16))
            need(start == end < stop and count <= MAX_TREE, part, "ranges do not join")
            need((count == 0) == (run[24:] == EMPTY_ROOT), part, "a root of another number of subjects")
            self.runs.append((start, stop, count, run[24:]))
            end = stop
        need(1 <= len(self.runs) <= 64 and end == self.covered <= MAX_TREE, part, "ranges do not end at covered")
        need(previous == 0 or previous < self.covered, part, "the seal before it comes later")
        need(self.covered <= index, part, "it covers entries after it")
        need(is_beginning(self.covered, root, self.size, self.root, consistency), part, "not the beginning of the log")
        self.sealed_at = leaf.recorded_at

    def check_entries(self):
        self.leaves, self.statements, self.envelopes, self.secrets, self.references = {}, {}, {}, {}, {}
        last = 0
        for index, data, envelope, payload, inclusion in self.bundle.entries:
            part = "entry"
            need(index < self.covered, part, f"{index}: not covered by the seal")
            leaf = Leaf(data, part)
            need(root_from(leaf.hash, index, self.size, inclusion) == self.root, part, f"{index}: not under the checkpoint")
            need(leaf.recorded_at >= last, part, f"{index}: recorded before the entry before it")
            last = leaf.recorded_at
            need(leaf.type == (STATEMENT_LEAF if index else GENESIS), part, f"{index}: another type")
            self.leaves[index] = leaf
            if payload is None:
                continue
            committed = envelope or payload
            need(leaf.content == sha256(b"\x13", committed), part, f"{index}: commits to other contents")
            self.secrets[index] = sha256(b"\x14", committed)
            if index:
                self.read_statement(index, envelope, payload)
        need(last <= self.sealed_at, "entry", "the seal was recorded before an entry it covers")

    def read_statement(self, index: int, envelope: bytes, payload: bytes):
        part = "entry"
        need(envelope[:4] == b"\x01\x01\x00\x40", part, f"{index}: malformed envelope")
        try:
            statement = scan(payload, "Statement")
        except ValueError as e:
            raise Refused(part, f"{index}: {e}") from e
        need(statement["header"] and statement["body"], part, f"{index}: no header or body")
        need(envelope[36:68] == sha256(payload), part, f"{index}: the envelope is of another payload")
        header = statement["header"]
        need(header["ledger"] == self.bundle.ledger, part, f"{index}: signed for another ledger")
        statement["payload"] = payload
        self.statements[index] = statement
        self.envelopes[index] = (envelope[4:36], envelope[68:])
        self.references[header["party"], header["id"]] = index

    def check_subjects(self):
        self.chains, self.present = {}, set()
        for kind, name, runs, links in self.bundle.subjects:
            key, part = subject_key(kind, name), "subject"
            state = self.state(key, runs)
            head, last = ZEROS, None
            for entry, at, count, blind, proof in links:
                need(entry in self.leaves, part, f"{kind} {name}: entry {entry} is not shown")
                leaf, secret = self.leaves[entry], self.secrets.get(entry)
                need((blind is None) == (secret is not None), part, f"{kind} {name}: entry {entry}: blind")
                blind = blind or sha256(b"\x18", secret, key)
                root = root_from(leaf_hash(key + head + blind), at, count, proof)
                linked = root is not None and leaf.links == sha256(b"\x15", u32(count), root)
                need(linked, part, f"{kind} {name}: entry {entry} does not link it so")
                head, last = sha256(b"\x12", head, u64(entry), leaf.hash, blind), entry
            if state is None:
                need(not links, part, f"{kind} {name}: entries of what was never named")
            else:
                need(state == (head, len(links), last), part, f"{kind} {name}: the chain does not end as sealed")
                self.present.add((kind, name))
            self.chains[kind, name] = [x[0] for x in links]

    def state(self, key: bytes, runs: list):
        """Head, count and last entry as of the seal; None if absent (section 6.3)."""
        part, newest = "subject", list(reversed(self.runs))
        need(len(runs) <= len(newest), part, "more runs than there are")
        for i, (shown, (start, stop, count, root)) in enumerate(zip(runs, newest)):
            under = lambda record, at, proof: root_from(leaf_hash(record), at, count, proof) == root
            if isinstance(shown, tuple):
                head, times, last, at, proof = shown
                need(i + 1 == len(runs), part, "runs after the one that has the subject")
                need(start <= last < stop and 1 <= times <= last + 1, part, "a state that cannot be")
                record = key + sha256(b"\x17", head, u64(times), u64(last))
                need(under(record, at, proof), part, "the record is not in the run")
                return head, times, last
            left, right = shown
            for placed in (left, right):
                need(placed is None or under(placed[1], placed[0], placed[2]), part, "a record is not in the run")
            below = left is None or left[1][:32] < key
            above = right is None or key < right[1][:32]
            if left and right:
                close = left[0] + 1 == right[0]
            elif left:
                close = left[0] + 1 == count
            elif right:
                close = right[0] == 0
            else:
                close = count == 0
            need(below and above and close, part, "the records do not enclose its place")
        need(len(runs) == len(newest), part, "older runs are not shown")
        return None

    def check_keys(self):
        self.keys = {}
        for (kind, name), chain in self.chains.items():
            if kind == "key":
                sound = len(name) == 64 and set(name) <= set("0123456789abcdef")
                need(sound, "key", "a malformed key id")
                self.keys[bytes.fromhex(name)] = self.read_key(bytes.fromhex(name), chain)
        for index, statement in self.statements.items():
            self.check_signature(index, statement)

    def read_key(self, key: bytes, chain: list) -> dict:
        found, part, name = None, "key", key.hex()
        for index in chain:
            enrolled = None
            if index == 0:
                roots = [r for r in self.genesis["roots"] if key_id(r["public_key"]) == key]
                if roots:
                    enrolled = {"party": roots[0]["party"], "public": roots[0]["public_key"], "expires": 0,
                                "uses": [1, 2, 3], "kinds": [], "site": ""}
            else:
                need(index in self.statements, part, f"{name}: an entry about it is withheld")
                statement = self.statements[index]
                body = statement[statement["body"]]
                if statement["body"] == "enrol_key" and key_id(body["public_key"]) == key:
                    message = dsse(POSSESSION, self.bundle.ledger + key + body["party"].encode())
                    need(may_be_enrolled(body["public_key"]), part, f"{name}: may not be enrolled")
                    need(signed(body["public_key"], message, body["possession"]), part, f"{name}: possession")
                    enrolled = {"party": body["party"], "public": body["public_key"], "expires": body["expires_at"],
                                "uses": body["uses"], "kinds": body["kinds"], "site": body["site"]}
                elif statement["body"] == "revoke_key" and body["key_id"] == key:
                    need(found is not None, part, f"{name}: revoked before it is enrolled")
                    need(body["party"] == found["party"], part, f"{name}: revoked for another party")
                    if found["revoked"] is None:
                        found["revoked"], found["compromised"] = index, body["compromised_since"]
            if enrolled:
                need(found is None, part, f"{name}: enrolled twice")
                found = enrolled | {"enrolled": index, "revoked": None, "compromised": 0}
        need(found is not None, part, f"{name}: not enrolled")
        need(may_be_enrolled(found["public"]), part, f"{name}: may not be enrolled")
        return found

    def check_signature(self, index: int, statement: dict):
        part, (name, signature) = "key", self.envelopes[index]
        header, kind = statement["header"], statement["body"]
        need(name in self.keys, part, f"{index}: its key is not shown")
        key = self.keys[name]
        need(key["enrolled"] < index, part, f"{index}: its key was enrolled later")
        need(key["revoked"] is None or key["revoked"] >= index, part, f"{index}: its key had been revoked")
        expired = key["expires"] > 0 and self.leaves[index].recorded_at > key["expires"]
        need(not expired, part, f"{index}: its key had expired")
        need(key["party"] == header["party"], part, f"{index}: its key is another party's")
        own = kind in ("enrol_key", "revoke_key") and statement[kind]["party"] == key["party"]
        number_of = {label: n for n, (label, _, _) in SCHEMA["Statement"].items()}
        fits = (3 if own else 1) in key["uses"] and (not key["kinds"] or number_of[kind] in key["kinds"])
        need(fits and key["site"] in ("", header["site"]), part, f"{index}: its key is not enrolled for this")
        message = dsse(STATEMENT, statement["payload"])
        need(signed(key["public"], message, signature), part, f"{index}: its signature does not verify")

    def check_closure(self):
        part = "closure"
        members, passed = set(), set()

        def walk(queue: list, whole: bool):
            while queue:
                subject = queue.pop()
                if subject in members:
                    continue
                need(subject in self.chains, part, f"{' '.join(subject)} is not shown")
                members.add(subject)
                for entry in self.chains[subject]:
                    queue += follow(entry, whole)

        def follow(entry: int, whole: bool) -> list:
            if entry in passed:
                return []
            passed.add(entry)
            need(entry in self.leaves, part, f"entry {entry} is not shown")
            if entry not in self.statements:
                return []
            key = ("key", self.envelopes[entry][0].hex())
            return [key] + (followed(self.statements[entry]) if whole else [])

        asked = self.bundle.entry_asked()
        first = follow(asked, False) if asked is not None else []
        walk(self.bundle.roots() + first, self.bundle.whole)
        walk([("key", self.bundle.key.hex())], False)
        need(members == set(self.chains), part, "a subject is shown for nothing")
        named = {e for chain in self.chains.values() for e in chain} | {0} | ({asked} if asked is not None else set())
        need(named == set(self.leaves), part, "an entry is shown for nothing")
        chains = {subject_key(*s): set(chain) for s, chain in self.chains.items()}
        for index in self.leaves:
            for key in self.linked(index):
                need(key not in chains or index in chains[key], part, f"{index} names a subject that it does not link")

    def linked(self, index: int):
        """Subjects an entry must link as far as the bundle shows why, section 9.4."""
        while index is not None:
            if index == 0:
                for root in self.genesis["roots"]:
                    yield subject_key("party", root["party"])
                    yield subject_key("key", key_id(root["public_key"]).hex())
                return
            statement = self.statements.get(index)
            if statement is None:
                return
            for relation, name in named_by(statement):
                yield subject_key(KIND_OF[relation], name)
            target = statement[statement["body"]].get("target") if statement["body"] in ("correct", "void", "endorse", "erase") else None
            found = self.references.get((target["party"], target["id"])) if target else None
            index = found if found is not None and found < index else None

    def check_query(self):
        b, part, roots = self.bundle, "query", self.bundle.roots()
        need(1 <= b.as_of <= self.covered, part, "it asks for a time that the seal does not cover")
        named = any(root in self.present for root in roots)
        if b.kind == "absent":
            need(not named, part, "what is said to be absent was named")
        elif b.kind == "entry":
            need(not b.whole and b.entry_asked() in self.statements, part, "the entry asked for is not shown")
        else:
            need(named, part, "what is asked for was never named")
        self.answer = {e for root in roots for e in self.chains.get(root, [])}
        self.answer |= {b.entry_asked()} if b.kind == "entry" else set()
        self.answer = sorted(e for e in self.answer if e < b.as_of)

    def check_exporter(self):
        b, part = self.bundle, "exporter"
        need(b.signer == b.key.hex() and b.key in self.keys, part, "another key signed")
        key = self.keys[b.key]
        need(key["party"] == b.party, part, "its key belongs to another party")
        need(key["revoked"] is None, part, "its key has been revoked")
        need(not (key["expires"] > 0 and b.at > key["expires"]), part, "its key had expired")
        need(signed(key["public"], dsse(EVIDENCE, b.payload), b.signature), part, "its signature does not verify")

    def check_time(self):
        latest = self.trust.now + 300_000_000
        need(self.sealed_at <= latest and self.bundle.at <= latest, "time", "ahead of the clock")
        fresh = self.trust.max_age is None or self.trust.now - self.sealed_at <= self.trust.max_age
        need(fresh, "time", "its seal is older than allowed")

    # --- the verdict, section 9.5 ---

    def verdict(self) -> dict:
        b = self.bundle
        told = {
            "verdict": "proven",
            "ledger": b.ledger.hex(),
            "query": {"kind": b.kind, "text": b.text, "as_of": b.as_of},
            "closure": "whole" if b.whole else "named",
            "withheld": b.withheld,
            "covered": self.covered,
            "sealed_at": self.sealed_at,
            "checkpoint": {"size": self.size, "root": self.root.hex()},
            "answer": self.answer,
            "subjects": [{"kind": k, "text": t, "entries": c} for (k, t), c in self.chains.items()],
            "entries": [self.entry_fact(index) for index in self.leaves],
            "keys": [
                {"key": k.hex(), "party": v["party"], "enrolled": v["enrolled"], "revoked": v["revoked"]}
                for k, v in sorted(self.keys.items())
            ],
            "goods": self.goods(),
            "completeness": "audited" if any(v["auditing"] for v in self.vouchers) else "operator",
            "vouchers": self.vouchers,
            "extraction": {"party": b.party, "key": b.key.hex(), "at": b.at, "purpose": b.purpose, "case": b.case},
            "tokens_not_checked": len(b.tokens) if self.stamps is None else 0,
            "warnings": self.warnings(),
        }
        return told if self.stamps is None else told | {"stamps": self.stamps}

    def entry_fact(self, index: int) -> dict:
        fact = {"index": index, "recorded_at": self.leaves[index].recorded_at}
        if index in self.statements:
            statement = self.statements[index]
            header = statement["header"]
            fact["kind"] = statement["body"]
            fact |= {name: header[name] for name in ("party", "on_behalf_of", "site", "occurred_at")}
        return fact

    def goods(self) -> list:
        goods = {}
        for index in self.answer:
            for relation, name in named_by(self.statements[index]) if index in self.statements else []:
                if KIND_OF[relation] == "item":
                    goods.setdefault(name, []).append(index)
        return [{"item": name, "entries": sorted(set(goods[name]))} for name in sorted(goods, key=str.encode)]

    def warnings(self) -> list:
        found = []
        earliest = min((v["at"] * 1_000_000 + 5_000_000 for v in self.vouchers), default=None)
        recorded = [(i, leaf.recorded_at) for i, leaf in self.leaves.items()] + [(self.bundle.seal[0], self.sealed_at)]
        late = [i for i, at in recorded if earliest is not None and at > earliest]
        if late:
            found.append({"code": "recorded_after_cosignature", "entries": late})
        stamped = min((s["at"] + s["accuracy"] for s in self.stamps or []), default=None)
        late = [i for i, at in recorded if stamped is not None and i < self.stamped_size and at > stamped + 5_000_000]
        if late:
            found.append({"code": "recorded_after_stamp", "entries": late})
        doubtful = []
        for index, (name, _) in self.envelopes.items():
            since = self.keys[name]["compromised"]
            if since > 0 and self.leaves[index].recorded_at >= since:
                doubtful.append(index)
        if doubtful:
            found.append({"code": "key_compromised", "entries": doubtful})
        return found


# --- fraud proofs, sections 10 and 11.4 -------------------------------------------------------------------


class Contradiction(Bundle):
    """A seal that does not know an entry which it covers."""

    def read(self, value):
        _, version, self.checkpoint, seal, subject, runs, entries, nodes = fields(
            value, "kind", "version", "checkpoint", "seal", "subject", "runs", "entries", "nodes")
        need(number(version) == 1, "format", "another version")
        self.nodes, self.used = [binary(n, 32) for n in each(nodes, 1 << 21)], []
        text(self.checkpoint, 1 << 25)
        self.seal = self.read_seal(seal)
        self.kind, self.text = fields(subject, "kind", "text")
        self.check_name(self.kind, self.text)
        self.shown = [self.run(r) for r in each(runs, 64)]
        self.linking = [self.linking_entry(e) for e in each(entries, 1_024)]
        self.check_nodes()

    def linking_entry(self, value):
        index, leaf, inclusion, previous, blind, at, count, proof = fields(
            value, "index", "leaf", "inclusion", "previous", "blind", "at", "count", "proof")
        number(count, 2**32 - 1)
        leaf, previous, blind = binary(leaf, 80), binary(previous, 32), binary(blind, 32)
        return number(index), leaf, self.proof(inclusion), previous, blind, number(at), count, self.proof(proof)


class AccessFraud(Bundle):
    """An access record that the log does not commit to, section 11.4."""

    def read(self, value):
        what = "digest" if value["kind"] == "left_out" else "log"
        _, version, self.checkpoint, genesis, record, shown, nodes = fields(
            value, "kind", "version", "checkpoint", "genesis", "record", what, "nodes")
        need(number(version) == 1, "format", "another version")
        self.nodes, self.used = [binary(n, 32) for n in each(nodes, 1 << 21)], []
        text(self.checkpoint, 1 << 25)
        leaf, payload, inclusion = fields(genesis, "leaf", "payload", "inclusion")
        self.genesis = binary(leaf, 80), binary(payload), self.proof(inclusion)
        self.record = binary(record)
        need(len(self.record) <= 8_192, "format", "the record is too long")
        if what == "digest":
            index, leaf, payload, inclusion, records = fields(shown, "index", "leaf", "payload", "inclusion", "records")
            self.shown = number(index), binary(leaf, 80), binary(payload), self.proof(inclusion), row(records, 32, 65_536)
        else:
            start, edge, leaves, digests, consistency = fields(shown, "start", "edge", "leaves", "digests", "consistency")
            leaves, digests = row(leaves, 80, 262_144), [binary(d) for d in each(digests, 1 << 25)]
            self.shown = number(start), self.proof(edge), leaves, digests, self.proof(consistency)
        self.check_nodes()


def row(value, length: int, most: int) -> list:
    """Values of one length in one base64 text."""
    data = binary(value)
    need(len(data) % length == 0 and len(data) // length <= most, "format", "a row of another length")
    return [data[at : at + length] for at in range(0, len(data), length)]


class Record:
    """What an answer carried, section 11.1: signature, salt and record."""

    def __init__(self, data: bytes):
        part, limits = "record", (256, 128, 800, 800, 1_024)
        need(len(data) >= 97 + 121 and data[0] == 1 and data[97] == 1, part, "malformed")
        self.signature, self.leaf, record = data[1:65], data[65:], data[97:]
        self.ledger, question_hash = record[1:33], record[89:121]
        self.minute, at = (int.from_bytes(record[i : i + 8], "big") for i in (33, 41))
        need(self.minute == at // MINUTE <= MAX_MINUTE, part, "another minute")
        texts, at = [], 121
        for limit in limits:
            length = int.from_bytes(record[at : at + 2], "big")
            end = at + 2 + length
            need(end <= len(record) and length <= limit, part, "a text is cut off or too long")
            texts.append(record[at + 2 : end])
            at = end
        need(at == len(record), part, "bytes behind its end")
        need(not texts[4] or sha256(texts[4]) == question_hash, part, "another question than the one hashed")
        try:
            self.party, self.method, _, _ = (t.decode("utf-8") for t in texts[:4])
        except UnicodeDecodeError as e:
            raise Refused(part, "a text is not UTF-8") from e


class FraudCheck(Check):
    def __init__(self, file: bytes, trust: Trust):
        need(len(file) <= 32 << 20, "format", "too large")
        self.trust, value = trust, exact_json(file)
        kinds = {"fork": self.fork, "contradiction": self.contradiction, "left_out": self.left_out, "undigested": self.undigested}
        kind = value.get("kind") if isinstance(value, dict) else None
        need(isinstance(kind, str) and kind in kinds, "format", "unknown kind")
        if kind != "fork":
            shape = Contradiction if kind == "contradiction" else AccessFraud
            self.bundle = shape.__new__(shape)
            self.bundle.read(value)
        self.found = kinds[kind](value)

    def fork(self, value) -> dict:
        _, version, one, other = fields(value, "kind", "version", "one", "other")
        need(number(version) == 1, "format", "another version")
        need(isinstance(one, str) and isinstance(other, str), "format", "no note")
        (size, root), (size2, root2) = (open_checkpoint(Note(n), self.trust.log_key) for n in (one, other))
        need(size == size2 and root != root2, "query", "both can be true")
        return {"verdict": "fraud", "kind": "fork", "size": size}

    def contradiction(self, _) -> dict:
        b, part, last, head = self.bundle, "entry", -1, None
        self.size, self.root = open_checkpoint(Note(b.checkpoint), self.trust.log_key)
        self.check_seal()
        key = subject_key(b.kind, b.text)
        for index, data, inclusion, previous, blind, at, count, proof in b.linking:
            need(last < index < self.covered, part, f"{index}: not ascending or not covered")
            leaf = Leaf(data, part)
            need(root_from(leaf.hash, index, self.size, inclusion) == self.root, part, f"{index}: not under the checkpoint")
            root = root_from(leaf_hash(key + previous + blind), at, count, proof)
            linked = root is not None and leaf.links == sha256(b"\x15", u32(count), root)
            need(linked, part, f"{index}: does not link the subject")
            last, head = index, sha256(b"\x12", previous, u64(index), leaf.hash, blind)
        state, contradicts = self.state(key, b.shown), False
        if head is not None:
            contradicts = state is None or len(b.linking) > state[1] or last > state[2]
            contradicts = contradicts or (last == state[2] and head != state[0])
        need(contradicts, "query", "all of it can be true together")
        return {
            "verdict": "fraud", "kind": "contradiction", "seal": b.seal[0], "covered": self.covered,
            "subject": {"kind": b.kind, "text": b.text}, "entries": [e[0] for e in b.linking],
        }

    def signed_record(self) -> Record:
        """The record, signed by the answer key that the genesis under the checkpoint names."""
        leaf, payload, inclusion = self.bundle.genesis
        self.size, self.root = open_checkpoint(Note(self.bundle.checkpoint), self.trust.log_key)
        part, genesis = "ledger", Leaf(leaf, "ledger")
        need(root_from(genesis.hash, 0, self.size, inclusion) == self.root, part, "the genesis is not under the checkpoint")
        need(genesis.type == GENESIS and genesis.content == sha256(b"\x13", payload), part, "another genesis")
        try:
            named = scan(payload, "Genesis")
            answers = NoteKey(named["answer_key"])
        except ValueError as e:
            raise Refused(part, f"genesis: {e}") from e
        need(named["log_key"] == self.trust.log_key.text, part, "its genesis names another log key")
        need(answers.type == 1 and may_be_enrolled(answers.public), part, "its genesis names no answer key")
        record = Record(self.bundle.record)
        need(record.ledger == genesis.hash, "record", "of another ledger")
        need(signed(answers.public, dsse(ACCESS, record.leaf), record.signature), "record", "not signed by the answer key")
        return record

    @staticmethod
    def digest(leaf: Leaf, payload: bytes):
        """Minute, number of records and root of a digest."""
        part = "digest"
        need(leaf.type == DIGEST and leaf.content == sha256(b"\x13", payload), part, "not the leaf of this digest")
        need(leaf.links == sha256(b"\x15", u32(0), EMPTY_ROOT), part, "it links something")
        need(len(payload) == 77 and payload[0] == 1, part, "malformed")
        minute, count, root = int.from_bytes(payload[1:9], "big"), int.from_bytes(payload[9:13], "big"), payload[13:45]
        need(minute <= MAX_MINUTE and count <= 65_536 and (count == 0) == (root == EMPTY_ROOT), part, "not sound")
        return minute, count, root

    def left_out(self, _) -> dict:
        record, part = self.signed_record(), "digest"
        index, data, payload, inclusion, records = self.bundle.shown
        leaf = Leaf(data, part)
        need(root_from(leaf.hash, index, self.size, inclusion) == self.root, part, "not under the checkpoint")
        minute, count, root = self.digest(leaf, payload)
        tree = []
        for one in records:
            tree = rising(tree, one)
        need(len(records) == count and root_of(tree) == root, part, "other records than it commits to")
        need(minute == record.minute, part, "of another minute")
        need(leaf_hash(record.leaf) not in records, "query", "the record is there")
        return self.access_verdict(record, "left_out", "digest", index)

    def undigested(self, _) -> dict:
        record, part = self.signed_record(), "entry"
        start, edge, leaves, digests, consistency = self.bundle.shown
        sizes = [1 << bit for bit in reversed(range(start.bit_length())) if start >> bit & 1]
        need(len(sizes) == len(edge), part, "not the left edge of a tree")
        tree = list(zip(sizes, edge))
        for data in leaves:
            tree = rising(tree, leaf_hash(data))
        end = start + len(leaves)
        grown = is_beginning(end, root_of(tree), self.size, self.root, consistency)
        need(grown, part, "not the beginning of the log")
        leaves = [Leaf(data, part) for data in leaves]
        dated = [leaf for leaf in leaves if leaf.type == DIGEST]
        need(len(dated) == len(digests), "digest", "payloads and digests differ in number")
        minutes = [self.digest(leaf, payload)[0] for leaf, payload in zip(dated, digests)]
        over = (record.minute + 1) * MINUTE
        silent = leaves and (start == 0 or leaves[0].recorded_at < over) and leaves[-1].type in (STATEMENT_LEAF, SEAL)
        silent = silent and leaves[-1].recorded_at > over + 2 * MINUTE and record.minute not in minutes
        need(silent, "query", "the digest is there, or may still come")
        return self.access_verdict(record, "undigested", "end", end)

    @staticmethod
    def access_verdict(record: Record, kind: str, place: str, index: int) -> dict:
        return {
            "verdict": "fraud", "kind": kind, "minute": record.minute, place: index, "party": record.party,
            "method": record.method, "record": leaf_hash(record.leaf).hex(),
        }

    def verdict(self) -> dict:
        return self.found


def verdict(file: bytes, trust: Trust) -> dict:
    """Of a bundle, or of a fraud proof."""
    try:
        fraud = file.startswith(b'{"kind":')
        return (FraudCheck if fraud else Check)(file, trust).verdict()
    except Refused as e:
        return {"verdict": "refused", "part": e.part, "why": e.why}


# --- command line -----------------------------------------------------------------------------------------


def authorities(files: list):
    """Checks time stamps with the roots in files, if there are any."""
    if not files:
        return None
    import timestamps

    roots = [root for file in files for root in timestamps.read_roots(Path(file).read_bytes())]
    return lambda token, imprint: timestamps.check(token, imprint, roots)


def compare(folder: Path) -> int:
    """Verdicts on all files of a directory against those of its index."""
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    t = index["trust"]
    witnesses = [(w["key"], w["auditing"]) for w in t["witnesses"]]
    known = t["ledger"], t["log_key"], witnesses, t["quorum"], t["max_age"], t["now"]
    with_roots = Trust(*known, authorities([folder.parent / "timestamps/root.pem"] if index.get("stamped") else []))
    differ, all_files = 0, [(one, Trust(*known)) for one in index["files"]] + [(one, with_roots) for one in index.get("stamped", [])]
    for expected, trust in all_files:
        found = verdict((folder / expected["file"]).read_bytes(), trust)
        why = found.pop("why", "")
        if found != expected["verdict"]:
            differ += 1
            print(f"{expected['file']}: expected {expected['verdict']}, found {found} {why}")
    print(f"{len(all_files) - differ} of {len(all_files)} files: the verdict expected")
    return 1 if differ or not index["files"] else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks an evidence bundle offline.")
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--ledger")
    parser.add_argument("--log-key")
    parser.add_argument("--witness-key", action="append", default=[])
    parser.add_argument("--auditor-key", action="append", default=[])
    parser.add_argument("--quorum", type=int)
    parser.add_argument("--max-age", type=int, metavar="SECONDS")
    parser.add_argument("--tsa-root", action="append", default=[], metavar="PEM")
    parser.add_argument("--now", type=int, metavar="MICROSECONDS")
    parser.add_argument("--vectors", type=Path, metavar="DIRECTORY")
    args = parser.parse_args()
    if args.vectors:
        return compare(args.vectors)
    if not (args.file and args.ledger and args.log_key):
        parser.error("FILE, --ledger and --log-key are needed")
    witnesses = [(k, False) for k in args.witness_key] + [(k, True) for k in args.auditor_key]
    quorum = len(witnesses) if args.quorum is None else args.quorum
    max_age = None if args.max_age is None else args.max_age * 1_000_000
    now = time.time_ns() // 1_000 if args.now is None else args.now
    try:
        trust = Trust(args.ledger, args.log_key, witnesses, quorum, max_age, now, authorities(args.tsa_root))
    except ValueError as fault:
        parser.error(str(fault))
    found = verdict(args.file.read_bytes(), trust)
    print(json.dumps(found, ensure_ascii=False, indent=2))
    return 1 if found["verdict"] == "refused" else 0


if __name__ == "__main__":
    sys.exit(main())
