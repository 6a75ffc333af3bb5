// What bundles and fraud proofs share in their files: the table of hashes, seals, and what a seal says of a subject.

import { type Bytes, compareBytes } from "./bytes.js";
import { HASH_LENGTH } from "./hash.js";
import { type Json, MAX_FILE, fields, isAscending, readBytes, readChoice, readList, readNumber, readText } from "./json-form.js";
import { need } from "./refusal.js";
import { SUBJECT_KINDS, type Subject } from "./subjects.js";

export const MAX_TEXT = 256;
export const LEAF_LENGTH = 80;
export const RECORD_LENGTH = 64;
const MAX_HASHES = 2_097_152;
const MAX_PROOF = 63;
const MAX_RUNS = 64;

/** A seal as it stands in the file. */
export interface ShownSeal {
  readonly index: number;
  readonly leaf: Bytes;
  readonly payload: Bytes;
  readonly inclusion: readonly Bytes[];
  readonly consistency: readonly Bytes[];
}

/** A record of a run with its place. */
export interface PlacedRecord {
  readonly at: number;
  readonly record: Bytes;
  readonly proof: readonly Bytes[];
}

/** Head, count and last entry of a subject. */
export interface State {
  readonly head: Bytes;
  readonly count: number;
  readonly last: number;
}

/** What is shown of one run: that it has the subject, or its neighbours. */
export type ShownRun =
  | { readonly present: true; readonly state: State; readonly at: number; readonly proof: readonly Bytes[] }
  | { readonly present: false; readonly left: PlacedRecord | undefined; readonly right: PlacedRecord | undefined };

/** Every hash that occurs in a proof, once. */
export class Nodes {
  private readonly hashes: readonly Bytes[];
  private readonly used: Uint8Array;
  private left = MAX_HASHES;

  constructor(value: Json | undefined) {
    const list = readList(value, "nodes", MAX_HASHES);
    this.hashes = list.map((hash) => readBytes(hash, "nodes", { exactly: HASH_LENGTH }));
    need(isAscending(this.hashes, compareBytes), "format", "nodes: do not ascend", "nodes：未按升序排列");
    this.used = new Uint8Array(this.hashes.length);
  }

  /** The hashes at the places that a proof lists. */
  proof(value: Json | undefined, what: string): Bytes[] {
    const places = readList(value, what, MAX_PROOF);
    this.left -= places.length;
    need(this.left >= 0, "format", "too many hashes in all", "证明节点总数过多");
    return places.map((place) => this.at(readNumber(place, what), what));
  }

  private at(place: number, what: string): Bytes {
    const hash = this.hashes[place];
    need(hash !== undefined, "format", `${what}: names no node`, `${what}：引用了不存在的节点`);
    this.used[place] = 1;
    return hash;
  }

  /** Comes last: nothing stands in the file for nothing. */
  allUsed(): void {
    need(!this.used.includes(0), "format", "nodes: one is in no proof", "nodes：有未被引用的节点");
  }
}

export function readSeal(value: Json | undefined, nodes: Nodes): ShownSeal {
  const all = fields(value, "seal", ["index", "leaf", "payload", "inclusion", "consistency"]);
  return {
    index: readNumber(all.index, "seal.index"),
    leaf: readBytes(all.leaf, "seal.leaf", { exactly: LEAF_LENGTH }),
    payload: readBytes(all.payload, "seal.payload", { most: MAX_FILE }),
    inclusion: nodes.proof(all.inclusion, "seal.inclusion"),
    consistency: nodes.proof(all.consistency, "seal.consistency"),
  };
}

export function readSubject(kind: Json | undefined, text: Json | undefined): Subject {
  return { kind: readChoice(kind, "subject.kind", SUBJECT_KINDS), text: readText(text, "subject.text", MAX_TEXT) };
}

export function readRuns(value: Json | undefined, nodes: Nodes): ShownRun[] {
  return readList(value, "runs", MAX_RUNS).map((run) => readRun(run, nodes));
}

function readRun(value: Json, nodes: Nodes): ShownRun {
  const all = fields(value, "run", ["left?", "right?", "state?"]);
  if (all.state === undefined) {
    return { present: false, left: readRecord(all.left, nodes), right: readRecord(all.right, nodes) };
  }
  const alone = all.left === undefined && all.right === undefined;
  need(alone, "format", "run: both present and absent", "run：既在又不在");
  const state = fields(all.state, "state", ["head", "count", "last", "at", "proof"]);
  return {
    present: true,
    state: {
      head: readBytes(state.head, "state.head", { exactly: HASH_LENGTH }),
      count: readNumber(state.count, "state.count"),
      last: readNumber(state.last, "state.last"),
    },
    at: readNumber(state.at, "state.at"),
    proof: nodes.proof(state.proof, "state.proof"),
  };
}

function readRecord(value: Json | undefined, nodes: Nodes): PlacedRecord | undefined {
  if (value === undefined) return undefined;
  const all = fields(value, "record", ["at", "record", "proof"]);
  return {
    at: readNumber(all.at, "record.at"),
    record: readBytes(all.record, "record", { exactly: RECORD_LENGTH }),
    proof: nodes.proof(all.proof, "record.proof"),
  };
}
