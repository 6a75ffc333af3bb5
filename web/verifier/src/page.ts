// The page: takes a file and what the reader trusts, and shows the verdict. Everything is put there as text, never as
// markup, and nothing leaves the browser.

import type { Act } from "./acts.js";
import { hex } from "./bytes.js";
import { sha256 } from "./hash.js";
import { MAX_FILE } from "./json-form.js";
import { TrustError, Unsupported } from "./refusal.js";
import type { TrustOptions } from "./trust.js";
import { type Proven, type Verdict, toJson } from "./verdict.js";
import { examine } from "./verify.js";
import { KIND_NAMES, type Words, actWords, headline, instant, sentences } from "./words.js";

/** Most rows of a table that are put on the page; the JSON has all. */
const MAX_ROWS = 1_000;

let latest = 0;

function find<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${id}`);
  return found;
}

function element(name: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}

function both([chinese, english]: Words): HTMLElement[] {
  const zh = element("p", "zh", chinese);
  zh.lang = "zh-CN";
  const en = element("p", "en", english);
  en.lang = "en";
  return [zh, en];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const line = (name: string, cells: readonly string[]): HTMLElement =>
    element("tr", "", ...cells.map((cell) => element(name, "", cell)));
  const made = element("table", "", line("th", heads), ...rows.slice(0, MAX_ROWS).map((row) => line("td", row)));
  const more = `…共 ${rows.length} 行，此处列 ${MAX_ROWS} 行 · ${MAX_ROWS} of ${rows.length} rows`;
  return rows.length > MAX_ROWS ? element("div", "scroll", made, element("p", "", more)) : element("div", "scroll", made);
}

function section(title: string, ...content: Node[]): HTMLElement {
  return element("section", "", element("h2", "", title), ...content);
}

/** The custody path: who did what, to whom it went, in the order of what the signers say. */
function custody(acts: readonly Act[]): HTMLElement {
  const step = (act: Act): HTMLElement => {
    const [chinese, english] = actWords(act);
    const who = act.to === "" ? act.actor : `${act.actor} → ${act.to}`;
    const about = act.about.slice(0, 3).join(", ") + (act.about.length > 3 ? ` … (${act.about.length})` : "");
    const head = element("div", "act", element("b", "", chinese), ` ${english} `, element("span", "who", who));
    const place = act.site === "" ? "" : ` · ${act.site}`;
    const when = `${instant(act.occurredAt)} · 条目 entry ${act.index}${place}`;
    return element("li", act.changed ? "changed" : "", head, element("div", "small", when), element("div", "small", about));
  };
  const note = element("p", "small", "所列为各签署方自述；划去者其后被更正或作废。The signers' word; struck out: corrected or voided later.");
  if (acts.length === 0) return element("p", "", "—");
  return element("div", "", element("ol", "path", ...acts.slice(0, MAX_ROWS).map(step)), note);
}

function details({ goods, entries, subjects, keys }: Proven): HTMLElement[] {
  const list = (indices: readonly number[]): string => indices.join(", ") || "从未 never";
  const entryRows = entries.map((entry) => {
    const nameless = entry.index === 0 ? "创世 genesis" : "未出示 withheld";
    const kind = entry.kind === undefined ? nameless : `${KIND_NAMES[entry.kind] ?? ""} ${entry.kind}`;
    const happened = entry.occurred_at === undefined ? "" : instant(entry.occurred_at);
    return [String(entry.index), kind, entry.party ?? "", entry.on_behalf_of ?? "", happened, instant(entry.recorded_at)];
  });
  return [
    section("货物清单 · Goods", table(["物品 item", "条目 entries"], goods.map((g) => [g.item, list(g.entries)]))),
    section("条目 · Entries", table(
      ["条目 entry", "类型 kind", "签署方 signer", "委托方 for", "发生（自述） happened", "记录 recorded"], entryRows)),
    section("对象 · Subjects", table(["类别 kind", "对象 subject", "全部条目 all entries"],
      subjects.map((s) => [s.kind, s.text, list(s.entries)]))),
    section("密钥 · Keys", table(["密钥 key", "主体 party", "登记于条目 enrolled", "吊销于条目 revoked"],
      keys.map((k) => [k.key, k.party, String(k.enrolled), k.revoked === null ? "" : String(k.revoked)]))),
  ];
}

/** Whether a sentence says what a reader might overlook. */
function isCaution([chinese]: Words): boolean {
  return chinese.startsWith("注意") || chinese.startsWith("并非");
}

function show(verdict: Verdict, acts: readonly Act[], name: string, digest: string): HTMLElement[] {
  const banner = element("div", `banner ${verdict.verdict}`, ...both(headline(verdict)));
  const lines = element("ul", "lines", ...sentences(verdict).map((line) => element("li", isCaution(line) ? "look" : "", ...both(line))));
  const file = element("p", "small", `${name} · SHA-256 ${digest}`);
  const json = element("details", "", element("summary", "", "JSON"), element("pre", "", toJson(verdict)));
  if (verdict.verdict !== "proven") return [banner, file, lines, json];
  return [banner, file, lines, section("流转路径 · Custody path", custody(acts)), ...details(verdict), json];
}

function lines(id: string): string[] {
  return find(id, HTMLTextAreaElement).value.split(/\s+/).filter((line) => line !== "");
}

function value(id: string): string | undefined {
  return find(id, HTMLInputElement).value.trim() || undefined;
}

function trust(): TrustOptions {
  const [quorum, days] = [value("quorum"), value("max-age")];
  return {
    logKey: value("log-key") ?? "",
    ledger: value("ledger"),
    witnessKeys: lines("witness-keys"),
    auditorKeys: lines("auditor-keys"),
    quorum: quorum === undefined ? undefined : Number(quorum),
    maxAge: days === undefined ? undefined : Math.round(Number(days) * 86_400),
  };
}

/** What went wrong that is not the file's fault. */
function trouble(error: unknown): HTMLElement {
  const known = error instanceof TrustError || error instanceof Unsupported;
  const why = known ? error.message : String(error);
  const chinese = error instanceof Unsupported ? "此浏览器无法核验签名，对文件不作任何判断" : "未能核验，请检查所填账本标识与公钥";
  const english =
    error instanceof Unsupported
      ? "This browser cannot check signatures; nothing is said of the file"
      : "Not checked; look at ledger id and keys";
  return element("div", "banner trouble", ...both([`${chinese}：${why}`, `${english}: ${why}`]));
}

async function check(file: File): Promise<void> {
  const turn = ++latest;
  const result = find("result", HTMLElement);
  result.replaceChildren(element("p", "", "正在核验… Checking…"));
  let shown: HTMLElement[];
  try {
    const options = trust();
    // A longer one is refused all the same; it need not be read to its end.
    const bytes = new Uint8Array(await file.slice(0, MAX_FILE + 1).arrayBuffer());
    const { verdict, acts } = await examine(bytes, options);
    shown = show(verdict, acts, file.name, hex(await sha256(bytes)));
  } catch (error) {
    shown = [trouble(error)];
  }
  // Of two files the one dropped last is shown, whichever was checked sooner.
  if (turn === latest) result.replaceChildren(...shown);
}

function start(): void {
  const drop = find("drop", HTMLElement);
  const chooser = find("file", HTMLInputElement);
  let chosen: File | undefined;
  const take = (files: FileList | null | undefined): void => {
    chosen = files?.[0] ?? chosen;
    if (chosen !== undefined) void check(chosen);
  };
  chooser.addEventListener("change", () => take(chooser.files));
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
    });
  }
  drop.addEventListener("drop", (event) => take(event.dataTransfer?.files));
  find("again", HTMLButtonElement).addEventListener("click", () => take(undefined));
}

start();
