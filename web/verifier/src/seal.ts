// Seals (docs/FORMAT.md 6.2): what the log says of every subject, as of the entries it covers.

import { type Bytes, readU64, sameBytes } from "./bytes.js";
import type { Checkpoint } from "./checkpoint.js";
import { contentHash } from "./hash.js";
import { LEAF_TYPE, type Leaf, linksHash, readLeaf } from "./leaf.js";
import { MAX_TREE, emptyRoot, verifyConsistency, verifyInclusion } from "./merkle.js";
import type { ShownSeal } from "./proof-form.js";
import { given, need } from "./refusal.js";

const HEAD_LENGTH = 82;
const RUN_LENGTH = 56;
const MAX_RUNS = 64;

/** A range of entries with the root over the records of its subjects. */
export interface Run {
  readonly start: bigint;
  readonly end: bigint;
  readonly subjects: bigint;
  readonly root: Bytes;
}

export interface Seal {
  readonly covered: number;
  /** µs. */
  readonly sealedAt: bigint;
  readonly runs: readonly Run[];
}

interface SealPayload {
  readonly covered: bigint;
  readonly root: Bytes;
  readonly runs: readonly Run[];
}

/** Checks that a seal is in the log of a checkpoint and that what it covers is the beginning of it. */
export async function checkSeal(shown: ShownSeal, checkpoint: Checkpoint): Promise<Seal> {
  const leaf = given(await readLeaf(shown.leaf), "seal", "its leaf is malformed", "叶节点格式有误");
  const { size, root } = checkpoint;
  const isIn = await verifyInclusion(leaf.hash, BigInt(shown.index), size, shown.inclusion, root);
  need(isIn, "seal", "it is not shown to be under the checkpoint", "未能证明在检查点之下");
  need(await isLeafOf(leaf, shown.payload), "seal", "its leaf is not that of this seal", "叶节点不是该封存条目的");
  const seal = given(await readPayload(shown.payload), "seal", "it is malformed", "格式有误");
  need(seal.covered <= BigInt(shown.index), "seal", "it covers entries that come after it", "覆盖了其后的条目");
  const begins = await verifyConsistency(seal.covered, seal.root, size, root, shown.consistency);
  need(begins, "seal", "what it covers is not the beginning of the log", "所覆盖部分不是日志的开头");
  return { covered: Number(seal.covered), sealedAt: leaf.recordedAt, runs: seal.runs };
}

async function isLeafOf(leaf: Leaf, payload: Bytes): Promise<boolean> {
  const [content, links] = [await contentHash(payload), await linksHash(0, await emptyRoot())];
  return leaf.type === LEAF_TYPE.seal && sameBytes(leaf.content, content) && sameBytes(leaf.links, links);
}

/** Reads a payload that is sound by itself. */
async function readPayload(bytes: Bytes): Promise<SealPayload | undefined> {
  const count = bytes[HEAD_LENGTH - 1];
  if (bytes[0] !== 1 || count === undefined || count < 1 || count > MAX_RUNS) return undefined;
  if (bytes.length !== HEAD_LENGTH + count * RUN_LENGTH) return undefined;
  const [covered, root, previous] = [readU64(bytes, 1), bytes.slice(9, 41), readU64(bytes, 73)];
  if (covered > MAX_TREE || (previous !== 0n && previous >= covered)) return undefined;
  const runs = Array.from({ length: count }, (_, i) => readRun(bytes, HEAD_LENGTH + i * RUN_LENGTH));
  const none = await emptyRoot();
  let end = 0n;
  for (const run of runs) {
    const counted = (run.subjects === 0n) === sameBytes(run.root, none) && run.subjects <= MAX_TREE;
    if (run.start !== end || run.end <= run.start || !counted) return undefined;
    end = run.end;
  }
  return end === covered ? { covered, root, runs } : undefined;
}

function readRun(bytes: Bytes, at: number): Run {
  const [start, end, subjects] = [readU64(bytes, at), readU64(bytes, at + 8), readU64(bytes, at + 16)];
  return { start, end, subjects, root: bytes.slice(at + 24, at + RUN_LENGTH) };
}
