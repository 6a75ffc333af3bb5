// An evidence bundle, taken out of its file (docs/FORMAT.md 9.1, 9.2). Nothing of it is believed yet.

import { type Bytes, compareTexts, utf8 } from "./bytes.js";
import { EVIDENCE_TYPE } from "./dsse.js";
import { HASH_LENGTH } from "./hash.js";
import {
  type Json, MAX_FILE, fields, isAscending, readBytes, readChoice, readExact, readHex, readList, readNumber, readText,
  readVersion,
} from "./json-form.js";
import {
  LEAF_LENGTH, MAX_TEXT, Nodes, type ShownRun, type ShownSeal, readRuns, readSeal, readSubject,
} from "./proof-form.js";
import { QUERY_KINDS, type Query, subjectsAsked } from "./query.js";
import { need } from "./refusal.js";
import type { Subject } from "./subjects.js";

const MAX_ENTRIES = 16_384;
const MAX_SUBJECTS = 4_096;
const MAX_LINKS = 131_072;
const MAX_TOKENS = 16;
const MAX_TOKEN = 65_536;
const MAX_REASON = 512;
const MAX_PAYLOAD = 524_288;
const ENVELOPE_LENGTH = 132;
const MAX_U32 = 2 ** 32 - 1;

export interface ShownEntry {
  readonly index: number;
  readonly leaf: Bytes;
  readonly envelope: Bytes | undefined;
  readonly payload: Bytes | undefined;
  readonly inclusion: readonly Bytes[];
}

export interface ShownLink {
  readonly entry: number;
  readonly at: number;
  readonly count: number;
  readonly blind: Bytes | undefined;
  readonly proof: readonly Bytes[];
}

export interface ShownSubject {
  readonly subject: Subject;
  readonly runs: readonly ShownRun[];
  readonly links: readonly ShownLink[];
}

export interface Extraction {
  readonly party: string;
  readonly key: Bytes;
  readonly at: number;
  readonly purpose: string;
  readonly case: string;
}

/** An earlier checkpoint that the tokens are over. */
export interface ShownStamped {
  readonly checkpoint: string;
  readonly consistency: readonly Bytes[];
}

export interface Bundle {
  readonly ledger: Bytes;
  readonly query: Query;
  readonly closure: "whole" | "named";
  readonly withheld: number;
  readonly extraction: Extraction;
  readonly checkpoint: string;
  /** RFC 3161 tokens over the text of `stamped`, or else of `checkpoint`: carried, not checked. */
  readonly tokens: readonly Bytes[];
  readonly stamped: ShownStamped | undefined;
  readonly seal: ShownSeal;
  readonly entries: readonly ShownEntry[];
  readonly subjects: readonly ShownSubject[];
}

export interface BundleFile {
  /** What the exporter signed. */
  readonly payload: Bytes;
  readonly keyid: string;
  readonly signature: Bytes;
  readonly bundle: Bundle;
}

export function readBundleFile(file: Uint8Array): BundleFile {
  const all = fields(readExact(file, "file"), "file", ["payload", "payloadType", "signatures"]);
  need(all.payloadType === EVIDENCE_TYPE, "format", "another payload type", "载荷类型不符");
  const signatures = readList(all.signatures, "signatures", 1);
  const one = fields(signatures[0], "signature", ["keyid", "sig"]);
  const payload = readBytes(all.payload, "payload", { most: MAX_FILE });
  const signature = readBytes(one.sig, "sig", { most: MAX_FILE });
  const keyid = readText(one.keyid, "keyid", MAX_FILE);
  return { payload, keyid, signature, bundle: readBundle(readExact(payload, "bundle")) };
}

function readBundle(value: Json): Bundle {
  const all = fields(value, "bundle", [
    "version", "ledger", "query", "closure", "withheld", "extraction", "checkpoint", "tokens", "stamped?", "seal",
    "entries", "subjects", "nodes",
  ]);
  readVersion(all.version);
  const nodes = new Nodes(all.nodes);
  const bundle: Bundle = {
    ledger: readHex(all.ledger, "ledger"),
    query: readQuery(all.query),
    closure: readChoice(all.closure, "closure", ["whole", "named"]),
    withheld: readNumber(all.withheld, "withheld"),
    extraction: readExtraction(all.extraction),
    checkpoint: readText(all.checkpoint, "checkpoint", MAX_FILE),
    tokens: readList(all.tokens, "tokens", MAX_TOKENS).map((token) => readBytes(token, "token", { most: MAX_TOKEN })),
    stamped: readStamped(all.stamped, nodes),
    seal: readSeal(all.seal, nodes),
    entries: readList(all.entries, "entries", MAX_ENTRIES).map((entry) => readEntry(entry, nodes)),
    subjects: readList(all.subjects, "subjects", MAX_SUBJECTS).map((subject) => readShownSubject(subject, nodes)),
  };
  nodes.allUsed();
  checkOrder(bundle);
  return bundle;
}

