// Proofs about a subject against a seal: its latest state or that it was never named (docs/FORMAT.md 6.3), and that
// given entries are all that name it.

import { type Bytes, compareBytes, concat, sameBytes, u64 } from "./bytes.js";
import { TAG, ZEROS, tagged } from "./hash.js";
import { type Leaf, type Link, headOf, isLinked } from "./leaf.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import type { PlacedRecord, ShownRun, State } from "./proof-form.js";
import { need } from "./refusal.js";
import type { Run, Seal } from "./seal.js";

/** Why a proof does not hold, in both languages. */
type Fault = readonly [english: string, chinese: string];

/** The state of a subject as of a seal; nothing if it was never named below that. */
export async function stateOf(subject: Bytes, shown: readonly ShownRun[], seal: Seal, name: string): Promise<State | undefined> {
  const check = (sound: boolean, [english, chinese]: Fault): void =>
    need(sound, "subject", `${name}: ${english}`, `${name}：${chinese}`);
  const newestFirst = [...seal.runs].reverse();
  check(shown.length <= newestFirst.length, ["more runs than the seal has", "所示段数多于封存所列"]);
  for (const [i, part] of shown.entries()) {
    const run = newestFirst[i] as Run;
    if (!part.present) {
      check(await isAbsent(subject, part, run), ["its place in a run is not enclosed", "未能证明不在某一段中"]);
      continue;
    }
    check(i === shown.length - 1, ["runs after the one that has it", "在出现之段后仍列有其他段"]);
    check(await isPresent(subject, part, run), ["its state is not in the run", "状态不在该段中"]);
    return part.state;
  }
  check(shown.length === newestFirst.length, ["older runs are not shown", "较早的段未出示"]);
  return undefined;
}

async function isPresent(subject: Bytes, part: ShownRun & { present: true }, run: Run): Promise<boolean> {
  const { head, count, last } = part.state;
  // Last named within the range of the run, and as often as it can have been.
  const possible = run.start <= BigInt(last) && BigInt(last) < run.end && count >= 1 && count <= last + 1;
  const state = await tagged(TAG.state, head, u64(BigInt(count)), u64(BigInt(last)));
  return possible && isRecord({ at: part.at, record: concat([subject, state]), proof: part.proof }, run);
}

async function isRecord(placed: PlacedRecord, run: Run): Promise<boolean> {
  return verifyInclusion(await leafHash(placed.record), BigInt(placed.at), run.subjects, placed.proof, run.root);
}

async function isAbsent(subject: Bytes, part: ShownRun & { present: false }, run: Run): Promise<boolean> {
  const { left, right } = part;
  for (const placed of [left, right]) {
    if (placed !== undefined && !(await isRecord(placed, run))) return false;
  }
  const order = (placed: PlacedRecord): number => compareBytes(placed.record.subarray(0, subject.length), subject);
  if (left !== undefined && order(left) >= 0) return false;
  if (right !== undefined && order(right) <= 0) return false;
  // The place between two neighbours, before the first record, or behind the last.
  const before = left === undefined ? 0n : BigInt(left.at) + 1n;
  const behind = right === undefined ? run.subjects : BigInt(right.at);
  return before === behind;
}

/** An entry with its link to a subject, as far as the file says it. */
export interface ChainLink {
  readonly index: number;
  readonly leaf: Leaf;
  readonly blind: Bytes;
  readonly at: number;
  readonly count: number;
  readonly proof: readonly Bytes[];
}

/** Checks that entries, which ascend, are all that name a subject. */
export async function checkChain(
  subject: Bytes, state: State | undefined, entries: readonly ChainLink[], name: string,
): Promise<void> {
  let head = ZEROS;
  for (const entry of entries) {
    const link: Link = { subject, previous: head, blind: entry.blind };
    const sound = await isLinked(link, entry.leaf, entry);
    const [english, chinese] = ["does not link it behind the entry shown before", "未在前一所示条目之后链接该对象"];
    need(sound, "subject", `${name}: entry ${entry.index} ${english}`, `${name}：条目 ${entry.index} ${chinese}`);
    head = await headOf(link, entry.index, entry.leaf);
  }
  const ended =
    state === undefined
      ? entries.length === 0
      : sameBytes(head, state.head) && entries.length === state.count && entries.at(-1)?.index === state.last;
  need(ended, "subject", `${name}: its entries do not end as sealed`, `${name}：条目链的结尾与封存不符`);
}
