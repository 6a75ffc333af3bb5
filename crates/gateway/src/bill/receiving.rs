//! Bills of goods in: Receive, with what did not arrive as shipped.

use proto::v1::{Header, Receive, ReceiveException, ReceiveOutcome, Temperature};

use super::{Reader, read::Goods};
use crate::{columns::Column, fault::Reason};

use Column as C;

impl Reader<'_> {
    /// A receiver that names no bill of the sender is taken to receive what the sender shipped under the
    /// same number: that is how 码上放心 pairs bills.
    pub(super) fn receive(&mut self, header: &Header) -> Receive {
        let sender = self.need_party(C::Partner, "receive.bill");
        let carrier = self.party(C::Carrier, "receive.waybill").unwrap_or_default();
        let waybill = self.waybill(&carrier, "receive.waybill");
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

    fn exceptions(&mut self) -> Vec<ReceiveException> {
        let mut exceptions = Vec::new();
        for row in self.rows.clone() {
            let Some(text) = row.get(C::Outcome) else { continue };
            let Some(found) = outcome(text) else {
                let en = format!("“{text}”: write accepted, short, over, damaged or refused");
                let zh = format!("“{text}”：请写 合格、短少、多货、破损、拒收 之一");
                self.fault(row.line, C::Outcome, Reason::BadOutcome, en, zh);
                continue;
            };
            let Some(found) = found else { continue };
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

    fn temperature(&mut self) -> Option<Temperature> {
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
