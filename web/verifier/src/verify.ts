// Checks a file, in the order of docs/FORMAT.md 9.4.

import { type Act, actsOf } from "./acts.js";
import { type Bundle, type BundleFile, type ShownLink, type ShownSubject, isFraudProof, readBundleFile } from "./bundle.js";
import { type Bytes, hex, sameBytes } from "./bytes.js";
import { type Checkpoint, cosignedAt, openCheckpoint } from "./checkpoint.js";
import { type Histories, type History, checkClosure } from "./closure.js";
import { EVIDENCE_TYPE, signed } from "./dsse.js";
import { Entries } from "./entry.js";
import { verifyFraud } from "./fraud.js";
import { readGenesis } from "./genesis.js";
import { contentHash } from "./hash.js";
import { type KeyHistory, type Keys, checkSignatures, hasExpired, readKey } from "./key-history.js";
import { blindOf, readLeaf } from "./leaf.js";
import { entryAsked, subjectsAsked } from "./query.js";
import { verifyConsistency } from "./merkle.js";
import { Refusal, TrustError, forEachInOrder, given, need } from "./refusal.js";
import type { Message } from "./scanner.js";
import { type Seal, checkSeal } from "./seal.js";
import { SignedNote } from "./signed-note.js";
import { type ChainLink, checkChain, stateOf } from "./subject-proof.js";
import { nameOf, subjectKey } from "./subjects.js";
import { type Trust, type TrustOptions, readTrust } from "./trust.js";
import { type Checked, type Verdict, type Voucher, proven, refused } from "./verdict.js";

/** Most that times of a bundle may lie ahead of the reader's clock, µs. */
const MAX_AHEAD = 300_000_000n;

/** A verdict with the acts that a proven bundle tells of, which are no part of the verdict. */
export interface Examination {
  readonly verdict: Verdict;
  readonly acts: readonly Act[];
}

/**
 * Checks an evidence bundle or a fraud proof, without a network. Throws a TrustError where the keys or ledger id given
 * are malformed, and Unsupported where signatures cannot be checked; says of the file only what it returns.
 */
export async function examine(file: Uint8Array, options: TrustOptions): Promise<Examination> {
  const trust = await readTrust(options);
  const fraud = isFraudProof(file);
  if (!fraud && trust.ledger === undefined) throw new TrustError("the ledger id is needed to check a bundle");
  try {
    if (fraud) return { verdict: await verifyFraud(file, trust.logKey), acts: [] };
    const checked = await checkBundle(readBundleFile(file), trust);
    const verdict = proven(checked);
    return { verdict, acts: actsOf(verdict, checked.entries) };
  } catch (error) {
    if (error instanceof Refusal) return { verdict: refused(error), acts: [] };
    throw error;
  }
}

/** The verdict alone. */
export async function verify(file: Uint8Array, options: TrustOptions): Promise<Verdict> {
  return (await examine(file, options)).verdict;
}

async function checkBundle(file: BundleFile, trust: Trust): Promise<Checked> {
  const { bundle } = file;
  const genesis = await checkLedger(bundle, trust);
  const note = SignedNote.parse(bundle.checkpoint);
  const checkpoint = await openCheckpoint(note, trust.logKey);
  const vouchers = await checkWitnesses(note, trust);
  await checkStamped(bundle, checkpoint, trust);
  const seal = await checkSeal(bundle.seal, checkpoint);
  const entries = await Entries.check(bundle, genesis, seal, checkpoint);
  const histories = await checkSubjects(bundle, seal, entries);
  const keys = await checkKeys(bundle, histories, entries);
  checkClosure(bundle, histories, entries);
  checkQuery(bundle, seal, histories, entries);
  await checkExporter(file, keys);
  checkTime(bundle, seal, trust);
  return { bundle, checkpoint, seal, entries, histories, keys, vouchers };
}

/** The genesis is that of the ledger trusted, and names the log key trusted. */
async function checkLedger(bundle: Bundle, trust: Trust): Promise<Message> {
  const [english, chinese] = ["it is of another ledger", "属于其他账本"];
  const shown = given(bundle.entries[0], "ledger", english, chinese);
  const leaf = given(await readLeaf(shown.leaf), "ledger", english, chinese);
  const ledger = given(trust.ledger, "ledger", english, chinese);
  need(sameBytes(bundle.ledger, ledger) && sameBytes(leaf.hash, ledger), "ledger", english, chinese);
  const payload = given(shown.payload, "ledger", english, chinese);
  need(sameBytes(leaf.content, await contentHash(payload)), "ledger", english, chinese);
  const genesis = given(await readGenesis(payload), "ledger", "its genesis is malformed", "创世条目格式有误");
  const own = genesis.text("log_key") === trust.logKey.text;
  need(own, "ledger", "its genesis names another log key", "创世条目所列日志密钥不同");
  return genesis;
}

async function checkWitnesses(note: SignedNote, trust: Trust): Promise<Voucher[]> {
  const vouchers: Voucher[] = [];
  for (const { key, auditing } of trust.witnesses) {
    const at = await cosignedAt(note, key);
    if (at !== undefined) vouchers.push({ name: key.name, at, auditing });
  }
  const [found, wanted] = [vouchers.length, trust.quorum];
  const [english, chinese] = [`${found} witnesses cosigned, ${wanted} are wanted`, `${found} 个见证方会签，须有 ${wanted} 个`];
  need(found >= wanted, "witness", english, chinese);
  return vouchers;
}

