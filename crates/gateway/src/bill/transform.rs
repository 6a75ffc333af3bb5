//! Bills that say what was used up and not what came of it: refused, with the statement to hand in instead.

use serde_json::json;

use super::{Reader, read::Goods};
use crate::{columns::Column, fault::Reason, kinds::BillType};

use proto::v1::Header;

/// Most inputs written out in the statement that is shown.
const SHOWN: usize = 20;

impl Reader<'_> {
    /// Shows the statement, filled in as far as the bill goes.
    pub(super) fn by_hand(&mut self, bill_type: &BillType, header: &Header) {
        let time = super::time::rfc3339(header.occurred_at, header.offset_minutes)
            .unwrap_or_else(|| "YYYY-MM-DDTHH:MM:SS+08:00".to_owned());
        let (mut inputs, mut lots) = (Vec::new(), Vec::new());
        // What is wrong with the lines is told too: the statement would have the same faults.
        for row in self.rows.clone() {
            match self.goods(row).filter(|_| inputs.len() + lots.len() < SHOWN) {
                Some(Goods::Item(item)) => inputs.push(item),
                Some(Goods::Lot(lot)) => {
                    let quantity = lot.quantity.unwrap_or_default();
                    let amount = json!({ "amount": quantity.amount.to_string(), "unit": quantity.unit });
                    lots.push(json!({ "lot": lot.lot, "quantity": amount }));
                }
                None => {}
            }
        }
        let mut transform = json!({
            "inputs": inputs,
            "outputs": ["sgtin:GTIN14.SERIAL"],
            "lot": "lot:gtin:GTIN14.LOT",
            "expiresOn": "YYYY-MM-DD",
            "unitsPerCode": 1,
            "reason": "rework",
        });
        if !lots.is_empty() {
            transform["inputLots"] = lots.into();
        }
        let mut head = json!({ "businessKey": header.business_key, "occurredAt": time });
        if !header.on_behalf_of.is_empty() {
            head["onBehalfOf"] = header.on_behalf_of.clone().into();
        }
        let statement = json!({ "header": head, "transform": transform });
        let (code, name) = (bill_type.code, bill_type.chinese);
        let more = if self.rows.len() > SHOWN { ", further inputs likewise" } else { "" };
        let partner = bill_type.code == 204;
        let (en_else, zh_else) = if partner {
            (
                " If another party does the work, fill in the partner; else",
                "若由其他单位返工，请填写往来单位；否则",
            )
        } else {
            (" So", "")
        };
        let en = format!(
            "bills of type {code} {name} say what was used up and not what came of it, which a Transform needs.\
             {en_else} fill in outputs, lot and expiry (for lots without serials outputLots in place of \
             outputs, lot and unitsPerCode{more}), and POST to /v1/statements: {statement}"
        );
        let zh = format!(
            "类型 {code} {name} 的单据只写明投入，未写明产出，而转换声明需要产出。{zh_else}\
             请补全产出、批号与有效期，并提交至 /v1/statements：{statement}"
        );
        self.fault(self.first(), Column::Type, Reason::TypeNotSupported, en, zh);
    }
}
