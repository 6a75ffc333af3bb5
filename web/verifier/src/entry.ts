// Entries shown in a bundle, each checked by itself and read (docs/FORMAT.md 9.4, step 6).

import { type Bytes, hex, sameBytes } from "./bytes.js";
import type { Bundle, ShownEntry } from "./bundle.js";
import type { Checkpoint } from "./checkpoint.js";
import { contentHash, sha256 } from "./hash.js";
import { type Envelope, LEAF_TYPE, type Leaf, readEnvelope, readLeaf, secretOf } from "./leaf.js";
import { verifyInclusion } from "./merkle.js";
import { Refusal, forEachInOrder, given, need } from "./refusal.js";
import { type Message, ScanError, scan } from "./scanner.js";
import type { Seal } from "./seal.js";
import { type Named, type Subject, followed, namedBy, namedByGenesis } from "./subjects.js";

/** A statement that is shown. */
export interface Statement {
  readonly kind: string;
  readonly header: Message;
  readonly body: Message;
  readonly payload: Bytes;
  readonly envelope: Envelope;
  readonly named: readonly Named[];
  /** What it names that belongs to the closure. */
  readonly followed: readonly Subject[];
}

/** An entry that is in the log as its leaf says. */
export interface Entry {
  readonly index: number;
  readonly leaf: Leaf;
  /** What blinds its links; nothing where the entry is withheld. */
  readonly secret: Bytes | undefined;
  readonly statement: Statement | undefined;
}

const TARGETING = ["correct", "void", "endorse", "erase"];

function fault(index: number, english: string, chinese: string): Refusal {
  return new Refusal("entry", `entry ${index}: ${english}`, `条目 ${index}：${chinese}`);
}

/** The entries of a bundle by index, and what they say of each other. */
export class Entries {
  readonly byIndex: ReadonlyMap<number, Entry>;
  readonly genesis: Message;
  private readonly ofGenesis: readonly Subject[];
  /** Statements by signer and id. */
  private readonly references = new Map<string, number>();

  private constructor(entries: readonly Entry[], genesis: Message, ofGenesis: readonly Subject[]) {
    this.byIndex = new Map(entries.map((entry) => [entry.index, entry]));
    this.genesis = genesis;
    this.ofGenesis = ofGenesis;
    for (const { index, statement } of entries) {
      if (statement !== undefined) this.references.set(reference(statement.header), index);
    }
  }

  static async check(bundle: Bundle, genesis: Message, seal: Seal, checkpoint: Checkpoint): Promise<Entries> {
    const check = (shown: ShownEntry): Promise<Entry> => checkEntry(shown, bundle.ledger, seal, checkpoint);
    const entries = await forEachInOrder(bundle.entries, check);
    let last = 0n;
    for (const { index, leaf } of entries) {
      if (leaf.recordedAt < last) throw fault(index, "recorded before the entry shown before it", "记录时间早于前一所示条目");
      last = leaf.recordedAt;
    }
    const early = "the seal was recorded before an entry it covers";
    need(last <= seal.sealedAt, "entry", early, "封存时间早于所覆盖条目");
    return new Entries(entries, genesis, await namedByGenesis(genesis));
  }

  /** The entry whose statement this one names as its target, if that is shown. It stands before it. */
  target(entry: Entry): Entry | undefined {
    const { statement } = entry;
    const named = TARGETING.includes(statement?.kind ?? "") ? statement?.body.message("target") : undefined;
    const found = named === undefined ? undefined : this.references.get(reference(named));
    return found !== undefined && found < entry.index ? this.byIndex.get(found) : undefined;
  }

  /** Subjects that an entry must link, as far as the bundle shows why. */
  mustLink(entry: Entry): Subject[] {
    const found: Subject[] = [];
    for (let at: Entry | undefined = entry; at !== undefined; at = this.target(at)) {
      found.push(...(at.index === 0 ? this.ofGenesis : (at.statement?.named ?? [])));
    }
    return found;
  }
}

function reference(of: Message): string {
  return `${hex(of.bytes("id"))} ${of.text("party")}`;
}

async function checkEntry(shown: ShownEntry, ledger: Bytes, seal: Seal, checkpoint: Checkpoint): Promise<Entry> {
  const { index } = shown;
  if (index >= seal.covered) throw fault(index, "the seal does not cover it", "未被封存条目覆盖");
  const leaf = await readLeaf(shown.leaf);
  if (leaf === undefined) throw fault(index, "its leaf is malformed", "叶节点格式有误");
  const isIn = await verifyInclusion(leaf.hash, BigInt(index), checkpoint.size, shown.inclusion, checkpoint.root);
  if (!isIn) throw fault(index, "it is not shown to be under the checkpoint", "未能证明在检查点之下");
  const type = index === 0 ? LEAF_TYPE.genesis : LEAF_TYPE.statement;
  if (leaf.type !== type) throw fault(index, "its leaf is of another type", "叶节点类型不符");
  if (shown.payload === undefined) return { index, leaf, secret: undefined, statement: undefined };
  const committed = shown.envelope ?? shown.payload;
  const commits = sameBytes(leaf.content, await contentHash(committed));
  if (!commits) throw fault(index, "its leaf commits to other contents", "叶节点承诺的内容不同");
  const secret = await secretOf(committed);
  const { envelope, payload } = shown;
  const statement = envelope === undefined ? undefined : await readStatement(index, envelope, payload, ledger);
  return { index, leaf, secret, statement };
}

async function readStatement(index: number, bytes: Bytes, payload: Bytes, ledger: Bytes): Promise<Statement> {
  const envelope = readEnvelope(bytes);
  if (envelope === undefined) throw fault(index, "its envelope is malformed", "信封格式有误");
  const statement = scanStatement(index, payload);
  const same = sameBytes(envelope.digest, await sha256(payload));
  if (!same) throw fault(index, "its envelope is of another payload", "信封属于其他载荷");
  const [header, kind, body] = [statement.message("header"), statement.chosen, statement.body()];
  const english = `entry ${index}: its payload has no header or no body`;
  const chinese = `条目 ${index}：载荷缺少头部或正文`;
  const [head, content] = [given(header, "entry", english, chinese), given(body, "entry", english, chinese)];
  if (!sameBytes(head.bytes("ledger"), ledger)) throw fault(index, "it was signed for another ledger", "系为其他账本签署");
  const named = await namedBy(head, kind ?? "", content);
  const bold = followed(kind ?? "", content, named);
  return { kind: kind ?? "", header: head, body: content, payload, envelope, named, followed: bold };
}

function scanStatement(index: number, payload: Bytes): Message {
  try {
    return scan(payload, "Statement");
  } catch (error) {
    if (error instanceof ScanError) throw fault(index, `payload: ${error.message}`, `载荷编码有误：${error.message}`);
    throw error;
  }
}