function readStamped(value: Json | undefined, nodes: Nodes): ShownStamped | undefined {
  if (value === undefined) return undefined;
  const all = fields(value, "stamped", ["checkpoint", "consistency"]);
  const checkpoint = readText(all.checkpoint, "stamped.checkpoint", MAX_FILE);
  return { checkpoint, consistency: nodes.proof(all.consistency, "stamped.consistency") };
}

function checkOrder({ tokens, stamped, entries, subjects, withheld }: Bundle): void {
  const first = entries[0]?.index === 0;
  const hidden = entries.filter((entry) => entry.payload === undefined).length;
  const links = subjects.reduce((sum, subject) => sum + subject.links.length, 0);
  need(stamped === undefined || tokens.length > 0, "format", "stamped: without a token", "stamped：没有对应的时间戳");
  need(first, "format", "entries must begin with the genesis", "须以创世条目开头");
  need(isAscending(entries, (a, b) => a.index - b.index), "format", "entries do not ascend", "条目未按升序排列");
  need(isAscending(subjects, compareSubjects), "format", "subjects do not ascend", "对象未按升序排列");
  need(links <= MAX_LINKS, "format", "too many links", "链接过多");
  need(hidden === withheld, "format", "withheld is not the number of entries withheld", "与未出示条目数不符");
}

function compareSubjects({ subject: a }: ShownSubject, { subject: b }: ShownSubject): number {
  return compareTexts(a.kind, b.kind) || compareTexts(a.text, b.text);
}

function readQuery(value: Json | undefined): Query {
  const all = fields(value, "query", ["kind", "text", "as_of"]);
  const query: Query = {
    kind: readChoice(all.kind, "query.kind", QUERY_KINDS),
    text: readText(all.text, "query.text", MAX_TEXT),
    as_of: readNumber(all.as_of, "query.as_of"),
  };
  // Another text was never named, trivially.
  need(subjectsAsked(query) !== undefined, "format", "query.text: not canonical", "query.text：不是规范写法");
  return query;
}

function readExtraction(value: Json | undefined): Extraction {
  const all = fields(value, "extraction", ["party", "key", "at", "purpose", "case"]);
  const extraction: Extraction = {
    party: readText(all.party, "extraction.party", MAX_TEXT),
    key: readHex(all.key, "extraction.key"),
    at: readNumber(all.at, "extraction.at"),
    purpose: readText(all.purpose, "extraction.purpose", MAX_REASON),
    case: readText(all.case, "extraction.case", MAX_REASON),
  };
  const reasons = extraction.purpose + extraction.case;
  need(reasons !== "", "format", "extraction: neither purpose nor case", "extraction：未写明用途或案件");
  need(!/\p{Cc}/u.test(reasons), "format", "extraction: control characters", "extraction：含控制字符");
  return extraction;
}

/** The genesis has a payload alone, a statement both, a withheld entry neither. */
function readEntry(value: Json, nodes: Nodes): ShownEntry {
  const all = fields(value, "entry", ["index", "leaf", "envelope?", "payload?", "inclusion"]);
  const { envelope, payload } = all;
  const entry: ShownEntry = {
    index: readNumber(all.index, "entry.index"),
    leaf: readBytes(all.leaf, "entry.leaf", { exactly: LEAF_LENGTH }),
    envelope: envelope === undefined ? undefined : readBytes(envelope, "envelope", { exactly: ENVELOPE_LENGTH }),
    payload: payload === undefined ? undefined : readBytes(payload, "payload", { most: MAX_PAYLOAD }),
    inclusion: nodes.proof(all.inclusion, "entry.inclusion"),
  };
  const isGenesis = payload !== undefined && envelope === undefined;
  need(payload !== undefined || envelope === undefined, "format", "an entry lacks its payload", "条目缺少载荷");
  need(isGenesis === (entry.index === 0), "format", "only entry 0 is a genesis", "仅条目 0 为创世条目");
  return entry;
}

function readShownSubject(value: Json, nodes: Nodes): ShownSubject {
  const all = fields(value, "subject", ["kind", "text", "runs", "links"]);
  const links = readList(all.links, "links", MAX_LINKS).map((link) => readLink(link, nodes));
  need(isAscending(links, (a, b) => a.entry - b.entry), "format", "links do not ascend", "链接未按升序排列");
  return { subject: readSubject(all.kind, all.text), runs: readRuns(all.runs, nodes), links };
}

function readLink(value: Json, nodes: Nodes): ShownLink {
  const all = fields(value, "link", ["entry", "at", "count", "blind?", "proof"]);
  const blind = all.blind === undefined ? undefined : readBytes(all.blind, "blind", { exactly: HASH_LENGTH });
  return {
    entry: readNumber(all.entry, "link.entry"),
    at: readNumber(all.at, "link.at"),
    count: readNumber(all.count, "link.count", MAX_U32),
    blind,
    proof: nodes.proof(all.proof, "link.proof"),
  };
}

/** Bytes by which a fraud proof is told from a bundle: it says first what it is. */
const FRAUD = utf8('{"kind":');

export function isFraudProof(file: Uint8Array): boolean {
  return FRAUD.every((byte, i) => file[i] === byte);
}
