//! `VerifyItem`: whether what is at hand can be what its code says, within the asker's rights.
//!
//! | reason | verdict | when |
//! | --- | --- | --- |
//! | UNREADABLE, NO_ITEM | unknown | the scan is none, or names no unit |
//! | NOT_KNOWN | unknown | nothing that the asker may know names the code |
//! | NOT_COMMISSIONED | suspected; unknown outside of the register of coding | it is named, and nobody coded it |
//! | LOT_DIFFERS, EXPIRY_DIFFERS | suspected | the scan says another lot or day than the Commission |
//! | EXPIRED | suspected | today is after the last day of use |
//! | FINISHED | suspected | it was used up, destroyed or made into something else |
//! | SEIZED, ASTRAY | suspected | it is under a measure; it is missing, lost or stolen |
//! | ELSEWHERE | suspected | a trader asks, and by what it may know neither it nor its sender has it |
//! | CONFLICTS | suspected | what is recorded of it does not fit together |
//! | RESTRICTED | suspected | its lot is held or recalled |
//! | NOT_REGISTERED | suspected | the register of products is complete, and does not know it |
//! | rules | suspected from medium on | an open finding, of those that the asker is told |
//!
//! Of a code in whose chain the asker has no part the answer is the same whether others have it or nobody does.

use std::borrow::Cow;

use custody::{View as _, registry};
use findings::Audience;
use gs1::{ItemRef, ScanData};
use proto::v1::{
    Item, ItemStatus, Verdict, VerdictReason, Verification, VerifyItemResponse, VerifyItemsRequest,
    VerifyItemsResponse,
};
use rules::{Severity, Subject};
use statement::{Day, Words, words};
use trace::Admitted;

use super::{
    Snapshot,
    trace::{admit, fault, item_message, names, withhold},
};
use crate::{
    access::Sight,
    finder::{Finder, now},
    language::Language,
    status::{Fault, Kind},
};

/// Longest scan, bytes.
const MAX_SCAN: usize = 2_048;
/// Most scans of one call.
const MAX_SCANS: usize = 100;
/// Registers that say whether absence means something.
const CODING: &str = "coding";
const PRODUCTS: &str = "registrations";

/// What answers a call.
pub(super) struct Desk<'a> {
    pub view: &'a Snapshot<'a>,
    pub sight: &'a Sight,
    pub finder: Option<&'a Finder>,
    pub language: Language,
}

/// What was read off a thing.
#[derive(Default)]
struct Scanned {
    item: String,
    product: String,
    lot: String,
    expires_on: String,
}

/// A reason in the making.
struct Reason {
    code: Cow<'static, str>,
    words: Words,
    verdict: Option<Verdict>,
    entries: Vec<u64>,
}

fn reason(code: &'static str, verdict: Verdict, words: Words) -> Reason {
    Reason { code: code.into(), words, verdict: Some(verdict), entries: Vec::new() }
}

