// SHA-256 by WebCrypto. What it hashes begins with a byte or a text that says what it is.

import { type Bytes, concat } from "./bytes.js";

export const HASH_LENGTH = 32;
export const ZEROS: Bytes = new Uint8Array(HASH_LENGTH);

/** First bytes of what is hashed (docs/FORMAT.md 3 to 6). */
export const TAG = {
  chain: 0x10, head: 0x12, content: 0x13, secret: 0x14, links: 0x15, state: 0x17, blind: 0x18, genesisScope: 0x1a,
} as const;

export async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(parts)));
}

export function tagged(tag: number, ...parts: Uint8Array[]): Promise<Bytes> {
  return sha256(Uint8Array.of(tag), ...parts);
}

/** What an entry's leaf commits to: of a statement the envelope, of others the payload. */
export function contentHash(envelopeOrPayload: Uint8Array): Promise<Bytes> {
  return tagged(TAG.content, envelopeOrPayload);
}
