// Canonical texts (docs/FORMAT.md 2): things, places, parties and documents have one written form each.

import { utf8 } from "./bytes.js";

const MAX_TEXT = 256;
const SET_82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/;
const UNPRINTABLE =
  /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|^\p{White_Space}|\p{White_Space}$/u;
const MUST_ESCAPE = /[%./\p{Cc}]/u;

function byteLength(text: string): number {
  return utf8(text).length;
}

function isBounded(text: string): boolean {
  return byteLength(text) <= MAX_TEXT;
}

/** Whether a person sees every character of it, and no white space stands at an end. */
function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

function percent(character: string): string {
  return [...utf8(character)].map((byte) => "%" + byte.toString(16).toUpperCase().padStart(2, "0")).join("");
}

export function escape(text: string): string {
  return [...text].map((character) => (MUST_ESCAPE.test(character) ? percent(character) : character)).join("");
}

/** The plain text of which this is the one escaped form. */
function unescape(text: string): string | undefined {
  let plain: string;
  try {
    plain = decodeURIComponent(text);
  } catch {
    return undefined;
  }
  return escape(plain) === text ? plain : undefined;
}

/** The two parts of a text before and after the first separator. */
function split(text: string, separator: string): [string, string] | undefined {
  const at = text.indexOf(separator);
  return at < 0 ? undefined : [text.slice(0, at), text.slice(at + separator.length)];
}

function isDigits(text: string, length: number): boolean {
  return text.length === length && /^[0-9]*$/.test(text);
}

/** So many digits, the last of them the GS1 check digit. */
function isChecked(text: string, length: number): boolean {
  if (!isDigits(text, length)) return false;
  const weighted = [...text].reverse().map((digit, i) => Number(digit) * (i % 2 === 0 ? 1 : 3));
  return weighted.reduce((sum, digit) => sum + digit, 0) % 10 === 0;
}

function isCode(text: string | undefined): text is string {
  return text !== undefined && text !== "" && byteLength(text) <= 80;
}

/** A registration number, plain. */
function isRegistration(text: string): boolean {
  return isCode(text) && isPrintable(text);
}

const MA_DEVICE = /^MA\.156\.M0\.[\u0021-\u002d\u002f-\u007e]{6}\.[\u0021-\u002d\u002f-\u007e]{8,20}$/;
const MA_PART = /^[SLMPDEVC][\u0021-\u002d\u002f-\u007e]{1,30}$/;

function isMaDevice(text: string): boolean {
  return MA_DEVICE.test(text);
}

/** A device identifier of MA with what stands behind it of this one piece. */
function isMa(text: string): boolean {
  const parts = text.split(".");
  const behind = parts.slice(5);
  const once = new Set(behind.map((part) => part[0])).size === behind.length;
  return isMaDevice(parts.slice(0, 5).join(".")) && behind.every((part) => MA_PART.test(part)) && once;
}

const PARTIES: Readonly<Record<string, (rest: string) => boolean>> = {
  uscc: (rest) => /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/.test(rest),
  gln: (rest) => isChecked(rest, 13),
  org: (rest) => rest !== "" && byteLength(rest) <= 200 && isPrintable(rest),
};

/** What stands behind the scheme of a product, escaped. */
const PRODUCTS: Readonly<Record<string, (rest: string) => boolean>> = {
  gtin: (rest) => isChecked(rest, 14),
  ma: (rest) => isMaDevice(unescape(rest) ?? ""),
  nhi: (rest) => rest.startsWith("869") && isChecked(rest, 14),
  reg: (rest) => isRegistration(unescape(rest) ?? ""),
};

const ITEMS: Readonly<Record<string, (rest: string) => boolean>> = {
  sgtin: isSgtin,
  lot: isLot,
  sscc: (rest) => isChecked(rest, 18),
  cdtc: (rest) => isDigits(rest, 20),
  ma: isMa,
  ahm: (rest) => rest !== "" && [...rest].length <= 64 && isPrintable(rest),
  bag: (rest) => isCode(unescape(rest)),
};

const DOCUMENTS: Readonly<Record<string, (rest: string) => boolean>> = {
  decl: (rest) => isDigits(rest, 18) && /^(19|20)$/.test(rest.slice(4, 6)) && /^[01]$/.test(rest.slice(8, 9)),
  bill: (rest) => isNumbered(rest, isParty),
  waybill: (rest) => isNumbered(rest, isIssuer),
  cert: (rest) => isNumbered(rest, isIssuer),
};

function isOf(table: Readonly<Record<string, (rest: string) => boolean>>, text: string): boolean {
  const [scheme, rest] = split(text, ":") ?? ["", ""];
  return isBounded(text) && Object.hasOwn(table, scheme) && (table[scheme]?.(rest) ?? false);
}

function isSgtin(rest: string): boolean {
  const [gtin, serial] = split(rest, ".") ?? ["", ""];
  return isChecked(gtin, 14) && SET_82.test(unescape(serial) ?? "");
}

/** `PRODUCT.NUMBER` behind `lot:`; a GTIN's lots have shorter numbers. */
function isLot(rest: string): boolean {
  const [product, escaped] = split(rest, ".") ?? ["", ""];
  const number = unescape(escaped);
  if (number === undefined || number === "" || !isProduct(product)) return false;
  return product.startsWith("gtin:") ? SET_82.test(number) : [...number].length <= 50 && isPrintable(number);
}

/** `ISSUER/NUMBER`, both escaped. */
function isNumbered(rest: string, isOfIssuer: (plain: string) => boolean): boolean {
  const [issuer, number] = split(rest, "/") ?? ["", ""];
  return isOfIssuer(unescape(issuer) ?? "") && isCode(unescape(number));
}

function isIssuer(plain: string): boolean {
  return plain.includes(":") ? isParty(plain) : isCode(plain);
}

export function isParty(text: string): boolean {
  return isOf(PARTIES, text);
}

export function isProduct(text: string): boolean {
  return isOf(PRODUCTS, text);
}

export function isItem(text: string): boolean {
  return isOf(ITEMS, text);
}

export function isDocument(text: string): boolean {
  return isOf(DOCUMENTS, text);
}

export function isSite(text: string): boolean {
  const rest = text.startsWith("site:") && isBounded(text) ? text.slice("site:".length) : "";
  if (!rest.includes("/")) return rest.startsWith("gln:") && isChecked(rest.slice("gln:".length), 13);
  return isNumbered(rest, isParty);
}

/** The document that a business key makes; nothing where it makes none (section 2.3). */
export function billOf(actor: string, key: string): string | undefined {
  const bill = `bill:${escape(actor)}/${escape(key)}`;
  return isDocument(bill) ? bill : undefined;
}

/** The product of a registration number; nothing where it makes none. */
export function productOf(registration: string): string | undefined {
  const product = `reg:${escape(registration)}`;
  return isProduct(product) ? product : undefined;
}

export function isNfc(text: string): boolean {
  return text.normalize("NFC") === text;
}
