// The genesis (docs/FORMAT.md 4.5): what a ledger is, and who may speak for it.

import { type Bytes, hex, utf8 } from "./bytes.js";
import { isNfc, isParty } from "./canonical.js";
import { POSSESSION_TYPE, keyId, possessionPayload, signed } from "./dsse.js";
import { isKey } from "./ed25519.js";
import { TAG, tagged } from "./hash.js";
import { MAX_TREE } from "./merkle.js";
import { type Message, ScanError, scan } from "./scanner.js";
import { SIGNATURE_TYPE, isKeyName, parseNoteKey } from "./signed-note.js";

const MAX_ROOTS = 16;
const MAX_WITNESSES = 64;
const MAX_ID_AGE = 315_360_000_000_000n;
const MAX_AHEAD = 86_400_000_000n;

/** Reads a genesis; nothing if the payload is none. */
export async function readGenesis(payload: Bytes): Promise<Message | undefined> {
  let genesis: Message;
  try {
    genesis = scan(payload, "Genesis");
  } catch (error) {
    if (error instanceof ScanError) return undefined;
    throw error;
  }
  const keys = await verifierKeys(genesis);
  const sound = keys !== undefined && (await areRoots(genesis, keys)) && isSetUp(genesis);
  return sound ? genesis : undefined;
}

/** The keys of log, answers and witnesses, in hexadecimal; nothing if one is malformed. */
async function verifierKeys(genesis: Message): Promise<string[] | undefined> {
  const origin = genesis.text("origin");
  const witnesses = genesis.texts("witness_keys");
  if (!isKeyName(origin) || genesis.bytes("random").length !== 32 || witnesses.length > MAX_WITNESSES) return undefined;
  const plain = [genesis.text("log_key"), genesis.text("answer_key")];
  const keys = await Promise.all([...plain, ...witnesses].map(parseNoteKey));
  const found: string[] = [];
  for (const [i, key] of keys.entries()) {
    const types: number[] = i < plain.length ? [SIGNATURE_TYPE.log] : [SIGNATURE_TYPE.log, SIGNATURE_TYPE.cosignature];
    if (key === undefined || !types.includes(key.type)) return undefined;
    found.push(hex(key.publicKey));
  }
  return keys[0]?.name === origin ? found : undefined;
}

async function areRoots(genesis: Message, keys: readonly string[]): Promise<boolean> {
  const roots = genesis.messages("roots");
  const threshold = genesis.number("threshold");
  if (roots.length < 1 || roots.length > MAX_ROOTS || threshold < 1n || threshold > BigInt(roots.length)) return false;
  const all = [...keys, ...roots.map((root) => hex(root.bytes("public_key")))];
  const parties = roots.map((root) => root.text("party"));
  if (new Set(all).size !== all.length || new Set(parties).size !== parties.length) return false;
  const scope = await tagged(TAG.genesisScope, utf8(genesis.text("origin") + "\0"), genesis.bytes("random"));
  const sound = await Promise.all(roots.map((root) => isRoot(root, scope)));
  return sound.every(Boolean);
}

async function isRoot(root: Message, scope: Bytes): Promise<boolean> {
  const [party, key] = [root.text("party"), root.bytes("public_key")];
  if (!isParty(party) || !isNfc(party) || !isName(root.text("name"))) return false;
  if (root.number("algorithm") !== 1n || !isKey(key)) return false;
  const payload = possessionPayload(scope, await keyId(key), party);
  return signed(key, POSSESSION_TYPE, payload, root.bytes("possession"));
}

/** "text ≤ 200" of section 1.8. */
function isName(text: string): boolean {
  const bare = !/\p{Cc}|^\p{White_Space}|\p{White_Space}$/u.test(text);
  return text !== "" && utf8(text).length <= 200 && isNfc(text) && bare;
}

function isSetUp(genesis: Message): boolean {
  const [settings, before] = [genesis.message("settings"), genesis.message("predecessor")];
  const within = (number: bigint, least: bigint, most: bigint): boolean => number >= least && number <= most;
  if (settings !== undefined && !within(settings.number("max_id_age"), 0n, MAX_ID_AGE)) return false;
  if (settings !== undefined && !within(settings.number("max_ahead"), 0n, MAX_AHEAD)) return false;
  if (before === undefined) return true;
  const hashes = before.bytes("ledger").length === 32 && before.bytes("root").length === 32;
  return hashes && within(before.number("size"), 1n, MAX_TREE);
}
