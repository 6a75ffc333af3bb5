// What a reader knows beforehand, from elsewhere than the file.

import { type Bytes, hex, unhex } from "./bytes.js";
import { checkPlatform } from "./ed25519.js";
import { TrustError } from "./refusal.js";
import { type NoteKey, SIGNATURE_TYPE, trustedKey } from "./signed-note.js";

/** As a person gives it. */
export interface TrustOptions {
  /** The log's verifier key, `name+hash+base64`. */
  readonly logKey: string;
  /** Ledger id, 64 hexadecimal digits. A fraud proof does without. */
  readonly ledger?: string | undefined;
  /** Keys of witnesses. */
  readonly witnessKeys?: readonly string[] | undefined;
  /** Keys of witnesses that replay everything before they cosign, and are trusted to. */
  readonly auditorKeys?: readonly string[] | undefined;
  /** How many of all these must have cosigned; by default every one. */
  readonly quorum?: number | undefined;
  /** Most that the seal may be old, seconds. */
  readonly maxAge?: number | undefined;
  /** µs since 1970; by default the clock. */
  readonly now?: bigint | undefined;
}

export interface Witness {
  readonly key: NoteKey;
  readonly auditing: boolean;
}

export interface Trust {
  readonly logKey: NoteKey;
  readonly ledger: Bytes | undefined;
  readonly witnesses: readonly Witness[];
  readonly quorum: number;
  /** µs. */
  readonly maxAge: bigint | undefined;
  /** µs. */
  readonly now: bigint;
}

function isWhole(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0;
}

export async function readTrust(options: TrustOptions): Promise<Trust> {
  await checkPlatform();
  const ledger = options.ledger === undefined ? undefined : unhex(options.ledger, 32);
  if (options.ledger !== undefined && ledger === undefined) throw new TrustError("the ledger id must be 64 hexadecimal digits");
  const witnesses = await readWitnesses(options);
  const { quorum = witnesses.length, maxAge } = options;
  if (!isWhole(quorum) || !isWhole(maxAge ?? 0)) throw new TrustError("quorum and greatest age must be whole numbers from 0");
  return {
    logKey: await trustedKey(options.logKey, SIGNATURE_TYPE.log, "log key"),
    ledger,
    witnesses,
    quorum,
    maxAge: maxAge === undefined ? undefined : BigInt(maxAge) * 1_000_000n,
    now: options.now ?? BigInt(Date.now()) * 1000n,
  };
}

async function readWitnesses({ witnessKeys = [], auditorKeys = [] }: TrustOptions): Promise<Witness[]> {
  const read = (text: string): Promise<NoteKey> => trustedKey(text, SIGNATURE_TYPE.cosignature, "witness key");
  const [plain, auditing] = [await Promise.all(witnessKeys.map(read)), await Promise.all(auditorKeys.map(read))];
  const keys = [...plain, ...auditing];
  if (new Set(keys.map((key) => hex(key.publicKey))).size < keys.length) throw new TrustError("a witness key is given twice");
  return [...plain.map((key) => ({ key, auditing: false })), ...auditing.map((key) => ({ key, auditing: true }))];
}
