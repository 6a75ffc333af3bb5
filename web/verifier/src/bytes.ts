// Bytes, and the texts that stand for them: hexadecimal, strict base64, strict UTF-8, big-endian numbers.

// In a buffer of their own, as WebCrypto wants them.
export type Bytes = Uint8Array<ArrayBuffer>;

export function concat(parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Negative, zero or positive: as unsigned numbers from the left. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** The bytes of lower-case hexadecimal digits; nothing if the text is not so many of them. */
export function unhex(text: string, length: number): Bytes | undefined {
  if (text.length !== 2 * length || !/^[0-9a-f]*$/.test(text)) return undefined;
  return Uint8Array.from({ length }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

const encoder = new TextEncoder();
// By default a decoder drops a byte order mark, and bytes would no longer be told apart.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** The text of strict UTF-8; nothing if it is not that. */
export function unutf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether every surrogate has its partner, so that the text has a UTF-8 form. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Ascending by the bytes of UTF-8, which is not the order of UTF-16. */
export function compareTexts(a: string, b: string): number {
  return compareBytes(utf8(a), utf8(b));
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SIXTETS = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) SIXTETS[ALPHABET.charCodeAt(i)] = i;

function sixtet(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (SIXTETS[code] as number) : -1;
}

/** RFC 4648 section 4 with padding and zeros in unused bits; nothing if the text is spelled otherwise. */
export function unbase64(text: string): Bytes | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    const unused = i + 4 === text.length ? padding : 0;
    const a = sixtet(text, i);
    const b = sixtet(text, i + 1);
    const c = unused > 1 ? 0 : sixtet(text, i + 2);
    const d = unused > 0 ? 0 : sixtet(text, i + 3);
    if ((a | b | c | d) < 0) return undefined;
    const group = (a << 18) | (b << 12) | (c << 6) | d;
    if (unused > 0 && (group & (unused === 2 ? 0xffff : 0xff)) !== 0) return undefined;
    bytes[at++] = group >> 16;
    if (unused < 2) bytes[at++] = (group >> 8) & 0xff;
    if (unused < 1) bytes[at++] = group & 0xff;
  }
  return bytes;
}

export function u32(number: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

export function u64(number: bigint): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, number);
  return bytes;
}

/** The u64 at a place, which the caller has made sure is there. */
export function readU64(bytes: Uint8Array, at: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(at);
}
