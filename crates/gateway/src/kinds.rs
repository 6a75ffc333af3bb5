//! The types of bill and what each becomes: one row a type.
//!
//! Numbers and Chinese names are those of 码上放心; event names are those its scanners write into XML.
//! Types that its interfaces know and this table lacks (retail, vaccination, dispensing) are bills about
//! people, which this ledger does not take.

use proto::v1::AdjustOutcome;

/// What a bill of a type becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Makes {
    /// 赋码入库.
    Commission,
    /// 装箱.
    Pack,
    /// 拆箱.
    Unpack,
    /// 出库 with this reason code.
    Ship(&'static str),
    /// 入库.
    Receive,
    /// 使用.
    Use,
    /// 盘盈盘亏报损.
    Adjust(AdjustOutcome),
    /// 出库 with this reason code where another party is named; without one the goods stay, and become
    /// others that the bill does not name: refused as below.
    Rework(&'static str),
    /// Nothing: a Transform says what came into being, and such a bill does not.
    ByHand,
}

impl Makes {
    /// Whether goods come into being or leave, and do not arrive or end.
    #[must_use]
    pub const fn is_out(self) -> bool {
        match self {
            Self::Commission | Self::Pack | Self::Ship(_) | Self::Rework(_) | Self::ByHand => true,
            Self::Adjust(outcome) => matches!(outcome, Found),
            Self::Unpack | Self::Receive | Self::Use => false,
        }
    }
}

/// A type of bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillType {
    /// Number on 码上放心; 0 = it has none.
    pub code: u16,
    /// English name in files and answers.
    pub name: &'static str,
    /// Chinese name.
    pub chinese: &'static str,
    /// Name of the XML event; empty = none is known.
    pub event: &'static str,
    /// What it becomes.
    pub makes: Makes,
}

const fn row(
    code: u16,
    name: &'static str,
    chinese: &'static str,
    event: &'static str,
    makes: Makes,
) -> BillType {
    BillType { code, name, chinese, event, makes }
}

use AdjustOutcome::{Damaged, Destroyed, Found, Lost};
use Makes::{Adjust, ByHand, Commission, Pack, Receive, Rework, Ship, Unpack, Use};

/// All types.
pub static BILL_TYPES: &[BillType] = &[
    row(101, "commission", "生产入库", "ProduceWareHouseIn", Commission),
    row(102, "purchase-in", "采购入库", "PurchaseWareHouseIn", Receive),
    row(103, "return-in", "退货入库", "ReturnWareHouseIn", Receive),
    row(104, "transfer-in", "调拨入库", "AllocateWareHouseIn", Receive),
    row(106, "remainder-in", "零头入库", "", Receive),
    row(107, "supply-in", "供应入库", "", Receive),
    row(108, "recall-in", "召回入库", "", Receive),
    row(110, "gift-in", "赠品入库", "", Receive),
    row(111, "surplus", "盘盈入库", "", Adjust(Found)),
    row(112, "scrap-in", "报废入库", "", Adjust(Damaged)),
    row(113, "other-in", "其他入库", "", Receive),
    row(201, "sale", "销售出库", "SalesWareHouseOut", Ship("sale")),
    row(202, "return-out", "退货出库", "ReturnWareHouseOut", Ship("return")),
    row(203, "transfer-out", "调拨出库", "AllocateWareHouseOut", Ship("transfer")),
    row(204, "rework", "返工出库", "ReworkWareHouseOut", Rework("rework")),
    // The scanners' own spelling.
    row(205, "destroy-out", "销毁出库", "DestoryWareHouseOut", Ship("disposal")),
    row(206, "sample-out", "抽检出库", "CheckWareHouseOut", Ship("sample")),
    row(207, "drop-shipment", "直调出库", "DirectAllocateWareHouseOut", Ship("drop-shipment")),
    row(208, "production-out", "生产出库", "", ByHand),
    row(209, "supply-out", "供应出库", "", Ship("supply")),
    row(211, "recall-out", "召回出库", "", Ship("recall")),
    row(212, "gift-out", "赠品出库", "", Ship("gift")),
    row(214, "shortage", "盘亏出库", "", Adjust(Lost)),
    row(215, "damage", "损坏出库", "", Adjust(Damaged)),
    row(216, "scrap-out", "报废出库", "", Adjust(Destroyed)),
    row(217, "other-out", "其他出库", "", Ship("other")),
    row(237, "drop-shipment-return", "直调退货", "", Ship("return")),
    row(0, "pack", "装箱", "", Pack),
    row(0, "unpack", "拆箱", "", Unpack),
    row(0, "use", "使用", "", Use),
];

impl BillType {
    /// The type that a text names: its number, its Chinese, English or event name, in any case.
    #[must_use]
    pub fn find(text: &str) -> Option<&'static Self> {
        let number = text.parse::<u16>().ok().filter(|n| *n > 0);
        BILL_TYPES.iter().find(|t| {
            number == Some(t.code)
                || t.chinese == text
                || t.name.eq_ignore_ascii_case(text)
                || (!t.event.is_empty() && t.event.eq_ignore_ascii_case(text))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_type_is_found_by_each_of_its_names_and_no_name_is_two_types() {
        let mut names = BTreeSet::new();
        for t in BILL_TYPES {
            let code = (t.code > 0).then(|| t.code.to_string());
            for name in [Some(t.name.to_owned()), Some(t.chinese.to_owned()), code].into_iter().flatten() {
                assert!(names.insert(name.clone()), "{name} twice");
                assert_eq!(BillType::find(&name), Some(t));
            }
            if !t.event.is_empty() {
                assert!(names.insert(t.event.to_owned()));
                assert_eq!(BillType::find(&t.event.to_uppercase()), Some(t));
            }
        }
        for unknown in ["", "0", "000", "999", "sales", "销售"] {
            assert_eq!(BillType::find(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_table_of_the_manual_is_this_table() {
        let manual = include_str!("../../../docs/GATEWAY.md");
        for t in BILL_TYPES {
            let code = if t.code == 0 { "–".to_owned() } else { t.code.to_string() };
            let event = if t.event.is_empty() { "–".to_owned() } else { format!("`{}`", t.event) };
            let makes = match t.makes {
                ByHand => "refused: Transform by hand".to_owned(),
                Rework(reason) => format!("Ship, `{reason}`; without partner refused: Transform by hand"),
                Adjust(outcome) => format!(
                    "Adjust, `{}`",
                    outcome.as_str_name().trim_start_matches("ADJUST_OUTCOME_").to_lowercase()
                ),
                Ship(reason) => format!("Ship, `{reason}`"),
                other => format!("{other:?}"),
            };
            let row = format!("| {code} | {} | `{}` | {event} | {makes} |", t.chinese, t.name);
            assert!(manual.contains(&row), "docs/GATEWAY.md lacks: {row}");
        }
    }
}
