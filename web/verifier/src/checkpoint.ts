// Checkpoints (C2SP tlog-checkpoint) under the log's key, and cosignatures (C2SP tlog-cosignature) of witnesses.

import { type Bytes, readU64, sameBytes, unbase64 } from "./bytes.js";
import { verifySignature } from "./ed25519.js";
import { MAX_TREE, emptyRoot } from "./merkle.js";
import { given, need } from "./refusal.js";
import { type NoteKey, SignedNote, cosigned } from "./signed-note.js";

/** So many first leaves of the log have this root. */
export interface Checkpoint {
  readonly size: bigint;
  readonly root: Bytes;
}

const COSIGNATURE_LENGTH = 8 + 64;
const MAX_SECONDS = 2n ** 63n - 1n;

/** Opens a note with the key of the log that it must be of. */
export async function openCheckpoint(note: SignedNote, key: NoteKey): Promise<Checkpoint> {
  const signatures = note.by(key);
  need(signatures.length > 0, "checkpoint", "it is not signed by the log's key", "未由日志密钥签署");
  for (const signature of signatures) {
    const sound = await verifySignature(key.publicKey, note.bytes(), signature);
    need(sound, "checkpoint", "a false signature in the name of the log", "冒用日志名义的签名有误");
  }
  return readCheckpoint(note.text, key.name);
}

async function readCheckpoint(text: string, origin: string): Promise<Checkpoint> {
  const lines = text.split("\n");
  const three = lines.length === 4 && lines[3] === "";
  need(three, "checkpoint", "it is not three lines", "检查点不是三行");
  const [name, sizeText, rootText] = lines as [string, string, string, string];
  need(name === origin, "checkpoint", "its origin is not the name of the log's key", "来源与日志密钥名称不符");
  const size = /^(0|[1-9][0-9]{0,18})$/.test(sizeText) ? BigInt(sizeText) : undefined;
  const root = unbase64(rootText);
  const sized = given(size, "checkpoint", "its size is malformed", "大小格式有误");
  need(sized <= MAX_TREE, "checkpoint", "its size is out of range", "大小超出范围");
  const rooted = given(root, "checkpoint", "its root is malformed", "根格式有误");
  const sound = rooted.length === 32 && (sized > 0n || sameBytes(rooted, await emptyRoot()));
  need(sound, "checkpoint", "its root is malformed", "根格式有误");
  return { size: sized, root: rooted };
}

/** When a witness last cosigned a note, in seconds; nothing if it has not. */
export async function cosignedAt(note: SignedNote, key: NoteKey): Promise<bigint | undefined> {
  let newest: bigint | undefined;
  for (const line of note.by(key)) {
    const at = await oneCosignature(note, key, line);
    const english = `a false cosignature in the name of ${key.name}`;
    const seconds = given(at, "witness", english, `冒用 ${key.name} 的会签有误`);
    if (newest === undefined || seconds > newest) newest = seconds;
  }
  return newest;
}

async function oneCosignature(note: SignedNote, key: NoteKey, line: Bytes): Promise<bigint | undefined> {
  if (line.length !== COSIGNATURE_LENGTH) return undefined;
  const at = readU64(line, 0);
  if (at > MAX_SECONDS) return undefined;
  const sound = await verifySignature(key.publicKey, cosigned(at, note), line.slice(8));
  return sound ? at : undefined;
}
