// What tests read besides this package: docs/FORMAT.md, the published files, and conformance data where it lies.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unhex } from "../dist/bytes.js";
import { scan } from "../dist/scanner.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

export const FORMAT = readFileSync(join(root, "docs/FORMAT.md"), "utf8");
export const EVIDENCE = join(root, "examples/vectors/evidence");
export const INDEX = JSON.parse(readFileSync(join(EVIDENCE, "index.json"), "utf8"));

const { emitWarning } = process;
process.emitWarning = (warning, ...more) => {
  if (!String(warning).includes("Ed25519")) emitWarning.call(process, warning, ...more);
};

/** A file of the published ones. */
export function published(name) {
  return new Uint8Array(readFileSync(join(EVIDENCE, name)));
}

/** What the reader of the published files trusts. */
export function trust(changes = {}) {
  const { trust: t } = INDEX;
  const keys = (auditing) => t.witnesses.filter((w) => w.auditing === auditing).map((w) => w.key);
  return {
    logKey: t.log_key, ledger: t.ledger, witnessKeys: keys(false), auditorKeys: keys(true), quorum: t.quorum,
    maxAge: t.max_age / 1_000_000, now: BigInt(t.now), ...changes,
  };
}

/** The bytes that docs/FORMAT.md shows under a name. */
export function shown(name) {
  const block = FORMAT.match(new RegExp("```hex " + name.replaceAll(".", "\\.") + "\n([0-9a-f\n]*)```"));
  const text = block[1].replaceAll("\n", "");
  return unhex(text, text.length / 2);
}

/** The log key of the example ledger, which is another one than that of the published files. */
export function otherLogKey() {
  return scan(shown("entry0.payload"), "Genesis").text("log_key");
}

/** The cells of every row of the table that follows a text in docs/FORMAT.md. */
export function tableAfter(text) {
  const lines = FORMAT.slice(FORMAT.indexOf(text)).split("\n");
  const first = lines.findIndex((line) => line.startsWith("| "));
  const end = lines.findIndex((line, i) => i > first && !line.startsWith("| "));
  return lines.slice(first + 2, end).map((line) => line.slice(2, -2).split(" | "));
}

/** A folder of the conformance data; nothing, and a word about it, where it is not there and not asked for. */
export function conformance(t, folder) {
  const asked = process.env.YUANLIU_CONFORMANCE;
  const path = join(asked ?? join(process.env.YUANLIU_ROOT ?? root, "../shared/data"), folder);
  if (existsSync(path)) return path;
  if (asked !== undefined) throw new Error(`no conformance data at ${path}`);
  t.skip(`no conformance data at ${path}`);
  return undefined;
}

/** A bundle's payload, changed, in an envelope again; the signature stays what it was. */
export function changed(file, change) {
  const envelope = JSON.parse(new TextDecoder().decode(file));
  const bundle = JSON.parse(Buffer.from(envelope.payload, "base64").toString("utf8"));
  const replaced = change(bundle, envelope) ?? bundle;
  envelope.payload = Buffer.from(JSON.stringify(replaced)).toString("base64");
  return new TextEncoder().encode(JSON.stringify(envelope));
}

/** A small generator that gives the same numbers on every run. */
export function numbers(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
