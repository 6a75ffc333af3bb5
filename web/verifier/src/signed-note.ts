// Signed notes and their keys (C2SP signed-note): a text, an empty line, and one line for each signature.

import { type Bytes, concat, hex, isWellFormed, sameBytes, unbase64, unhex, utf8 } from "./bytes.js";
import { isKey } from "./ed25519.js";
import { sha256 } from "./hash.js";
import { type Part, TrustError, given, need } from "./refusal.js";

const MAX_NOTE = 512 * 1024;
const MAX_SIGNATURES = 64;
const MAX_NAME = 255;
const KEY_HASH = 4;
const DASH = "\u2014 ";

/** What signs: a log its checkpoints, or a witness cosignatures over them. */
export const SIGNATURE_TYPE = { log: 1, cosignature: 4 } as const;

/** Whether a name may stand in a signature line. */
function isName(name: string): boolean {
  return name !== "" && !/[\p{White_Space}+\u0000-\u001f]/u.test(name);
}

/** Whether a name may be that of a key here, or the origin of a log. */
export function isKeyName(name: string): boolean {
  return isName(name) && isWellFormed(name) && utf8(name).length <= MAX_NAME && !/\p{Cc}/u.test(name);
}

/** `name+hash+base64(type ‖ public key)`. */
export interface NoteKey {
  readonly text: string;
  readonly name: string;
  readonly type: number;
  readonly hash: Bytes;
  readonly publicKey: Bytes;
}

/** Reads the text of a key; nothing if it is none that may be one. */
export async function parseNoteKey(text: string): Promise<NoteKey | undefined> {
  const [name, keyHash, ...rest] = text.split("+");
  const data = unbase64(rest.join("+"));
  const hash = unhex(keyHash ?? "", KEY_HASH);
  if (name === undefined || hash === undefined || data === undefined || data.length !== 33) return undefined;
  const computed = await sha256(utf8(name), utf8("\n"), data);
  const publicKey = data.slice(1);
  if (!isKeyName(name) || !sameBytes(hash, computed.subarray(0, KEY_HASH)) || !isKey(publicKey)) return undefined;
  return { text, name, type: data[0] as number, hash, publicKey };
}

/** A key that the reader brought along. */
export async function trustedKey(text: string, type: number, what: string): Promise<NoteKey> {
  const key = await parseNoteKey(text);
  if (key === undefined) throw new TrustError(`the ${what} ${text} is not spelled name+hash+base64, or damaged`);
  if (key.type !== type) throw new TrustError(`the ${what} ${text} is of signature type ${key.type}, not ${type}`);
  return key;
}

interface SignatureLine {
  readonly name: string;
  readonly keyHash: string;
  readonly signature: Bytes;
}

/** A text with signatures, none of them believed. */
export class SignedNote {
  readonly text: string;
  private readonly lines: readonly SignatureLine[];

  private constructor(text: string, lines: readonly SignatureLine[]) {
    this.text = text;
    this.lines = lines;
  }

  static parse(note: string): SignedNote {
    const part: Part = "checkpoint";
    need(utf8(note).length <= MAX_NOTE, part, "the note is too long", "签名文本过长");
    need(!/[\u0000-\u0009\u000b-\u001f]/.test(note), part, "the note has control characters", "签名文本含控制字符");
    const gap = note.lastIndexOf("\n\n");
    need(gap >= 0 && note.endsWith("\n"), part, "the note has no signatures", "签名文本没有签名行");
    const lines = note.slice(gap + 2, -1).split("\n");
    need(lines.length <= MAX_SIGNATURES, part, "the note has too many signatures", "签名行过多");
    const read = lines.map((line) => given(signatureLine(line), part, "a malformed signature line", "签名行格式有误"));
    return new SignedNote(note.slice(0, gap + 1), read);
  }

  /** What stands behind the key hash in each line that is said to be by a key. */
  by(key: NoteKey): Bytes[] {
    const wanted = hex(key.hash);
    return this.lines.filter((line) => line.name === key.name && line.keyHash === wanted).map((line) => line.signature);
  }

  /** The bytes that are signed. */
  bytes(): Bytes {
    return utf8(this.text);
  }
}

function signatureLine(line: string): SignatureLine | undefined {
  if (!line.startsWith(DASH)) return undefined;
  const [name, data, ...more] = line.slice(DASH.length).split(" ");
  const bytes = data === undefined ? undefined : unbase64(data);
  const sound = name !== undefined && isName(name) && more.length === 0 && bytes !== undefined && bytes.length > KEY_HASH;
  if (!sound) return undefined;
  return { name, keyHash: hex(bytes.subarray(0, KEY_HASH)), signature: bytes.slice(KEY_HASH) };
}

/** What a witness signs: when, and the note's text. */
export function cosigned(seconds: bigint, note: SignedNote): Bytes {
  return concat([utf8(`cosignature/v1\ntime ${seconds}\n`), note.bytes()]);
}
