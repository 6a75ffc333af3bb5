// The 80 public bytes of an entry, the envelope of a statement, and links (docs/FORMAT.md 4.1, 4.2, 5.4, 5.5).

import { type Bytes, concat, readU64, sameBytes, u32, u64 } from "./bytes.js";
import { TAG, tagged } from "./hash.js";
import { leafHash, rootFromInclusion } from "./merkle.js";

export const LEAF_TYPE = { genesis: 0, statement: 1, seal: 2, accessDigest: 3 } as const;

const VERSION = 1;
const ED25519 = 1;

export interface Leaf {
  readonly type: number;
  /** µs. */
  readonly recordedAt: bigint;
  readonly content: Bytes;
  readonly links: Bytes;
  readonly hash: Bytes;
}

/** Reads a leaf of 80 bytes; nothing if it is of another version or type, or a reserved byte is not zero. */
export async function readLeaf(bytes: Bytes): Promise<Leaf | undefined> {
  const type = bytes[1] as number;
  const reserved = [2, 3, 12, 13, 14, 15].every((at) => bytes[at] === 0);
  if (bytes.length !== 80 || bytes[0] !== VERSION || type > LEAF_TYPE.accessDigest || !reserved) return undefined;
  const [content, links] = [bytes.slice(16, 48), bytes.slice(48, 80)];
  return { type, recordedAt: readU64(bytes, 4), content, links, hash: await leafHash(bytes) };
}

export interface Envelope {
  readonly keyId: Bytes;
  /** H(payload). */
  readonly digest: Bytes;
  readonly signature: Bytes;
}

/** Reads an envelope of 132 bytes; nothing if it is of another version, algorithm or length of signature. */
export function readEnvelope(bytes: Bytes): Envelope | undefined {
  if (bytes.length !== 132 || !sameBytes(bytes.subarray(0, 4), Uint8Array.of(VERSION, ED25519, 0, 64))) return undefined;
  return { keyId: bytes.slice(4, 36), digest: bytes.slice(36, 68), signature: bytes.slice(68) };
}

/** What blinds the links of an entry. */
export function secretOf(envelopeOrPayload: Uint8Array): Promise<Bytes> {
  return tagged(TAG.secret, envelopeOrPayload);
}

/** One link of an entry to a subject. */
export interface Link {
  readonly subject: Bytes;
  readonly previous: Bytes;
  readonly blind: Bytes;
}

export function blindOf(secret: Uint8Array, subject: Uint8Array): Promise<Bytes> {
  return tagged(TAG.blind, secret, subject);
}

/** The head of the subject after an entry. */
export function headOf(link: Link, index: number, leaf: Leaf): Promise<Bytes> {
  return tagged(TAG.head, link.previous, u64(BigInt(index)), leaf.hash, link.blind);
}

/** Bytes 48 to 79 of a leaf, from the number of links and the root over them. */
export function linksHash(count: number, root: Uint8Array): Promise<Bytes> {
  return tagged(TAG.links, u32(count), root);
}

/** Whether a leaf commits to a link, at this place among so many. */
export async function isLinked(
  link: Link, leaf: Leaf, place: { at: number; count: number; proof: readonly Bytes[] },
): Promise<boolean> {
  const own = await leafHash(concat([link.subject, link.previous, link.blind]));
  const root = await rootFromInclusion(own, BigInt(place.at), BigInt(place.count), place.proof);
  return root !== undefined && sameBytes(leaf.links, await linksHash(place.count, root));
}
