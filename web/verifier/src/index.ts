// Checks evidence bundles and fraud proofs of a Yuanliu ledger: see README.md.

export type { Act } from "./acts.js";
export { type Examination, examine, verify } from "./verify.js";
export { type Fraud, type Proven, type Refused, type Verdict, type Voucher, type Warning, type EntryFact, toJson } from "./verdict.js";
export type { TrustOptions } from "./trust.js";
export { PARTS, type Part, TrustError, Unsupported } from "./refusal.js";
