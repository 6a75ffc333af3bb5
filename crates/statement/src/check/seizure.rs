//! Fields of Seize, Keep, HandOver, EvidenceReturn and Destroy.

use std::{collections::BTreeSet, fmt::Display};

use gs1::DocumentKind;
use proto::v1::{BagCheck, Destroy, EvidenceReturn, HandOver, Keep, LotAmount, Seize, SeizedLine};

use super::{
    Accept, Check,
    part::{ACCOUNT, NOTE, unit},
};
use crate::{Reason, Words, words};

/// Most bags, and most lines, of one statement.
const MAX_BAGS: usize = 1_000;
/// Most seals on a bag.
const MAX_SEALS: usize = 16;
/// Most photos of a line or an act.
const MAX_PHOTOS: usize = 16;
/// Most bytes of a code of which not everything can be read.
const MAX_MASK: usize = 128;

impl<'a> Check<'a> {
    pub(super) fn seize(&mut self, path: &'static str, b: &'a Seize) {
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.code(format_args!("{path}.kind"), &b.kind);
        self.day_or_none(format_args!("{path}.until"), &b.until);
        self.reference_or_none(format_args!("{path}.follows"), b.follows.as_ref());
        self.party_or_none(format_args!("{path}.holder"), &b.holder);
        self.seen_by(path, &b.person, &b.witness);
        self.people(format_args!("{path}.officers"), &b.officers, 2);
        self.place(path, &b.site, &b.place);
        self.region_prefix(format_args!("{path}.region"), &b.region);
        self.code(format_args!("{path}.channel"), &b.channel);
        self.document_or_none(format_args!("{path}.waybill"), &b.waybill, DocumentKind::Waybill);
        self.document_or_none(format_args!("{path}.declaration"), &b.declaration, DocumentKind::Declaration);
        self.prose(format_args!("{path}.legal_basis"), &b.legal_basis, NOTE);
        self.prose(format_args!("{path}.reason"), &b.reason, ACCOUNT);
        if b.lines.is_empty() {
            self.missing(format_args!("{path}.lines"), Words::of("nothing was taken", "未列任何物品"));
        }
        self.count(format_args!("{path}.lines"), b.lines.len(), MAX_BAGS);
        let mut lots = BTreeSet::new();
        for (i, line) in b.lines.iter().enumerate().take(MAX_BAGS) {
            self.seized_line(format_args!("{path}.lines[{i}]"), line);
            if let Some(lot) = &line.lot
                && !lot.lot.is_empty()
                && !lots.insert((&line.bag, &lot.lot, unit(lot)))
            {
                let text = Words::of("the lot is listed twice in one bag", "同一批在同一物证袋重复列出");
                self.fault(Reason::ItemTwice, format_args!("{path}.lines[{i}].lot.lot"), text);
            }
        }
    }

    /// Somebody who is no officer saw it: the holder's side or a witness.
    fn seen_by(&mut self, path: &'static str, person: &'a str, witness: &'a str) {
        self.optional(person, |c, t| c.pseudonym(format_args!("{path}.person"), t));
        self.optional(witness, |c, t| c.pseudonym(format_args!("{path}.witness"), t));
        if person.is_empty() && witness.is_empty() {
            let text =
                Words::of("nobody of the holder's was there, and no witness", "当事人未到场，且无见证人");
            self.missing(format_args!("{path}.witness"), text);
        } else if person == witness {
            let text = Words::of("is the holder's side", "与当事人相同");
            self.fault(Reason::InvalidField, format_args!("{path}.witness"), text);
        }
    }

    /// A registered site, or a place in words.
    fn place(&mut self, path: &'static str, site: &'a str, place: &'a str) {
        self.optional(site, |c, s| c.site(format_args!("{path}.site"), s));
        self.note(format_args!("{path}.place"), place, NOTE);
        if site.is_empty() && place.is_empty() {
            let text = Words::of("neither a site nor a place in words", "场所与地点均未填写");
            self.missing(format_args!("{path}.place"), text);
        }
    }

    fn seized_line(&mut self, path: impl Display, line: &'a SeizedLine) {
        self.bag(&format_args!("{path}.bag"), &line.bag);
        self.items(format_args!("{path}.items"), &line.items, Accept::Goods);
        if let Some(lot) = &line.lot {
            if !line.items.is_empty() {
                let text = Words::of("goes only without items", "未列物品时才可填写");
                self.fault(Reason::InvalidField, format_args!("{path}.lot"), text);
            }
            self.lot_amount(format_args!("{path}.lot"), lot);
        }
        let coded = line.lot.is_some() || !line.items.is_empty();
        match (coded, &line.quantity) {
            (true, Some(_)) => {
                let text = Words::of("goes only without items and lot", "未列物品与批时才可填写");
                self.fault(Reason::InvalidField, format_args!("{path}.quantity"), text);
            }
            (true, None) => {}
            (false, quantity) => self.quantity(format_args!("{path}.quantity"), quantity.as_ref()),
        }
        self.prose(format_args!("{path}.description"), &line.description, ACCOUNT);
        self.note(format_args!("{path}.printed"), &line.printed, ACCOUNT);
        self.mask(format_args!("{path}.mask"), &line.mask);
        self.money(&path, ("value", line.value), &line.currency);
        self.digests(format_args!("{path}.photos"), &line.photos, MAX_PHOTOS);
    }

