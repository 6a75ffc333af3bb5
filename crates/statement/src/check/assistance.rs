//! Fields of AssistRequest, AssistReply, AuthenticityReply and Opinion, and what confidential statements hold.

use std::{collections::BTreeSet, fmt::Display};

use gs1::DocumentKind;
use proto::v1::{
    AssistReply, AssistRequest, Authenticity, AuthenticityReply, GoodsLine, Header, Opinion, statement::Body,
};

use super::{
    Check,
    part::{ACCOUNT, NOTE, unit},
};
use crate::{GoodsAct, Reason, Secrecy, Words, kind_of, kind_row};

/// Most documents of a reply.
const MAX_DOCUMENTS: usize = 64;

/// Lots that have been named, by their units.
type Lots<'a> = BTreeSet<(&'a str, &'a str)>;

impl<'a> Check<'a> {
    pub(super) fn assist_request(&mut self, path: &'static str, b: &'a AssistRequest) {
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.party(format_args!("{path}.addressee"), &b.addressee);
        self.code(format_args!("{path}.purpose"), &b.purpose);
        self.prose(format_args!("{path}.question"), &b.question, ACCOUNT);
        self.all_goods(path, &b.lines);
        self.day(format_args!("{path}.due_on"), &b.due_on);
        self.prose(format_args!("{path}.legal_basis"), &b.legal_basis, NOTE);
        self.case_or_none(format_args!("{path}.case_id"), &b.case_id);
    }

