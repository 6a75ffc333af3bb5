// What keys sign: the pre-authentication encoding of DSSE (docs/FORMAT.md 3.2), key ids and possession.

import { type Bytes, concat, utf8 } from "./bytes.js";
import { verifySignature } from "./ed25519.js";
import { sha256 } from "./hash.js";

export const STATEMENT_TYPE = "application/vnd.yuanliu.statement.v1+protobuf";
export const POSSESSION_TYPE = "application/vnd.yuanliu.possession.v1";
export const ACCESS_TYPE = "application/vnd.yuanliu.access.v1";
export const EVIDENCE_TYPE = "application/vnd.yuanliu.evidence.v1+json";

const ED25519 = 1;

export function preAuthentication(type: string, payload: Uint8Array): Bytes {
  const name = utf8(type);
  return concat([utf8(`DSSEv1 ${name.length} `), name, utf8(` ${payload.length} `), payload]);
}

/** Whether a key, which may be one, signed a payload of this type. */
export function signed(key: Bytes, type: string, payload: Uint8Array, signature: Bytes): Promise<boolean> {
  return verifySignature(key, preAuthentication(type, payload), signature);
}

export function keyId(publicKey: Uint8Array): Promise<Bytes> {
  return sha256(utf8("yuanliu/key/v1\0"), Uint8Array.of(ED25519), publicKey);
}

/** What a new key signs to show that its holder has it; the scope is the ledger id, or that of a genesis. */
export function possessionPayload(scope: Uint8Array, id: Uint8Array, party: string): Bytes {
  return concat([scope, id, utf8(party)]);
}