    fn mask(&mut self, field: impl Display, mask: &str) {
        self.text_or_none(&field, mask, MAX_MASK);
        if !mask.is_empty() && !mask.contains('?') {
            let text = Words::of(
                "everything in it can be read; a whole code is an item",
                "各字符均可辨认；完整的码请填为物品",
            );
            self.fault(Reason::InvalidField, field, text);
        }
    }

    pub(super) fn keep(&mut self, path: &'static str, b: &'a Keep) {
        self.document_or_none(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        if b.bags.is_empty() {
            self.missing(format_args!("{path}.bags"), Words::of("no bag is named", "未列物证袋"));
        }
        self.checked_bags(path, &b.bags);
        self.place(path, &b.site, &b.place);
        self.optional(&b.keeper, |c, t| c.pseudonym(format_args!("{path}.keeper"), t));
        self.temperature(format_args!("{path}.temperature"), b.temperature.as_ref());
    }

    /// Bags as somebody found them, each once.
    fn checked_bags(&mut self, path: &'static str, bags: &'a [BagCheck]) {
        self.count(format_args!("{path}.bags"), bags.len(), MAX_BAGS);
        let mut seen = BTreeSet::new();
        for (i, bag) in bags.iter().enumerate().take(MAX_BAGS) {
            self.bag(&format_args!("{path}.bags[{i}].bag"), &bag.bag);
            if !bag.bag.is_empty() && !seen.insert(&bag.bag) {
                let text = Words::of("the bag is listed twice", "物证袋重复列出");
                self.fault(Reason::ItemTwice, format_args!("{path}.bags[{i}].bag"), text);
            }
            let seals = format_args!("{path}.bags[{i}].seals");
            self.each_once(seals, &bag.seals, MAX_SEALS, |c, field, text| c.text(field, text, 80));
            self.code(format_args!("{path}.bags[{i}].condition"), &bag.condition);
            self.note(format_args!("{path}.bags[{i}].note"), &bag.note, NOTE);
        }
    }

    pub(super) fn hand_over(&mut self, path: &'static str, b: &'a HandOver) {
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.party(format_args!("{path}.receiver"), &b.receiver);
        self.code(format_args!("{path}.purpose"), &b.purpose);
        self.checked_bags(path, &b.bags);
        self.evidence(path, b.bags.is_empty(), &b.items, &b.lots);
        self.people(format_args!("{path}.officers"), &b.officers, 1);
        self.people(format_args!("{path}.takers"), &b.takers, 0);
        self.note(format_args!("{path}.legal_basis"), &b.legal_basis, NOTE);
    }

    /// Items and amounts beside bags; something at all.
    fn evidence(&mut self, path: &'static str, no_bags: bool, items: &'a [String], lots: &'a [LotAmount]) {
        if no_bags && items.is_empty() && lots.is_empty() {
            let text = Words::of("neither bags, items nor lots are named", "未列物证袋、物品或批");
            self.missing(format_args!("{path}.bags"), text);
        }
        self.items(format_args!("{path}.items"), items, Accept::Goods);
        self.amounts(format_args!("{path}.lots"), lots);
    }

    pub(super) fn evidence_return(&mut self, path: &'static str, b: &'a EvidenceReturn) {
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.party_or_none(format_args!("{path}.to"), &b.to);
        self.optional(&b.person, |c, t| c.pseudonym(format_args!("{path}.person"), t));
        if b.to.is_empty() && b.person.is_empty() {
            let text = Words::of("neither a party nor a person takes them", "未写明领取的主体或人员");
            self.missing(format_args!("{path}.to"), text);
        }
        self.code(format_args!("{path}.reason"), &b.reason);
        self.bags(format_args!("{path}.bags"), &b.bags);
        self.evidence(path, b.bags.is_empty(), &b.items, &b.lots);
        self.people(format_args!("{path}.officers"), &b.officers, 2);
        self.prose(format_args!("{path}.legal_basis"), &b.legal_basis, NOTE);
    }

    pub(super) fn destroy(&mut self, path: &'static str, b: &'a Destroy) {
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.party_or_none(format_args!("{path}.holder"), &b.holder);
        self.code(format_args!("{path}.reason"), &b.reason);
        self.code(format_args!("{path}.method"), &b.method);
        self.place(path, &b.site, &b.place);
        self.bags(format_args!("{path}.bags"), &b.bags);
        self.evidence(path, b.bags.is_empty(), &b.items, &b.lots);
        self.people(format_args!("{path}.officers"), &b.officers, 2);
        self.optional(&b.witness, |c, t| c.pseudonym(format_args!("{path}.witness"), t));
        self.prose(format_args!("{path}.legal_basis"), &b.legal_basis, NOTE);
        self.digests(format_args!("{path}.photos"), &b.photos, MAX_PHOTOS);
    }

    /// Bags by themselves, each once.
    pub(super) fn bags(&mut self, field: impl Display, bags: &'a [String]) {
        self.each_once(field, bags, MAX_BAGS, |c, field, text| c.bag(field, text));
    }

    /// An evidence bag.
    fn bag(&mut self, field: &dyn Display, text: &str) {
        match gs1::ItemRef::parse(text) {
            Ok(item) if item.kind() != gs1::ItemKind::Bag => {
                let kind = item.kind().as_str();
                self.fault(
                    Reason::InvalidField,
                    field,
                    words!("a {kind} is no evidence bag", "{kind} 不是物证袋"),
                );
            }
            parsed => self.canonical(field, text, parsed.map(drop)),
        }
    }
}
