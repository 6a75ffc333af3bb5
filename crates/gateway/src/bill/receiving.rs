//! Bills of goods in: Receive, with what did not arrive as shipped.

use gs1::Document;
use proto::v1::{Header, Receive, ReceiveException, ReceiveOutcome, Temperature};

use super::{Reader, Row, read::Goods};
use crate::{columns::Column, fault::Reason};

use Column as C;

impl Reader<'_> {
    /// A receiver that names no bill of the sender is taken to receive what the sender shipped under the
    /// same number: that is how 码上放心 pairs bills. The sender stands in the statement as the one whose bill it is.
    pub(super) fn receive(&mut self, header: &Header) -> Receive {
        let sender = self.sender();
        let waybill = self.waybill_of_carrier();
        let mut bill = self.source_bill(&sender, "receive.bill");
        if bill.is_empty() && waybill.is_empty() {
            bill = statement::bill_text(&sender, &header.business_key).unwrap_or_default();
            self.place("receive.bill", C::Number);
        }
        let (items, lots) = self.lines("receive");
        let exceptions = self.exceptions();
        let arrival = self.temperature();
        Receive { shipment: None, bill, waybill, items, lots, exceptions, arrival, check: None }
    }

    /// Needed where no document says who it is; where there is only a waybill it has no place in the statement.
    fn sender(&mut self) -> String {
        let source = self.bill_cell(C::Source).map(|(_, text)| text);
        let named = source.is_some_and(|text| text.starts_with("bill:"));
        let waybill = self.bill_cell(C::Waybill).is_some();
        let Some((line, text)) = self.bill_cell(C::Partner) else {
            return match named || (source.is_none() && waybill) {
                true => String::new(),
                false => self.need_party(C::Partner, "receive.bill"),
            };
        };
        let sender = self.party(C::Partner, "receive.bill").unwrap_or_default();
        let of_source = source.and_then(|text| Document::parse(text).ok()).and_then(|d| d.view().party());
        match of_source {
            Some(party) if !sender.is_empty() && party.as_str() != sender => {
                self.other_party(line, C::Partner, text, party.as_str());
            }
            None if source.is_none() && waybill => {
                let en = format!(
                    "“{text}” has no place beside a waybill alone: write the number of the sender's bill under source, \
                     or leave it empty, for the Ship under the waybill says who sent"
                );
                let zh = format!(
                    "仅有运单号时无处记录“{text}”：请填写来源单号，或留空（运单对应的发货声明已写明发货方）"
                );
                self.fault(line, C::Partner, Reason::ColumnNotForType, en, zh);
            }
            _ => {}
        }
        sender
    }

    /// The carrier stands in a Receive as the one whose waybill it is.
    fn waybill_of_carrier(&mut self) -> String {
        let carrier = self.party(C::Carrier, "receive.waybill").unwrap_or_default();
        let waybill = self.waybill(&carrier, "receive.waybill");
        let Some((line, text)) = self.bill_cell(C::Carrier) else { return waybill };
        if self.bill_cell(C::Waybill).is_none() {
            let en =
                format!("“{text}” has no place without a waybill: write its number too, or leave it empty");
            let zh = format!("没有运单号时无处记录“{text}”：请填写运单号，或留空");
            self.fault(line, C::Carrier, Reason::ColumnNotForType, en, zh);
        }
        let of_waybill = Document::parse(&waybill).ok().and_then(|d| d.view().party());
        if let Some(party) = of_waybill.filter(|party| !carrier.is_empty() && party.as_str() != carrier) {
            self.other_party(line, C::Carrier, text, party.as_str());
        }
        waybill
    }

    fn other_party(&mut self, line: u32, column: Column, text: &str, named: &str) {
        let en = format!("“{text}” is not {named}, whose document is named; correct one of them");
        let zh = format!("“{text}”与所写单据所属的 {named} 不一致，请更正");
        self.fault(line, column, Reason::Differs, en, zh);
    }

    /// A Receive has room for a note only with what did not arrive as shipped.
    pub(super) fn note_of_accepted(&mut self, row: &Row, body: &str) {
        let Some(text) = row.get(C::Note).filter(|_| body == "receive") else { return };
        let en = format!(
            "“{text}” has no place on an accepted line: leave it empty, or say under outcome what was not as shipped"
        );
        let zh = format!("合格行无处记录“{text}”：请留空，或在验收结果中写明与发货不符之处");
        self.fault(row.line, C::Note, Reason::ColumnNotForType, en, zh);
    }

    fn exceptions(&mut self) -> Vec<ReceiveException> {
        let mut exceptions = Vec::new();
        for row in self.rows.clone() {
            let found = match self.outcome(row) {
                Some(Some(found)) => found,
                // Among the lines that were accepted.
                Some(None) => continue,
                // What else is wrong with the line is told too.
                None => ReceiveOutcome::Unspecified,
            };
            let (item, lot) = match self.goods(row) {
                Some(Goods::Item(item)) => (item, None),
                Some(Goods::Lot(lot)) => (String::new(), Some(lot)),
                None => continue,
            };
            self.line_place(format!("receive.exceptions[{}]", exceptions.len()), row);
            let note = row.get(C::Note).unwrap_or_default().to_owned();
            exceptions.push(ReceiveException { outcome: found.into(), item, lot, note });
        }
        exceptions
    }

    /// What became of a line: `None` = no such word, which is told; `Some(None)` = accepted.
    pub(super) fn outcome(&mut self, row: &Row) -> Option<Option<ReceiveOutcome>> {
        let Some(text) = row.get(C::Outcome) else { return Some(None) };
        let found = outcome(text);
        if found.is_none() {
            let en = format!("“{text}”: write accepted, short, over, damaged or refused");
            let zh = format!("“{text}”：请写 合格、短少、多货、破损、拒收 之一");
            self.fault(row.line, C::Outcome, Reason::BadOutcome, en, zh);
        }
        found
    }

    pub(super) fn temperature(&mut self) -> Option<Temperature> {
        let (line, text) = self.bill_cell(C::Temperature)?;
        self.place("receive.arrival", C::Temperature);
        let plain = text.trim_end_matches(['C', '℃', '°', ' ']);
        let Some(millicelsius) = millis(plain) else {
            let en = format!("“{text}” is no temperature; write 5.4");
            self.fault(
                line,
                C::Temperature,
                Reason::BadTemperature,
                en,
                format!("“{text}”不是温度；请写 5.4"),
            );
            return None;
        };
        Some(Temperature { millicelsius })
    }
}

/// What became of a line: `None` = no such word, `Some(None)` = accepted.
pub(super) fn outcome(text: &str) -> Option<Option<ReceiveOutcome>> {
    let found = match text {
        "合格" | "接收" | "accepted" => None,
        "短少" | "缺货" | "short" => Some(ReceiveOutcome::Short),
        "多货" | "over" => Some(ReceiveOutcome::Over),
        "破损" | "damaged" => Some(ReceiveOutcome::Damaged),
        "拒收" | "refused" => Some(ReceiveOutcome::Refused),
        _ => return None,
    };
    Some(found)
}

/// Thousandths of a decimal number with at most three places.
fn millis(text: &str) -> Option<i32> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(places) || whole.len() > 4 || places.len() > 3 {
        return None;
    }
    let places: i32 = format!("{places:0<3}").parse().ok()?;
    Some(sign * (whole.parse::<i32>().ok()? * 1_000 + places))
}
