// Fraud proofs about access records (docs/FORMAT.md 11.4): what the answer key has signed is missing in the digest of
// its minute, or that digest is missing although it is overdue.

import { type AccessDigest, type AccessRecord, MAX_RECORDS, MINUTE, digestOf, readAccessRecord } from "./access-record.js";
import { type Bytes, hex, sameBytes } from "./bytes.js";
import { type Checkpoint, openCheckpoint } from "./checkpoint.js";
import { ACCESS_TYPE, signed } from "./dsse.js";
import { readGenesis } from "./genesis.js";
import { HASH_LENGTH, contentHash } from "./hash.js";
import { type Fields, type Json, MAX_FILE, fields, readBytes, readList, readNumber, readText, readVersion } from "./json-form.js";
import { LEAF_TYPE, type Leaf, readLeaf } from "./leaf.js";
import { Edge, leafHash, rootOf, verifyConsistency, verifyInclusion } from "./merkle.js";
import { LEAF_LENGTH, Nodes } from "./proof-form.js";
import { forEachInOrder, given, need, needContradiction } from "./refusal.js";
import { type NoteKey, SignedNote, parseNoteKey } from "./signed-note.js";
import type { AccessFact, Fraud } from "./verdict.js";

const MAX_RECORD = 8_192;
const MAX_LEAVES = 262_144;
/** From the end of a minute to its digest, µs. */
const DUE = 120_000_000n;

/** What both kinds begin with: a record, and the genesis, which names the key that signed it. */
interface Claim {
  readonly checkpoint: string;
  readonly genesis: { readonly leaf: Bytes; readonly payload: Bytes; readonly inclusion: readonly Bytes[] };
  readonly record: Bytes;
}

interface LeftOut extends Claim {
  readonly index: number;
  readonly leaf: Bytes;
  readonly payload: Bytes;
  readonly inclusion: readonly Bytes[];
  readonly records: readonly Bytes[];
}

interface Undigested extends Claim {
  readonly start: number;
  readonly edge: readonly Bytes[];
  readonly leaves: readonly Bytes[];
  readonly digests: readonly Bytes[];
  readonly consistency: readonly Bytes[];
}

function readClaim(all: Fields, nodes: Nodes): Claim {
  readVersion(all.version);
  const genesis = fields(all.genesis, "genesis", ["leaf", "payload", "inclusion"]);
  return {
    checkpoint: readText(all.checkpoint, "checkpoint", MAX_FILE),
    genesis: {
      leaf: readBytes(genesis.leaf, "genesis.leaf", { exactly: LEAF_LENGTH }),
      payload: readBytes(genesis.payload, "genesis.payload", { most: MAX_FILE }),
      inclusion: nodes.proof(genesis.inclusion, "genesis.inclusion"),
    },
    record: readBytes(all.record, "record", { most: MAX_RECORD }),
  };
}

/** Values of one length, one after the other in one text. */
function readRow(value: Json | undefined, what: string, length: number, most: number): Bytes[] {
  const bytes = readBytes(value, what, { most: most * length });
  need(bytes.length % length === 0, "format", `${what}: another length`, `${what}：长度不符`);
  return Array.from({ length: bytes.length / length }, (_, i) => bytes.slice(i * length, (i + 1) * length));
}

export function readLeftOut(value: Json): LeftOut {
  const all = fields(value, "left_out", ["kind", "version", "checkpoint", "genesis", "record", "digest", "nodes"]);
  const nodes = new Nodes(all.nodes);
  const digest = fields(all.digest, "digest", ["index", "leaf", "payload", "inclusion", "records"]);
  const shown: LeftOut = {
    ...readClaim(all, nodes),
    index: readNumber(digest.index, "digest.index"),
    leaf: readBytes(digest.leaf, "digest.leaf", { exactly: LEAF_LENGTH }),
    payload: readBytes(digest.payload, "digest.payload", { most: MAX_FILE }),
    inclusion: nodes.proof(digest.inclusion, "digest.inclusion"),
    records: readRow(digest.records, "digest.records", HASH_LENGTH, MAX_RECORDS),
  };
  nodes.allUsed();
  return shown;
}

export function readUndigested(value: Json): Undigested {
  const all = fields(value, "undigested", ["kind", "version", "checkpoint", "genesis", "record", "log", "nodes"]);
  const nodes = new Nodes(all.nodes);
  const log = fields(all.log, "log", ["start", "edge", "leaves", "digests", "consistency"]);
  // As many as a file holds: more than there are leaves is another fault than one of form.
  const digests = readList(log.digests, "log.digests", MAX_FILE);
  const shown: Undigested = {
    ...readClaim(all, nodes),
    start: readNumber(log.start, "log.start"),
    edge: nodes.proof(log.edge, "log.edge"),
    leaves: readRow(log.leaves, "log.leaves", LEAF_LENGTH, MAX_LEAVES),
    digests: digests.map((digest) => readBytes(digest, "log.digests", { most: MAX_FILE })),
    consistency: nodes.proof(log.consistency, "log.consistency"),
  };
  nodes.allUsed();
  return shown;
}

