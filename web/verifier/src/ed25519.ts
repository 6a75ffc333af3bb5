// Which Ed25519 keys and signatures count (docs/FORMAT.md 3). RFC 8032 leaves room, and libraries use it; here the
// answer is the same everywhere. WebCrypto evaluates the equation; what it may do otherwise is done here:
//
//   key          canonical, not the identity, and [L]A is the identity
//   signature    S < L; R canonical and not of small order, as [S]B − [k]A is where A is such a key
//
// What is left to WebCrypto is whether R is the encoding of [S]B − [k]A or, as some would have it, equal to it but
// for a part of small order. A signature that only the latter accept is tried once before any other.

import { type Bytes, unhex, utf8 } from "./bytes.js";
import { Unsupported } from "./refusal.js";

/** The prime of the field, the order of the base point, and d of the curve (RFC 8032 section 5.1). */
export const P = 2n ** 255n - 19n;
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const ROOT_OF_MINUS_ONE = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;

/** A point in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. */
export type Point = readonly [X: bigint, Y: bigint, Z: bigint, T: bigint];

export const NEUTRAL: Point = [0n, 1n, 1n, 0n];

function mod(number: bigint): bigint {
  const rest = number % P;
  return rest < 0n ? rest + P : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, mod(base)];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

export function add(p: Point, q: Point): Point {
  const a = mod((p[1] - p[0]) * (q[1] - q[0]));
  const b = mod((p[1] + p[0]) * (q[1] + q[0]));
  const c = mod(2n * p[3] * mod(q[3] * D));
  const d = mod(2n * p[2] * q[2]);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function double(p: Point): Point {
  const [a, b, c] = [p[0] * p[0], p[1] * p[1], 2n * p[2] * p[2]];
  const h = a + b;
  const e = mod(h - (p[0] + p[1]) * (p[0] + p[1]));
  const g = mod(a - b);
  const f = mod(c + g);
  const sum = mod(h);
  return [mod(e * f), mod(g * sum), mod(f * g), mod(e * sum)];
}

export function multiply(point: Point, times: bigint): Point {
  let [sum, doubled] = [NEUTRAL, point];
  for (let left = times; left > 0n; left >>= 1n) {
    if (left & 1n) sum = add(sum, doubled);
    doubled = double(doubled);
  }
  return sum;
}

export function isNeutral(point: Point): boolean {
  return mod(point[0]) === 0n && mod(point[1] - point[2]) === 0n;
}

export function encode(point: Point): Bytes {
  const inverse = power(point[2], P - 2n);
  const [x, y] = [mod(point[0] * inverse), mod(point[1] * inverse)];
  return toLittleEndian(y | ((x & 1n) << 255n));
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

export function toLittleEndian(number: bigint): Bytes {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn));
}

/** The point that 32 bytes are the one encoding of. */
export function decode(bytes: Uint8Array): Point | undefined {
  const number = fromLittleEndian(bytes);
  const [sign, y] = [number >> 255n, number & (2n ** 255n - 1n)];
  if (bytes.length !== 32 || y >= P) return undefined;
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  const square = mod(u * power(v, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square) !== 0n) x = mod(x * ROOT_OF_MINUS_ONE);
  if (mod(x * x - square) !== 0n || (x === 0n && sign === 1n)) return undefined;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

/** Whether these 32 bytes may be a key: of a party, a log or a witness. */
export function isKey(bytes: Uint8Array): boolean {
  const point = decode(bytes);
  return point !== undefined && !isNeutral(point) && isNeutral(multiply(point, L));
}

/** Whether R may be that of a signature by such a key: y in its shortest form, and not that of x = 0. */
function isSoundPoint(bytes: Uint8Array): boolean {
  const y = fromLittleEndian(bytes) & (2n ** 255n - 1n);
  return y < P && y !== 1n && y !== P - 1n;
}

async function verifyByPlatform(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
}

/** Whether a key, which `isKey`, signed a message. `checkPlatform` comes before. */
export async function verifySignature(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (signature.length !== 64) return false;
  if (fromLittleEndian(signature.subarray(32)) >= L || !isSoundPoint(signature.subarray(0, 32))) return false;
  return verifyByPlatform(key, message, signature);
}

// Made from the scalars 7 and 11: the same message, R with and without a point of order 8 added.
const TRIAL = {
  key: "b862409fb5c4c4123df2abf7462b88f041ad36dd6864ce872fd5472be363c5b1",
  message: "yuanliu",
  sound: "1337036ac32d8f30d4589c3c1c595812ce0fff40e37c6f5a97ab213f318290ad52bb3ac31a513994c8cd4d7cacf717efb559687fff64561f54d2a099611a5c08",
  cofactored: "c891dd2fc0ca87a7460193895e046a914c11b66fdffa8e6b7c3ba83138499c708a46d9b6c430cf4fd6c2fbb3e157c67d7182844435f94636d88aca026d2eb200",
};

function literal(text: string, length: number): Bytes {
  const bytes = unhex(text, length);
  if (bytes === undefined) throw new Unsupported("the trial vectors are damaged");
  return bytes;
}

async function tryPlatform(): Promise<void> {
  if (globalThis.crypto?.subtle === undefined) {
    throw new Unsupported("WebCrypto is not there: open this page from a file, over https or from localhost");
  }
  const [key, message] = [literal(TRIAL.key, 32), utf8(TRIAL.message)];
  let judged: boolean[];
  try {
    judged = [
      await verifyByPlatform(key, message, literal(TRIAL.sound, 64)),
      await verifyByPlatform(key, message, literal(TRIAL.cofactored, 64)),
    ];
  } catch (error) {
    throw new Unsupported(`this WebCrypto does not know Ed25519: ${String(error)}`);
  }
  if (judged[0] !== true || judged[1] !== false) {
    throw new Unsupported("this WebCrypto judges Ed25519 signatures otherwise than RFC 8032 without the cofactor");
  }
}

let trial: Promise<void> | undefined;

/** Makes sure, once, that signatures can be checked here as they must be. */
export function checkPlatform(): Promise<void> {
  trial ??= tryPlatform();
  return trial;
}