impl Desk<'_> {
    pub fn one(&self, scan: &str) -> Result<VerifyItemResponse, Fault> {
        let verification = self.verify("scan", scan)?;
        let names = names(self.view, parties([&verification]))?;
        Ok(VerifyItemResponse { verification: Some(verification), size: self.view.size(), names })
    }

    pub fn many(&self, query: &VerifyItemsRequest) -> Result<VerifyItemsResponse, Fault> {
        if !(1..=MAX_SCANS).contains(&query.scans.len()) {
            let fault =
                words!("{}, must be 1 to {MAX_SCANS}", "{}，须为 1 至 {MAX_SCANS}", query.scans.len());
            return Err(Fault::field("scans", fault));
        }
        let one = |scan: &String| self.verify("scans", scan);
        let verifications = query.scans.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        let names = names(self.view, parties(&verifications))?;
        Ok(VerifyItemsResponse { verifications, size: self.view.size(), names })
    }

    fn verify(&self, field: &'static str, scan: &str) -> Result<Verification, Fault> {
        if scan.len() > MAX_SCAN {
            let fault = words!("{} bytes, at most {MAX_SCAN}", "{} 字节，至多 {MAX_SCAN}", scan.len());
            return Err(Fault::field(field, fault));
        }
        let today = Day::of_instant(now());
        let mut reasons = Vec::new();
        let scanned = match read(scan, today) {
            Ok(scanned) => scanned,
            Err(words) => {
                reasons.push(reason("UNREADABLE", Verdict::Unknown, words));
                return Ok(self.told(Scanned::default(), None, Vec::new(), reasons));
            }
        };
        let registrations = self.registrations(&scanned.product, today, &mut reasons)?;
        let state = if scanned.item.is_empty() {
            let words = Words::of("the scan names no unit or container", "扫码内容未指明单件或包装");
            reasons.push(reason("NO_ITEM", Verdict::Unknown, words));
            None
        } else {
            self.state(&scanned, today, &mut reasons)?
        };
        Ok(self.told(scanned, state, registrations, reasons))
    }

    fn told(
        &self,
        scanned: Scanned,
        state: Option<Item>,
        registrations: Vec<String>,
        mut reasons: Vec<Reason>,
    ) -> Verification {
        let verdict = verdict(&reasons);
        reasons.sort_by_key(|reason| reason.verdict != Some(verdict));
        let reasons = reasons.into_iter().map(|reason| VerdictReason {
            decides: reason.verdict == Some(verdict),
            text: self.language.of_words(&reason.words).to_owned(),
            code: reason.code.into_owned(),
            entries: reason.entries,
        });
        let known =
            |of: fn(&Item) -> &String| state.as_ref().map(of).filter(|text| !text.is_empty()).cloned();
        Verification {
            verdict: verdict.into(),
            reasons: reasons.collect(),
            lot: known(|item| &item.lot).unwrap_or(scanned.lot),
            expires_on: known(|item| &item.expires_on).unwrap_or(scanned.expires_on),
            item: scanned.item,
            product: scanned.product,
            registrations,
            state,
        }
    }

    fn registrations(
        &self,
        product: &str,
        today: Day,
        reasons: &mut Vec<Reason>,
    ) -> Result<Vec<String>, Fault> {
        if product.is_empty() {
            return Ok(Vec::new());
        }
        let row = registry::product(self.view, product)?;
        let known: Vec<String> =
            row.into_iter().flat_map(|row| row.registrations).map(|r| r.registration.number).collect();
        if known.is_empty() && !registry::coverage_on(self.view, PRODUCTS, "", "", today)?.is_empty() {
            let words = words!("{product} is in no register of products", "产品登记中没有 {product}");
            reasons.push(reason("NOT_REGISTERED", Verdict::Suspected, words));
        }
        Ok(known)
    }

    /// The state of the item as the asker may see it, and what it says; `None` where it may not ask.
    fn state(&self, scanned: &Scanned, today: Day, reasons: &mut Vec<Reason>) -> Result<Option<Item>, Fault> {
        let (view, sight, item) = (self.view, self.sight, scanned.item.as_str());
        let sees = sight.over(view);
        let asked = match admit(view, &sees, item) {
            // Its own chain alone may make it ask: of that the answer is the same as of an unknown code.
            Ok(Admitted { scope, hops }) if scope.is_all() => {
                trace::item_in(view, item, &scope).map(|r| (r, hops))
            }
            Ok(_) => Err(trace::Error::Unknown),
            Err(fault) if fault.kind == Kind::NotFound => Err(trace::Error::Unknown),
            Err(fault) => return Err(fault),
        };
        let (report, hops) = match asked {
            Ok(known) => known,
            Err(trace::Error::Unknown) => {
                let words = words!(
                    "nothing that you may know is recorded of {item}",
                    "在您有权查询的范围内没有关于 {item} 的记录"
                );
                reasons.push(reason("NOT_KNOWN", Verdict::Unknown, words));
                return Ok(None);
            }
            Err(error) => return Err(fault(error)),
        };
        let mut state = item_message(report);
        withhold(sight, &hops, &mut state);
        self.judge(scanned, &state, today, reasons)?;
        if !state.conflicts.is_empty() {
            let words = Words::of("what is recorded of it does not fit together", "相关记录彼此矛盾");
            reasons.push(Reason {
                entries: state.conflicts.clone(),
                ..reason("CONFLICTS", Verdict::Suspected, words)
            });
        }
        self.restrictions(&state, today, reasons)?;
        self.findings(item, reasons)?;
        Ok(Some(state))
    }

    fn judge(
        &self,
        scanned: &Scanned,
        state: &Item,
        today: Day,
        reasons: &mut Vec<Reason>,
    ) -> Result<(), Fault> {
        let mut suspect = |code, words| reasons.push(reason(code, Verdict::Suspected, words));
        if differs(&scanned.lot, &state.lot) {
            let (read, made) = (&scanned.lot, &state.lot);
            suspect(
                "LOT_DIFFERS",
                words!("the scan says {read}, its Commission {made}", "扫码为 {read}，赋码记录为 {made}"),
            );
        }
        if differs(&scanned.expires_on, &state.expires_on) {
            let (read, made) = (&scanned.expires_on, &state.expires_on);
            suspect(
                "EXPIRY_DIFFERS",
                words!(
                    "the scan says {read} as the last day of use, its Commission {made}",
                    "扫码有效期至 {read}，赋码记录为 {made}"
                ),
            );
        }
        let last = [&state.expires_on, &scanned.expires_on].into_iter().find_map(|day| Day::parse(day));
        if let Some(last) = last.filter(|last| *last < today) {
            suspect("EXPIRED", words!("its last day of use was {last}", "有效期至 {last}，已过期"));
        }
        match state.status() {
            ItemStatus::Used | ItemStatus::Destroyed | ItemStatus::Transformed => suspect(
                "FINISHED",
                Words::of(
                    "it was used up, destroyed or made into something else",
                    "已使用完毕、销毁或转换为他物",
                ),
            ),
            ItemStatus::Seized => {
                suspect("SEIZED", Words::of("it is under an authority's measure", "处于查封扣押等措施之下"));
            }
            ItemStatus::Missing | ItemStatus::Lost | ItemStatus::Stolen => {
                suspect("ASTRAY", Words::of("it is missing, lost or stolen", "记录为缺失、盘亏或被盗"));
            }
            ItemStatus::Unknown if state.maker.is_empty() => self.uncoded(today, reasons)?,
            _ => self.place(state, reasons),
        }
        Ok(())
    }

    fn uncoded(&self, today: Day, reasons: &mut Vec<Reason>) -> Result<(), Fault> {
        let covered = !registry::coverage_on(self.view, CODING, "", "", today)?.is_empty();
        let verdict = if covered { Verdict::Suspected } else { Verdict::Unknown };
        let words = Words::of("nobody has stated that it was coded", "没有任何赋码记录");
        reasons.push(reason("NOT_COMMISSIONED", verdict, words));
        Ok(())
    }

    /// A trader asks about what it has in hand.
    fn place(&self, state: &Item, reasons: &mut Vec<Reason>) {
        let own = &self.sight.party;
        if !self.sight.is_everything() && state.holder != *own && state.addressee != *own {
            let words = Words::of(
                "by what you may know it is neither with you nor on its way to you",
                "在您有权查询的范围内，该物品既不在贵方，也不在运往贵方途中",
            );
            reasons.push(reason("ELSEWHERE", Verdict::Suspected, words));
        }
    }

    fn restrictions(&self, state: &Item, today: Day, reasons: &mut Vec<Reason>) -> Result<(), Fault> {
        if state.lot.is_empty() {
            return Ok(());
        }
        let whose = (!self.sight.is_everything()).then_some(self.sight.party.as_str());
        let entries = trace::desk::restrictions(self.view, &state.lot, today, whose).map_err(fault)?;
        if !entries.is_empty() {
            let words = words!("{} is held or recalled", "{} 已被暂停或召回", state.lot);
            reasons.push(Reason { entries, ..reason("RESTRICTED", Verdict::Suspected, words) });
        }
        Ok(())
    }

    fn findings(&self, item: &str, reasons: &mut Vec<Reason>) -> Result<(), Fault> {
        let Some(finder) = self.finder else { return Ok(()) };
        let audience = match self.sight.is_everything() {
            true => Audience::Authority,
            false => Audience::Party(&self.sight.party),
        };
        let subject = Subject::of_item(self.view, item)?;
        for found in finder.kept().of_subjects(audience, [&subject], &|_| true)? {
            let row = found.key.rule.row();
            let mut entries: Vec<u64> = found.samples.iter().flat_map(|hit| hit.evidence.clone()).collect();
            entries.sort_unstable();
            entries.dedup();
            reasons.push(Reason {
                code: row.id.into(),
                words: row.title.clone(),
                verdict: (found.severity >= Severity::Medium).then_some(Verdict::Suspected),
                entries,
            });
        }
        Ok(())
    }
}