/** An earlier checkpoint that tokens are over is one of this log. Whose tokens they are is not checked here. */
async function checkStamped({ stamped }: Bundle, checkpoint: Checkpoint, trust: Trust): Promise<void> {
  if (stamped === undefined) return;
  const { size, root } = await openStamped(stamped.checkpoint, trust);
  const before = size < checkpoint.size;
  const grown = before && (await verifyConsistency(size, root, checkpoint.size, checkpoint.root, stamped.consistency));
  need(grown, "stamp", "what was stamped is not the beginning of the log", "盖时间戳的检查点不是日志的开头");
}

async function openStamped(note: string, trust: Trust): Promise<Checkpoint> {
  try {
    return await openCheckpoint(SignedNote.parse(note), trust.logKey);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal("stamp", `what was stamped: ${error.message}`, `盖时间戳的检查点不可信：${error.chinese}`);
  }
}

async function checkSubjects(bundle: Bundle, seal: Seal, entries: Entries): Promise<Histories> {
  const histories = await forEachInOrder(bundle.subjects, (shown) => checkSubject(shown, seal, entries));
  return new Map(histories.map((history) => [nameOf(history.subject), history]));
}

async function checkSubject({ subject, runs, links }: ShownSubject, seal: Seal, entries: Entries): Promise<History> {
  const [name, key] = [nameOf(subject), await subjectKey(subject)];
  const state = await stateOf(key, runs, seal, name);
  const chain = await forEachInOrder(links, (link) => chainLink(link, key, entries, name));
  await checkChain(key, state, chain, name);
  const named = chain.flatMap((link) => entries.byIndex.get(link.index) ?? []);
  return { subject, present: state !== undefined, entries: named };
}

/** What a link says is computed where the entry is shown, and stands in the file where it is withheld. */
async function chainLink(link: ShownLink, subject: Bytes, entries: Entries, name: string): Promise<ChainLink> {
  const found = entries.byIndex.get(link.entry);
  const [english, chinese] = [`${name}: entry ${link.entry}`, `${name}：条目 ${link.entry}`];
  const { leaf, secret } = given(found, "subject", `${english} is not shown`, `${chinese} 未出示`);
  const shown = secret === undefined ? link.blind : await blindOf(secret, subject);
  const fits = (secret === undefined) === (link.blind !== undefined);
  need(fits, "subject", `${english}: its blind stands there exactly if it is withheld`, `${chinese}：盲值须且仅须在未出示时给出`);
  const blind = given(shown, "subject", `${english} has no blind`, `${chinese} 缺少盲值`);
  return { index: link.entry, leaf, blind, at: link.at, count: link.count, proof: link.proof };
}

async function checkKeys(bundle: Bundle, histories: Histories, entries: Entries): Promise<Keys> {
  const keys = new Map<string, KeyHistory>();
  for (const { subject, entries: chain } of histories.values()) {
    if (subject.kind === "key") keys.set(subject.text, await readKey(subject.text, chain, entries, bundle.ledger));
  }
  await checkSignatures(entries, keys);
  return keys;
}

function checkQuery({ query, closure }: Bundle, seal: Seal, histories: Histories, entries: Entries): void {
  const check = (sound: boolean, english: string, chinese: string): void => need(sound, "query", english, chinese);
  const inRange = query.as_of >= 1 && query.as_of <= seal.covered;
  check(inRange, "it asks for a time that the seal does not cover", "所问时点不在封存范围内");
  const named = (subjectsAsked(query) ?? []).some((subject) => histories.get(nameOf(subject))?.present ?? false);
  if (query.kind === "absent") {
    check(!named, "what is said to be absent was named", "声称不存在的对象曾出现");
  } else if (query.kind === "entry") {
    const shown = entries.byIndex.get(entryAsked(query) ?? 0)?.statement !== undefined;
    check(closure === "named", "an entry by itself has no whole closure", "单个条目没有完整闭包");
    check(shown, "the entry asked for is not shown", "未出示所问条目");
  } else {
    check(named, "what is asked for was never named", "所问对象从未出现");
  }
}

async function checkExporter({ bundle, keyid, payload, signature }: BundleFile, keys: Keys): Promise<void> {
  const check = (sound: boolean, english: string, chinese: string): void => need(sound, "exporter", english, chinese);
  const { party, key: id, at } = bundle.extraction;
  check(keyid === hex(id), "another key signed than the one it names", "签名密钥与所列不符");
  const key = given(keys.get(keyid), "exporter", "its key is not shown", "未出示其密钥");
  check(key.party === party, "its key belongs to another party", "密钥属于其他主体");
  check(key.revoked === undefined, "its key has been revoked", "密钥已吊销");
  check(!hasExpired(key, BigInt(at)), "its key had expired", "密钥已过期");
  check(await signed(key.publicKey, EVIDENCE_TYPE, payload, signature), "its signature does not verify", "签名验证失败");
}

function checkTime(bundle: Bundle, seal: Seal, trust: Trust): void {
  const latest = trust.now + MAX_AHEAD;
  const past = seal.sealedAt <= latest && BigInt(bundle.extraction.at) <= latest;
  need(past, "time", "it lies ahead of the clock", "时间超前于本机时钟");
  const fresh = trust.maxAge === undefined || trust.now - seal.sealedAt <= trust.maxAge;
  need(fresh, "time", "its seal is older than allowed", "封存时间早于允许的期限");
}
