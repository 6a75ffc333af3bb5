// Fraud proofs (docs/FORMAT.md 10): files that show that the log has signed what cannot both be true. They need
// nobody's signature but the log's own. Those about access records (11.4) are read in access-fraud.ts.

import { readLeftOut, readUndigested, verifyLeftOut, verifyUndigested } from "./access-fraud.js";
import { type Bytes, sameBytes } from "./bytes.js";
import { type Checkpoint, openCheckpoint } from "./checkpoint.js";
import { HASH_LENGTH } from "./hash.js";
import {
  type Json, MAX_FILE, fields, readBytes, readChoice, readExact, readList, readNumber, readText, readVersion,
} from "./json-form.js";
import { type Leaf, type Link, headOf, isLinked, readLeaf } from "./leaf.js";
import { verifyInclusion } from "./merkle.js";
import { LEAF_LENGTH, Nodes, type ShownRun, type ShownSeal, type State, readRuns, readSeal, readSubject } from "./proof-form.js";
import { given, need, needContradiction } from "./refusal.js";
import { checkSeal } from "./seal.js";
import { type NoteKey, SignedNote } from "./signed-note.js";
import { stateOf } from "./subject-proof.js";
import { type Subject, nameOf, subjectKey } from "./subjects.js";
import type { Fraud } from "./verdict.js";

const MAX_ENTRIES = 1_024;
const MAX_U32 = 2 ** 32 - 1;

/** An entry that links the subject. */
interface LinkingEntry {
  readonly index: number;
  readonly leaf: Bytes;
  readonly inclusion: readonly Bytes[];
  readonly previous: Bytes;
  readonly blind: Bytes;
  readonly at: number;
  readonly count: number;
  readonly proof: readonly Bytes[];
}

interface Contradiction {
  readonly checkpoint: string;
  readonly seal: ShownSeal;
  readonly subject: Subject;
  readonly runs: readonly ShownRun[];
  readonly entries: readonly LinkingEntry[];
}

export async function verifyFraud(file: Uint8Array, logKey: NoteKey): Promise<Fraud> {
  const value = readExact(file, "file");
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  switch (readChoice(kind, "kind", ["fork", "contradiction", "left_out", "undigested"])) {
    case "fork":
      return verifyFork(value, logKey);
    case "contradiction":
      return verifyContradiction(readContradiction(value), logKey);
    case "left_out":
      return verifyLeftOut(readLeftOut(value), logKey);
    case "undigested":
      return verifyUndigested(readUndigested(value), logKey);
  }
}

function open(note: string, logKey: NoteKey): Promise<Checkpoint> {
  return openCheckpoint(SignedNote.parse(note), logKey);
}

async function verifyFork(value: Json, logKey: NoteKey): Promise<Fraud> {
  const all = fields(value, "fork", ["kind", "version", "one", "other"]);
  readVersion(all.version);
  const [one, other] = [readText(all.one, "one", MAX_FILE), readText(all.other, "other", MAX_FILE)];
  const [a, b] = [await open(one, logKey), await open(other, logKey)];
  needContradiction(a.size === b.size && !sameBytes(a.root, b.root));
  return { verdict: "fraud", kind: "fork", size: a.size };
}

function readContradiction(value: Json): Contradiction {
  const names = ["kind", "version", "checkpoint", "seal", "subject", "runs", "entries", "nodes"];
  const all = fields(value, "contradiction", names);
  readVersion(all.version);
  const nodes = new Nodes(all.nodes);
  const subject = fields(all.subject, "subject", ["kind", "text"]);
  const contradiction: Contradiction = {
    checkpoint: readText(all.checkpoint, "checkpoint", MAX_FILE),
    seal: readSeal(all.seal, nodes),
    subject: readSubject(subject.kind, subject.text),
    runs: readRuns(all.runs, nodes),
    entries: readList(all.entries, "entries", MAX_ENTRIES).map((entry) => readLinkingEntry(entry, nodes)),
  };
  nodes.allUsed();
  return contradiction;
}

function readLinkingEntry(value: Json, nodes: Nodes): LinkingEntry {
  const names = ["index", "leaf", "inclusion", "previous", "blind", "at", "count", "proof"];
  const all = fields(value, "entry", names);
  return {
    index: readNumber(all.index, "entry.index"),
    leaf: readBytes(all.leaf, "entry.leaf", { exactly: LEAF_LENGTH }),
    inclusion: nodes.proof(all.inclusion, "entry.inclusion"),
    previous: readBytes(all.previous, "entry.previous", { exactly: HASH_LENGTH }),
    blind: readBytes(all.blind, "entry.blind", { exactly: HASH_LENGTH }),
    at: readNumber(all.at, "entry.at"),
    count: readNumber(all.count, "entry.count", MAX_U32),
    proof: nodes.proof(all.proof, "entry.proof"),
  };
}

async function verifyContradiction(shown: Contradiction, logKey: NoteKey): Promise<Fraud> {
  const checkpoint = await open(shown.checkpoint, logKey);
  const seal = await checkSeal(shown.seal, checkpoint);
  const subject = await subjectKey(shown.subject);
  let [newest, head]: [number, Bytes | undefined] = [-1, undefined];
  for (const entry of shown.entries) {
    const ascends = entry.index > newest && entry.index < seal.covered;
    need(ascends, "entry", `entry ${entry.index}: does not ascend, or is not covered`, `条目 ${entry.index}：未按升序排列或未被覆盖`);
    [newest, head] = [entry.index, await headAfter(entry, subject, checkpoint)];
  }
  const state = await stateOf(subject, shown.runs, seal, nameOf(shown.subject));
  needContradiction(head !== undefined && contradicts(state, newest, head, shown.entries.length));
  const entries = shown.entries.map((entry) => entry.index);
  return {
    verdict: "fraud", kind: "contradiction", seal: shown.seal.index, covered: seal.covered, subject: shown.subject, entries,
  };
}

/** Never named, named less often, ended before, or with another head after the same entry. */
function contradicts(state: State | undefined, newest: number, head: Bytes, entries: number): boolean {
  if (state === undefined || entries > state.count || newest > state.last) return true;
  return newest === state.last && !sameBytes(head, state.head);
}

/** The head of the subject after an entry that is in the log and links it. */
async function headAfter(entry: LinkingEntry, subject: Bytes, checkpoint: Checkpoint): Promise<Bytes> {
  const [english, chinese] = [`entry ${entry.index}:`, `条目 ${entry.index}：`];
  const leaf: Leaf = given(await readLeaf(entry.leaf), "entry", `${english} malformed leaf`, `${chinese}叶节点格式有误`);
  const { size, root } = checkpoint;
  const isIn = await verifyInclusion(leaf.hash, BigInt(entry.index), size, entry.inclusion, root);
  need(isIn, "entry", `${english} not shown to be under the checkpoint`, `${chinese}未能证明在检查点之下`);
  const link: Link = { subject, previous: entry.previous, blind: entry.blind };
  need(await isLinked(link, leaf, entry), "entry", `${english} not shown to link the subject`, `${chinese}未能证明链接该对象`);
  return headOf(link, entry.index, leaf);
}
