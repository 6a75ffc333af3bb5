//! The columns of a bill: one row a column, with the names under which ERP systems export it.

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The bill's own number: the business key.
    Number,
    /// See [`BillType`](crate::BillType).
    Type,
    /// When it happened.
    Time,
    /// The other side: addressee of goods out, sender of goods in.
    Partner,
    /// For whom the signer acts.
    Principal,
    /// Where it happened.
    Site,
    /// Site the goods go to.
    ShipTo,
    /// Who owns them after delivery.
    Owner,
    /// Who pays.
    BillTo,
    /// Reason code in place of the type's.
    Reason,
    /// Who carries.
    Carrier,
    /// Number of the waybill.
    Waybill,
    /// Number of the sender's bill.
    Source,
    /// Degrees Celsius on arrival.
    Temperature,
    /// The container.
    Parent,
    /// A scan or canonical text.
    Code,
    /// Product, where goods have no code of their own.
    Product,
    /// Lot number or canonical lot.
    Lot,
    /// How much.
    Quantity,
    /// In what.
    Unit,
    /// Registration or approval number.
    Registration,
    /// Day of manufacture.
    MadeOn,
    /// Last day of use.
    ExpiresOn,
    /// Vials or pieces under one code.
    UnitsPerCode,
    /// Market the goods are meant for.
    Market,
    /// What became of a line at the receiver.
    Outcome,
    /// Remark on a line.
    Note,
    /// Which vial in the box.
    Vial,
    /// How much was thrown away.
    Wasted,
    /// Whether nothing is left.
    Finished,
}

/// Where a column belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// To the bill: all its lines agree, or leave it empty.
    Bill,
    /// To the line.
    Line,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct ColumnRow {
    /// Which.
    pub column: Column,
    /// Name in JSON and in English files.
    pub name: &'static str,
    /// Names in Chinese files, the first one preferred.
    pub chinese: &'static [&'static str],
    /// Bill or line.
    pub scope: Scope,
}

use Column as C;
use Scope::{Bill, Line};

const fn row(
    column: Column,
    scope: Scope,
    name: &'static str,
    chinese: &'static [&'static str],
) -> ColumnRow {
    ColumnRow { column, name, chinese, scope }
}

/// All columns.
pub static COLUMNS: &[ColumnRow] = &[
    row(C::Number, Bill, "number", &["单据号", "单号", "单据编号", "业务单号"]),
    row(C::Type, Bill, "type", &["单据类型", "业务类型", "类型"]),
    row(C::Time, Bill, "time", &["业务时间", "时间", "单据时间", "单据日期", "出入库时间"]),
    row(C::Partner, Bill, "partner", &["往来单位", "对方单位", "客户", "供应商", "收货单位", "发货单位"]),
    row(C::Principal, Bill, "principal", &["委托方", "委托单位", "货主"]),
    row(C::Site, Bill, "site", &["场所", "仓库"]),
    row(C::ShipTo, Bill, "shipTo", &["收货场所", "收货地点"]),
    row(C::Owner, Bill, "owner", &["货权单位"]),
    row(C::BillTo, Bill, "billTo", &["付款单位"]),
    row(C::Reason, Bill, "reason", &["原因"]),
    row(C::Carrier, Bill, "carrier", &["承运单位", "承运商"]),
    row(C::Waybill, Bill, "waybill", &["运单号", "快递单号"]),
    row(C::Source, Bill, "source", &["来源单号", "上游单号", "发货单号"]),
    row(C::Temperature, Bill, "temperature", &["到货温度"]),
    row(C::Parent, Bill, "parent", &["箱码", "外箱码", "父码"]),
    row(C::Code, Line, "code", &["追溯码", "编码", "条码"]),
    row(C::Product, Line, "product", &["产品", "产品编码"]),
    row(C::Lot, Line, "lot", &["批号", "生产批号"]),
    row(C::Quantity, Line, "quantity", &["数量"]),
    row(C::Unit, Line, "unit", &["单位"]),
    row(C::Registration, Bill, "registration", &["批准文号", "注册证号"]),
    row(C::MadeOn, Bill, "madeOn", &["生产日期"]),
    row(C::ExpiresOn, Bill, "expiresOn", &["有效期至"]),
    row(C::UnitsPerCode, Bill, "unitsPerCode", &["每码数量"]),
    row(C::Market, Bill, "market", &["市场"]),
    row(C::Outcome, Line, "outcome", &["验收结果"]),
    row(C::Note, Line, "note", &["备注"]),
    row(C::Vial, Line, "vial", &["瓶号"]),
    row(C::Wasted, Line, "wasted", &["弃用量"]),
    row(C::Finished, Line, "finished", &["用完"]),
];

impl Column {
    /// The column's row.
    #[must_use]
    pub fn row(self) -> &'static ColumnRow {
        // Every variant has a row, in order: a test walks the table.
        COLUMNS.get(self as usize).unwrap_or(&COLUMNS[0])
    }

    /// The column that a head names, in any case, with `_`, `-` and blanks left out.
    #[must_use]
    pub fn find(head: &str) -> Option<Self> {
        let plain: String = head.chars().filter(|c| !matches!(c, '_' | '-' | ' ' | '　' | '*')).collect();
        COLUMNS
            .iter()
            .find(|r| r.name.eq_ignore_ascii_case(&plain) || r.chinese.contains(&plain.as_str()))
            .map(|r| r.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_stands_at_its_place_and_no_name_is_two_columns() {
        let mut names = std::collections::BTreeSet::new();
        for (i, r) in COLUMNS.iter().enumerate() {
            assert_eq!((r.column as usize, r.column.row().name), (i, r.name));
            for name in r.chinese.iter().chain([&r.name]) {
                assert!(names.insert(*name), "{name} twice");
                assert_eq!(Column::find(name), Some(r.column), "{name}");
            }
        }
        assert_eq!(COLUMNS.len(), Column::Finished as usize + 1);
    }

    #[test]
    fn heads_are_found_however_people_write_them() {
        for head in ["Units Per Code", "units_per_code", "UNITSPERCODE", " unitsPerCode*"] {
            assert_eq!(Column::find(head), Some(Column::UnitsPerCode), "{head}");
        }
        assert_eq!(Column::find("品名"), None);
    }

    #[test]
    fn the_columns_of_the_manual_are_these() {
        let manual = include_str!("../../../docs/GATEWAY.md");
        for r in COLUMNS {
            let scope = if r.scope == Bill { "bill" } else { "line" };
            let row = format!("| `{}` | {} | {scope} |", r.name, r.chinese.join("、"));
            assert!(manual.contains(&row), "docs/GATEWAY.md lacks: {row}");
        }
    }
}
