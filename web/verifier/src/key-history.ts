// Keys, each read from its whole chain of entries: whose it is, from which entry on, until which (docs/FORMAT.md 9.4,
// step 8).

import { type Bytes, hex, unhex } from "./bytes.js";
import { POSSESSION_TYPE, STATEMENT_TYPE, keyId, possessionPayload, signed } from "./dsse.js";
import { isKey } from "./ed25519.js";
import type { Entries, Entry, Statement } from "./entry.js";
import { Refusal, forEachInOrder, given, need } from "./refusal.js";
import type { Message } from "./scanner.js";
import { KIND_NUMBERS } from "./schema.js";

const USE = { sign: 1, read: 2, administer: 3 } as const;

export interface KeyHistory {
  readonly id: string;
  readonly party: string;
  readonly publicKey: Bytes;
  readonly enrolled: number;
  readonly revoked: number | undefined;
  /** µs; 0 = not said. */
  readonly compromisedSince: bigint;
  /** µs; 0 = never. */
  readonly expiresAt: bigint;
  readonly uses: readonly number[];
  /** None = all. */
  readonly kinds: readonly number[];
  /** Empty = all. */
  readonly site: string;
}

export type Keys = ReadonlyMap<string, KeyHistory>;

export function hasExpired(key: KeyHistory, at: bigint): boolean {
  return key.expiresAt > 0n && at > key.expiresAt;
}

/** Whether it was used within the time for which its revocation calls it compromised. */
export function isDoubtful(key: KeyHistory, at: bigint): boolean {
  return key.compromisedSince > 0n && at >= key.compromisedSince;
}

function fault(id: string, english: string, chinese: string): Refusal {
  return new Refusal("key", `key ${id}: ${english}`, `密钥 ${id}：${chinese}`);
}

type Enrolment = Omit<KeyHistory, "id" | "enrolled" | "revoked" | "compromisedSince">;

/** Reads a key from the entries of its subject, ascending. */
export async function readKey(id: string, chain: readonly Entry[], entries: Entries, ledger: Bytes): Promise<KeyHistory> {
  need(unhex(id, 32) !== undefined, "key", "a key id is malformed", "密钥标识有误");
  let key: KeyHistory | undefined;
  for (const entry of chain) {
    const enrolment = entry.index === 0 ? await ofRoot(id, entries.genesis) : await ofEnrolment(id, entry, ledger);
    if (enrolment !== undefined) {
      if (key !== undefined) throw fault(id, "enrolled twice", "被重复登记");
      key = { ...enrolment, id, enrolled: entry.index, revoked: undefined, compromisedSince: 0n };
    }
    const { statement } = entry;
    if (statement?.kind === "revoke_key" && hex(statement.body.bytes("key_id")) === id) {
      if (key === undefined) throw fault(id, "revoked before it is enrolled", "在登记之前被吊销");
      key = revoked(key, entry.index, statement.body);
    }
  }
  if (key === undefined) throw fault(id, "not enrolled", "未登记");
  return key;
}

function revoked(key: KeyHistory, index: number, body: Message): KeyHistory {
  if (body.text("party") !== key.party) throw fault(key.id, "revoked for another party", "以其他主体的名义被吊销");
  if (key.revoked !== undefined) return key;
  return { ...key, revoked: index, compromisedSince: body.number("compromised_since") };
}

/** Its possession was checked with the genesis. */
async function ofRoot(id: string, genesis: Message): Promise<Enrolment | undefined> {
  for (const root of genesis.messages("roots")) {
    const publicKey = root.bytes("public_key");
    if (hex(await keyId(publicKey)) !== id) continue;
    const uses = [USE.sign, USE.read, USE.administer];
    return { party: root.text("party"), publicKey, expiresAt: 0n, uses, kinds: [], site: "" };
  }
  return undefined;
}

async function ofEnrolment(id: string, { statement }: Entry, ledger: Bytes): Promise<Enrolment | undefined> {
  if (statement === undefined) throw fault(id, "an entry about it is withheld: it may be revoked", "有关条目未出示，可能已吊销");
  if (statement.kind !== "enrol_key") return undefined;
  const { body } = statement;
  const [party, publicKey] = [body.text("party"), body.bytes("public_key")];
  const own = await keyId(publicKey);
  if (hex(own) !== id) return undefined;
  if (!isKey(publicKey)) throw fault(id, "no key that may be enrolled", "不是可登记的公钥");
  const possessed = await signed(publicKey, POSSESSION_TYPE, possessionPayload(ledger, own, party), body.bytes("possession"));
  if (!possessed) throw fault(id, "its possession is not shown", "未证明持有该密钥");
  return {
    party,
    publicKey,
    expiresAt: body.number("expires_at"),
    uses: body.numbers("uses"),
    kinds: body.numbers("kinds"),
    site: body.text("site"),
  };
}

/** Checks that every statement shown is signed by a key that was entitled to it at its place. */
export async function checkSignatures(entries: Entries, keys: Keys): Promise<void> {
  await forEachInOrder([...entries.byIndex.values()], (entry) => checkSignature(entry, keys));
}

async function checkSignature({ index, leaf, statement }: Entry, keys: Keys): Promise<void> {
  if (statement === undefined) return;
  const check = (sound: boolean, english: string, chinese: string): void =>
    need(sound, "key", `entry ${index}: ${english}`, `条目 ${index}：${chinese}`);
  const shown = keys.get(hex(statement.envelope.keyId));
  const key = given(shown, "key", `entry ${index}: the key that signed it is not shown`, `条目 ${index}：未出示其签名密钥`);
  check(key.enrolled < index, "the key that signed it was enrolled later", "签名密钥在其后才登记");
  const inForce = key.revoked === undefined || key.revoked >= index;
  check(inForce, "the key that signed it had been revoked", "签名密钥当时已吊销");
  check(!hasExpired(key, leaf.recordedAt), "the key that signed it had expired", "签名密钥当时已过期");
  check(key.party === statement.header.text("party"), "the key that signed it is another party's", "签名密钥属于其他主体");
  check(isFor(key, statement), "the key that signed it is not enrolled for this", "签名密钥的登记用途不含此类");
  const sound = await signed(key.publicKey, STATEMENT_TYPE, statement.payload, statement.envelope.signature);
  check(sound, "its signature does not verify", "签名验证失败");
}

/** Uses, kinds and site that the key is enrolled for. */
function isFor(key: KeyHistory, { kind, header, body }: Statement): boolean {
  const aboutOwnKey = (kind === "enrol_key" || kind === "revoke_key") && body.text("party") === key.party;
  const number = KIND_NUMBERS.get(kind);
  const use = aboutOwnKey ? USE.administer : USE.sign;
  const isOfKind = key.kinds.length === 0 || (number !== undefined && key.kinds.includes(number));
  return key.uses.includes(use) && isOfKind && (key.site === "" || key.site === header.text("site"));
}