/// The gravest of what the reasons say; nothing speaks against it where none says anything.
fn verdict(reasons: &[Reason]) -> Verdict {
    let say = |verdict| reasons.iter().any(|reason| reason.verdict == Some(verdict));
    if say(Verdict::Suspected) {
        Verdict::Suspected
    } else if say(Verdict::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::Consistent
    }
}

/// Whether both say something, and not the same.
fn differs(scanned: &str, known: &str) -> bool {
    !scanned.is_empty() && !known.is_empty() && scanned != known
}

fn parties<'v>(all: impl IntoIterator<Item = &'v Verification>) -> impl Iterator<Item = &'v String> {
    let states = all.into_iter().filter_map(|v| v.state.as_ref());
    states.flat_map(|state| [&state.holder, &state.addressee, &state.maker])
}

/// What a scan, or a canonical code, names.
fn read(scan: &str, today: Day) -> Result<Scanned, Words> {
    if let Ok(item) = ItemRef::parse(scan) {
        let product = item.to_product().map(String::from).unwrap_or_default();
        return Ok(Scanned { item: scan.to_owned(), product, ..Scanned::default() });
    }
    // Years of two digits are read by the one that it is.
    let year = today.to_string().get(..4).and_then(|year| year.parse().ok()).unwrap_or_default();
    let data = ScanData::parse(scan, year).map_err(Words::from)?;
    let product = data.product();
    let lot = product.as_ref().zip(data.lot()).and_then(|(product, lot)| gs1::Item::lot(product, lot).ok());
    Ok(Scanned {
        item: data.item().map(String::from).unwrap_or_default(),
        lot: lot.map(String::from).unwrap_or_default(),
        expires_on: data.expiry().map(|day| day.to_string()).unwrap_or_default(),
        product: product.map(String::from).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_of_every_kind_and_canonical_codes_are_read() {
        let today = Day::parse("2026-03-02").unwrap();
        let table = [
            ("sgtin:09521234543213.A1", "sgtin:09521234543213.A1", "", ""),
            (
                "(01)09521234543213(17)280109(10)C1(21)A1",
                "sgtin:09521234543213.A1",
                "lot:gtin:09521234543213.C1",
                "2028-01-09",
            ),
            ("]d20109521234543213172801091 0C1\u{1d}21A1", "", "", ""),
            ("https://id.gs1.org/01/09521234543213/21/A1", "sgtin:09521234543213.A1", "", ""),
            ("81234567890123456789", "cdtc:81234567890123456789", "", ""),
        ];
        for (scan, item, lot, expires_on) in table {
            match read(scan, today) {
                Ok(read) => assert_eq!(
                    (&*read.item, &*read.lot, &*read.expires_on),
                    (item, lot, expires_on),
                    "{scan}"
                ),
                Err(words) => assert!(item.is_empty() && !words.chinese().is_empty(), "{scan}: {words}"),
            }
        }
    }

    #[test]
    fn one_suspicion_outweighs_what_is_not_known_and_that_what_is_told_only() {
        let of =
            |verdict| Reason { code: "X".into(), words: Words::of("x", "某"), verdict, entries: Vec::new() };
        let table = [
            (vec![], Verdict::Consistent),
            (vec![None], Verdict::Consistent),
            (vec![None, Some(Verdict::Unknown)], Verdict::Unknown),
            (vec![Some(Verdict::Unknown), Some(Verdict::Suspected), None], Verdict::Suspected),
        ];
        for (said, expect) in table {
            assert_eq!(verdict(&said.into_iter().map(of).collect::<Vec<_>>()), expect);
        }
    }
}
