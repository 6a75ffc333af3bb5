// The tree of RFC 6962: hashes, inclusion proofs, consistency proofs. Sizes and indices are u64, so they are bigints.

import { type Bytes, sameBytes } from "./bytes.js";
import { sha256, tagged } from "./hash.js";

export const MAX_TREE = 2n ** 63n - 1n;

const NODES_KEPT = 65_536;
// A call of WebCrypto costs more than looking up; proofs in one tree share what is near its root.
const nodes = new Map<string, Promise<Bytes>>();

export function leafHash(data: Uint8Array): Promise<Bytes> {
  return tagged(0x00, data);
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  const key = String.fromCharCode(...left, ...right);
  const known = nodes.get(key);
  if (known !== undefined) return known;
  if (nodes.size >= NODES_KEPT) nodes.clear();
  const made = tagged(0x01, left, right);
  nodes.set(key, made);
  return made;
}

export function emptyRoot(): Promise<Bytes> {
  return sha256();
}

/** The root over leaf hashes. */
export async function rootOf(leaves: readonly Bytes[]): Promise<Bytes> {
  if (leaves.length === 0) return emptyRoot();
  if (leaves.length === 1) return leaves[0] as Bytes;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(await rootOf(leaves.slice(0, split)), await rootOf(leaves.slice(split)));
}

/** A tree that grows: the roots of its full subtrees, from the left. */
export class Edge {
  private leaves: bigint;
  private readonly roots: Bytes[];

  private constructor(leaves: bigint, roots: Bytes[]) {
    this.leaves = leaves;
    this.roots = roots;
  }

  /** Of a tree of so many leaves; nothing if such a tree has another number of full subtrees. */
  static of(leaves: bigint, roots: readonly Bytes[]): Edge | undefined {
    return leaves.toString(2).replaceAll("0", "").length === roots.length ? new Edge(leaves, [...roots]) : undefined;
  }

  get size(): bigint {
    return this.leaves;
  }

  async append(leaf: Bytes): Promise<void> {
    let joined = leaf;
    // Every full subtree of the new leaf's own size on its left joins it.
    for (let at = this.leaves; (at & 1n) === 1n; at >>= 1n) joined = await nodeHash(this.roots.pop() as Bytes, joined);
    this.roots.push(joined);
    this.leaves += 1n;
  }

  async root(): Promise<Bytes> {
    const [last, ...before] = [...this.roots].reverse();
    let root = last ?? (await emptyRoot());
    for (const left of before) root = await nodeHash(left, root);
    return root;
  }
}

/** The way from a leaf up: how far it is still to the edge of the tree, and on which side the sibling stands. */
class Climb {
  at: bigint;
  last: bigint;

  constructor(index: bigint, size: bigint) {
    this.at = index;
    this.last = size - 1n;
  }

  atRoot(): boolean {
    return this.last === 0n;
  }

  /** Whether the next sibling stands on the left; goes up past it. */
  step(): boolean {
    const left = (this.at & 1n) === 1n || this.at === this.last;
    if (left) while ((this.at & 1n) === 0n && this.at !== 0n) this.up();
    this.up();
    return left;
  }

  up(): void {
    this.at >>= 1n;
    this.last >>= 1n;
  }
}

/** The root that an inclusion proof leads to; nothing if it is no proof for that place (RFC 9162 section 2.1.3.2). */
export async function rootFromInclusion(
  leaf: Bytes, index: bigint, size: bigint, proof: readonly Bytes[],
): Promise<Bytes | undefined> {
  if (index < 0n || index >= size || size > MAX_TREE) return undefined;
  const climb = new Climb(index, size);
  let hash = leaf;
  for (const sibling of proof) {
    if (climb.atRoot()) return undefined;
    hash = climb.step() ? await nodeHash(sibling, hash) : await nodeHash(hash, sibling);
  }
  return climb.atRoot() ? hash : undefined;
}

export async function verifyInclusion(
  leaf: Bytes, index: bigint, size: bigint, proof: readonly Bytes[], root: Uint8Array,
): Promise<boolean> {
  const found = await rootFromInclusion(leaf, index, size, proof);
  return found !== undefined && sameBytes(found, root);
}

/** Whether a tree is the beginning of another one (RFC 9162 section 2.1.4.2). Every tree begins with the empty one. */
export async function verifyConsistency(
  oldSize: bigint, oldRoot: Bytes, newSize: bigint, newRoot: Bytes, proof: readonly Bytes[],
): Promise<boolean> {
  if (oldSize < 0n || oldSize > newSize || newSize > MAX_TREE) return false;
  if (oldSize === newSize) return proof.length === 0 && sameBytes(oldRoot, newRoot);
  if (oldSize === 0n) return proof.length === 0 && sameBytes(oldRoot, await emptyRoot());
  const isWhole = (oldSize & (oldSize - 1n)) === 0n;
  const [first, ...rest] = isWhole ? [oldRoot, ...proof] : proof;
  if (first === undefined) return false;
  const climb = new Climb(oldSize - 1n, newSize);
  while ((climb.at & 1n) === 1n) climb.up();
  let [before, after] = [first, first];
  for (const sibling of rest) {
    if (climb.atRoot()) return false;
    if (climb.step()) {
      before = await nodeHash(sibling, before);
      after = await nodeHash(sibling, after);
    } else {
      after = await nodeHash(after, sibling);
    }
  }
  return climb.atRoot() && sameBytes(before, oldRoot) && sameBytes(after, newRoot);
}