    pub(super) fn assist_reply(&mut self, path: &'static str, b: &'a AssistReply) {
        self.target(format_args!("{path}.request"), b.request.as_ref(), false);
        self.document_or_none(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.code(format_args!("{path}.outcome"), &b.outcome);
        self.prose(format_args!("{path}.findings"), &b.findings, ACCOUNT);
        self.all_goods(path, &b.lines);
        self.digests(format_args!("{path}.documents"), &b.documents, MAX_DOCUMENTS);
        self.case_or_none(format_args!("{path}.case_id"), &b.case_id);
    }

    pub(super) fn authenticity_reply(&mut self, path: &'static str, b: &'a AuthenticityReply) {
        self.target(format_args!("{path}.request"), b.request.as_ref(), false);
        self.document_or_none(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        let lines = b.lines.iter().map(|line| line.goods.as_ref());
        self.judged(path, lines, |c, i| {
            let Some(line) = b.lines.get(i) else { return };
            let unsaid = line.verdict() == Authenticity::Unspecified;
            c.said(format_args!("{path}.lines[{i}].verdict"), unsaid);
            c.note(format_args!("{path}.lines[{i}].grounds"), &line.grounds, NOTE);
        });
        self.digest_or_none(format_args!("{path}.report"), &b.report);
        self.note(format_args!("{path}.method"), &b.method, NOTE);
    }

    pub(super) fn opinion(&mut self, path: &'static str, b: &'a Opinion) {
        self.document(format_args!("{path}.number"), &b.number, DocumentKind::Certificate);
        self.reference_or_none(format_args!("{path}.request"), b.request.as_ref());
        let lines = b.lines.iter().map(|line| line.goods.as_ref());
        self.judged(path, lines, |c, i| {
            let Some(line) = b.lines.get(i) else { return };
            c.code(format_args!("{path}.lines[{i}].conclusion"), &line.conclusion);
            c.note(format_args!("{path}.lines[{i}].note"), &line.note, NOTE);
        });
        self.prose(format_args!("{path}.legal_basis"), &b.legal_basis, NOTE);
        self.prose(format_args!("{path}.reasoning"), &b.reasoning, ACCOUNT);
        self.references(format_args!("{path}.grounds"), &b.grounds);
        self.digest_or_none(format_args!("{path}.document"), &b.document);
        self.case_or_none(format_args!("{path}.case_id"), &b.case_id);
    }

    /// Lines that say something of goods, at least one; `rest` looks at the rest of each.
    fn judged(
        &mut self,
        path: &'static str,
        lines: impl ExactSizeIterator<Item = Option<&'a GoodsLine>>,
        rest: impl Fn(&mut Self, usize),
    ) {
        let none = Words::of("nothing is said of any goods", "未对任何物品作出说明");
        self.line_count(format_args!("{path}.lines"), lines.len(), none);
        let mut lots = Lots::new();
        for (i, goods) in lines.enumerate().take(super::MAX_ITEMS) {
            match goods {
                Some(goods) => self.goods(format_args!("{path}.lines[{i}].goods"), goods, &mut lots),
                None => {
                    self.missing(format_args!("{path}.lines[{i}].goods"), Words::of("not set", "未填写"));
                }
            }
            rest(self, i);
        }
    }

    /// Goods by themselves; there may be none.
    pub(super) fn all_goods(&mut self, path: &'static str, lines: &'a [GoodsLine]) {
        if !lines.is_empty() {
            self.line_count(format_args!("{path}.lines"), lines.len(), Words::of("", ""));
        }
        let mut lots = Lots::new();
        for (i, goods) in lines.iter().enumerate().take(super::MAX_ITEMS) {
            self.goods(format_args!("{path}.lines[{i}]"), goods, &mut lots);
        }
    }

    /// An item, an amount of a lot, or what is described.
    fn goods(&mut self, path: impl Display, goods: &'a GoodsLine, lots: &mut Lots<'a>) {
        let GoodsLine { item, lot, description, quantity } = goods;
        self.note(format_args!("{path}.description"), description, NOTE);
        let coded = !item.is_empty() || lot.is_some();
        if !coded && description.is_empty() {
            let text = Words::of(
                "name an item, an amount of a lot, or describe the goods",
                "请填写物品、批量，或描述货物",
            );
            return self.missing(format_args!("{path}.description"), text);
        }
        if coded && quantity.is_some() {
            let text = Words::of("goes only with goods that are described", "仅用于以描述填写的货物");
            self.fault(Reason::InvalidField, format_args!("{path}.quantity"), text);
        }
        if coded {
            self.item_or_lot(&path, item, lot.as_ref());
        } else if quantity.is_some() {
            self.quantity(format_args!("{path}.quantity"), quantity.as_ref());
        }
        if let Some(lot) = lot
            && item.is_empty()
            && !lot.lot.is_empty()
            && !lots.insert((&lot.lot, unit(lot)))
        {
            let text = Words::of("the lot is listed twice in one unit", "同一批以同一单位重复列出");
            self.fault(Reason::ItemTwice, format_args!("{path}.lot.lot"), text);
        }
    }

    fn digest_or_none(&mut self, field: impl Display, digest: &[u8]) {
        if !digest.is_empty() {
            self.bytes(field, digest, 32);
        }
    }

    /// A case that must be named.
    pub(super) fn case(&mut self, field: impl Display, case: &str) {
        if case.is_empty() {
            return self.missing(field, Words::of("not set", "未填写"));
        }
        self.case_or_none(field, case);
    }

    fn case_or_none(&mut self, field: impl Display, case: &str) {
        let fits = case.len() == 32 && case.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !case.is_empty() && !fits {
            let text = Words::of(
                "a case has 32 random lower-case hexadecimal digits",
                "案件编号为 32 位随机小写十六进制",
            );
            self.fault(Reason::InvalidField, field, text);
        }
    }

    /// A confidential statement names its case, and nothing by which it could be found from elsewhere.
    pub(super) fn confidential(&mut self, h: &Header, body: &Body) {
        let secrecy = |kind| kind_row(kind).map_or(Secrecy::Never, |row| row.confidential);
        let act = match body {
            Body::Correct(b) => b.replacement.as_ref().and_then(|r| r.body.as_ref()).map(GoodsAct::replacing),
            body => GoodsAct::of(body),
        };
        if !h.confidential {
            if act.is_some_and(|act| secrecy(act.kind()) == Secrecy::Always) {
                let text = Words::of("statements of cases are confidential", "案件类声明须设为保密");
                self.fault(Reason::ConfidentialNeeded, "header.confidential", text);
            }
            return;
        }
        let may = |kind| secrecy(kind) != Secrecy::Never;
        if !may(kind_of(body)) || act.is_some_and(|act| !may(act.kind())) {
            let text = Words::of("this kind cannot be confidential", "此类声明不能设为保密");
            self.fault(Reason::ConfidentialRefused, "header.confidential", text);
            return;
        }
        if !h.business_key.is_empty() {
            let text = Words::of("a confidential statement has none", "保密声明不填业务单号");
            self.fault(Reason::ConfidentialRefused, "header.business_key", text);
        }
        if !h.on_behalf_of.is_empty() {
            let text =
                Words::of("a confidential statement is signed in one's own name", "保密声明须以自身名义签署");
            self.fault(Reason::ConfidentialRefused, "header.on_behalf_of", text);
        }
        let by_line = matches!(body, Body::Correct(b) if b.by_line);
        if let Some((act, case)) = act.and_then(|act| Some((act, act.case()?)))
            && case.is_empty()
            && !by_line
            && secrecy(act.kind()) == Secrecy::Optional
        {
            let path = act.path(matches!(body, Body::Correct(_)));
            let text = Words::of("a confidential statement names its case", "保密声明须填写案件编号");
            self.missing(format_args!("{path}.case_id"), text);
        }
    }
}