/** The record, signed by the answer key that the genesis of the log names. */
async function signedRecord({ genesis, record }: Claim, checkpoint: Checkpoint, logKey: NoteKey): Promise<AccessRecord> {
  const check = (sound: boolean, english: string, chinese: string): void => need(sound, "ledger", english, chinese);
  const leaf = given(await readLeaf(genesis.leaf), "ledger", "the leaf of the genesis is malformed", "首条目的叶节点格式有误");
  const isIn = await verifyInclusion(leaf.hash, 0n, checkpoint.size, genesis.inclusion, checkpoint.root);
  check(isIn, "the genesis is not shown to be under the checkpoint", "未能证明首条目在检查点之下");
  const isOf = leaf.type === LEAF_TYPE.genesis && sameBytes(leaf.content, await contentHash(genesis.payload));
  check(isOf, "the leaf is not that of the genesis", "叶节点不是首条目的");
  const message = given(await readGenesis(genesis.payload), "ledger", "it is no genesis", "不是首条目");
  check(message.text("log_key") === logKey.text, "the genesis names another log key", "首条目所列日志公钥不符");
  const key = given(await parseNoteKey(message.text("answer_key")), "ledger", "it is no genesis", "不是首条目");
  const read = given(await readAccessRecord(record), "record", "it is no access record", "不是访问记录");
  need(sameBytes(read.ledger, leaf.hash), "record", "it is of another ledger", "属于其他账本");
  const sound = await signed(key.publicKey, ACCESS_TYPE, read.leaf, read.signature);
  need(sound, "record", "the ledger's answer key has not signed it", "并非由账本的应答密钥签署");
  return read;
}

function factOf({ minute, party, method, hash }: AccessRecord): AccessFact {
  return { minute: Number(minute), party, method, record: hex(hash) };
}

export async function verifyLeftOut(shown: LeftOut, logKey: NoteKey): Promise<Fraud> {
  const checkpoint = await openCheckpoint(SignedNote.parse(shown.checkpoint), logKey);
  const record = await signedRecord(shown, checkpoint, logKey);
  const check = (sound: boolean, english: string, chinese: string): void => need(sound, "digest", english, chinese);
  const leaf = given(await readLeaf(shown.leaf), "digest", "its leaf is malformed", "叶节点格式有误");
  const { size, root } = checkpoint;
  const isIn = await verifyInclusion(leaf.hash, BigInt(shown.index), size, shown.inclusion, root);
  check(isIn, "it is not shown to be under the checkpoint", "未能证明在检查点之下");
  const digest = await digestOf(leaf, shown.payload);
  const whole = shown.records.length === digest.count && sameBytes(await rootOf(shown.records), digest.root);
  check(whole, "the records shown are not those that it commits to", "所示记录与其所承诺的不符");
  check(digest.minute === record.minute, "it is of another minute", "属于另一分钟");
  needContradiction(!shown.records.some((hash) => sameBytes(hash, record.hash)));
  return { verdict: "fraud", kind: "left_out", digest: shown.index, ...factOf(record) };
}

export async function verifyUndigested(shown: Undigested, logKey: NoteKey): Promise<Fraud> {
  const checkpoint = await openCheckpoint(SignedNote.parse(shown.checkpoint), logKey);
  const record = await signedRecord(shown, checkpoint, logKey);
  await checkStretch(shown, checkpoint);
  const malformed = "the log: it has a malformed leaf";
  const leaves = await forEachInOrder(shown.leaves, async (bytes) => given(await readLeaf(bytes), "entry", malformed, "日志：含格式有误的叶节点"));
  const digests = await digestsAmong(leaves, shown.digests);
  needContradiction(isSilent(leaves, digests, shown.start, record.minute));
  return { verdict: "fraud", kind: "undigested", end: shown.start + leaves.length, ...factOf(record) };
}

/** The leaves stand in the log where they are said to stand. */
async function checkStretch({ start, edge, leaves, consistency }: Undigested, checkpoint: Checkpoint): Promise<void> {
  const tree = given(Edge.of(BigInt(start), edge), "entry", "the log: not the left edge of a tree", "日志：不是树的左缘");
  for (const hash of await forEachInOrder(leaves, leafHash)) await tree.append(hash);
  const begins = await verifyConsistency(tree.size, await tree.root(), checkpoint.size, checkpoint.root, consistency);
  need(begins, "entry", "the log: not shown to be its beginning", "日志：未能证明是日志的开头");
}

async function digestsAmong(leaves: readonly Leaf[], payloads: readonly Bytes[]): Promise<AccessDigest[]> {
  const found = leaves.filter((leaf) => leaf.type === LEAF_TYPE.accessDigest);
  need(found.length === payloads.length, "digest", "payloads and digests differ in number", "内容与访问摘要数目不符");
  const pairs = found.map((leaf, i): [Leaf, Bytes] => [leaf, payloads[i] as Bytes]);
  return forEachInOrder(pairs, ([leaf, payload]) => digestOf(leaf, payload));
}

/** Whether the digest of a minute must be among the leaves, and is not. */
function isSilent(leaves: readonly Leaf[], digests: readonly AccessDigest[], start: number, minute: bigint): boolean {
  const [first, last] = [leaves[0], leaves.at(-1)];
  if (first === undefined || last === undefined) return false;
  const end = (minute + 1n) * MINUTE;
  const before = start === 0 || first.recordedAt < end;
  const speaks = last.type === LEAF_TYPE.statement || last.type === LEAF_TYPE.seal;
  return before && speaks && last.recordedAt > end + DUE && !digests.some((digest) => digest.minute === minute);
}
