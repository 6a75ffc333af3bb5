// Access records and digests (docs/FORMAT.md 11.1, 11.2): what the answer key says was asked, and what of it the log
// commits to.

import { type Bytes, readU64, sameBytes, unutf8 } from "./bytes.js";
import { contentHash, sha256 } from "./hash.js";
import { LEAF_TYPE, type Leaf, linksHash } from "./leaf.js";
import { emptyRoot, leafHash } from "./merkle.js";
import { given, need } from "./refusal.js";

export const MINUTE = 60_000_000n;
export const MAX_RECORDS = 65_536;

/** No minute lies behind this one: times stay far below the end of u64. */
const MAX_MINUTE = (2n ** 64n - 1n) / MINUTE - 4n;
const SALT = 65;
const RECORD = 97;
const TEXTS = 121;
/** Most bytes of party, method, purpose, case, question. */
const MOST = [256, 128, 800, 800, 1_024] as const;
const DIGEST_LENGTH = 77;

export interface AccessRecord {
  readonly ledger: Bytes;
  readonly minute: bigint;
  readonly party: string;
  readonly method: string;
  readonly signature: Bytes;
  /** `salt ‖ record`, which is signed and is a leaf of the minute's tree. */
  readonly leaf: Bytes;
  readonly hash: Bytes;
}

/** Reads what an answer carried; the signature is the caller's to check. Nothing if it is none. */
export async function readAccessRecord(bytes: Bytes): Promise<AccessRecord | undefined> {
  const record = bytes.slice(RECORD);
  if (bytes[0] !== 1 || record[0] !== 1 || record.length < TEXTS) return undefined;
  const [minute, at] = [readU64(record, 33), readU64(record, 41)];
  const texts = readTexts(record);
  if (minute !== at / MINUTE || minute > MAX_MINUTE || texts === undefined) return undefined;
  const [party, method, purpose, number] = texts.slice(0, 4).map(unutf8);
  const question = texts[4] as Bytes;
  const asked = question.length === 0 || sameBytes(await sha256(question), record.subarray(89, TEXTS));
  if (!asked || party === undefined || method === undefined || purpose === undefined || number === undefined) return undefined;
  const leaf = bytes.slice(SALT);
  return { ledger: record.slice(1, 33), minute, party, method, signature: bytes.slice(1, SALT), leaf, hash: await leafHash(leaf) };
}

/** Each with its length in two bytes before it, and nothing after the last. */
function readTexts(record: Bytes): Bytes[] | undefined {
  const texts: Bytes[] = [];
  let at = TEXTS;
  for (const most of MOST) {
    const [high, low] = [record[at], record[at + 1]];
    if (high === undefined || low === undefined) return undefined;
    const [start, length] = [at + 2, (high << 8) | low];
    at = start + length;
    if (length > most || at > record.length) return undefined;
    texts.push(record.slice(start, at));
  }
  return at === record.length ? texts : undefined;
}

export interface AccessDigest {
  readonly minute: bigint;
  readonly count: number;
  readonly root: Bytes;
}

/** The digest that a leaf commits to. */
export async function digestOf(leaf: Leaf, payload: Bytes): Promise<AccessDigest> {
  const [content, links] = [await contentHash(payload), await linksHash(0, await emptyRoot())];
  const fits = leaf.type === LEAF_TYPE.accessDigest && sameBytes(leaf.content, content) && sameBytes(leaf.links, links);
  need(fits, "digest", "its leaf is not that of this digest", "叶节点不是该访问摘要的");
  return given(await readDigest(payload), "digest", "it is malformed", "格式有误");
}

async function readDigest(bytes: Bytes): Promise<AccessDigest | undefined> {
  if (bytes.length !== DIGEST_LENGTH || bytes[0] !== 1) return undefined;
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(9);
  const [minute, root] = [readU64(bytes, 1), bytes.slice(13, 45)];
  const sound = minute <= MAX_MINUTE && count <= MAX_RECORDS && (count === 0) === sameBytes(root, await emptyRoot());
  return sound ? { minute, count, root } : undefined;
}
