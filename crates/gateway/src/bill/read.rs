//! Cells: codes, parties, sites, documents, amounts.

use gs1::{Caution, Document, Gtin, Item, ItemKind, ItemRef, Lot, PartyRef, Product, ScanData, Site, Source};
use proto::v1::{LotAmount, Quantity};

use super::{Reader, Row, missing, time};
use crate::{columns::Column, fault::Reason};

/// What a line is about.
pub(super) enum Goods {
    /// A thing with a code of its own.
    Item(String),
    /// An amount of a lot.
    Lot(LotAmount),
}

/// What a code says.
pub(super) struct Scanned {
    pub(super) item: Item,
    pub(super) product: Option<Product>,
    pub(super) lot: Option<String>,
}

impl Scanned {
    /// What the canonical text says alone.
    fn of(item: Item) -> Self {
        let view = item.view();
        let of_ma = || view.ma().and_then(|udi| udi.lot().map(str::to_owned));
        let lot = view.as_lot().map(|lot| lot.lot().into_owned()).or_else(of_ma);
        Self { product: view.to_product(), lot, item }
    }
}

impl<'s> Reader<'s> {
    /// A party of a bill, by the settings' code, as canonical id, or as bare 统一社会信用代码 or GLN.
    pub(super) fn party(&mut self, column: Column, path: &str) -> Option<String> {
        let (line, text) = self.bill_cell(column)?;
        self.place(path, column);
        let id = self.mapping.party_of(text);
        if id.is_none() {
            let en = format!(
                "“{text}” is no party: write uscc:…, gln:…, org:…, or put the code under [bills.partners]"
            );
            let zh =
                format!("“{text}”不是主体：请写 uscc:…、gln:…、org:…，或在 [bills.partners] 中登记该代码");
            self.fault(line, column, Reason::UnknownPartner, en, zh);
        }
        id
    }

    /// The same, where it has to be given.
    pub(super) fn need_party(&mut self, column: Column, path: &str) -> String {
        if self.bill_cell(column).is_none() {
            self.faults.push(missing(self.first(), self.sheet.head(column)));
        }
        self.party(column, path).unwrap_or_default()
    }

    /// A site, by the settings' code or as canonical id. A code of `owner`'s is taken as it stands only where the
    /// settings name no site: else a mistyped warehouse would be a new one.
    pub(super) fn site(&mut self, column: Column, path: &str, owner: &str) -> Option<String> {
        let (line, text) = self.bill_cell(column)?;
        self.place(path, column);
        let known = &self.mapping.sites;
        if let Some(id) = known.get(text) {
            return Some(id.clone());
        }
        let local = || Site::local(PartyRef::parse(owner).ok()?, text).ok();
        let id = match text.starts_with("site:") {
            true => Site::parse(text).ok(),
            // Whose code it is cannot be told where the owner is at fault, which is told there.
            false if owner.is_empty() && known.is_empty() => return None,
            false => known.is_empty().then(local).flatten(),
        };
        if id.is_none() {
            let codes = listed(known.keys());
            let (of, of_zh) = match codes.is_empty() {
                true => (String::new(), String::new()),
                false => (format!(" (there are {codes})"), format!("（已登记：{codes}）")),
            };
            let en = format!("“{text}” is no site: write site:…, or put the code under [bills.sites]{of}");
            let zh = format!("“{text}”不是场所：请写 site:…，或在 [bills.sites] 中登记该代码{of_zh}");
            self.fault(line, column, Reason::UnknownSite, en, zh);
        }
        id.map(String::from)
    }

    /// `waybill:CARRIER/NO`, from a canonical text or a bare number of the carrier's.
    pub(super) fn waybill(&mut self, carrier: &str, path: &str) -> String {
        self.document(Column::Waybill, path, "waybill:", |number| {
            Document::waybill(Source::Party(PartyRef::parse(carrier).ok()?), number).ok()
        })
    }

    /// `bill:SENDER/NO`, from a canonical text or a bare number of the sender's.
    pub(super) fn source_bill(&mut self, sender: &str, path: &str) -> String {
        self.document(Column::Source, path, "bill:", |number| {
            Document::bill(PartyRef::parse(sender).ok()?, number).ok()
        })
    }

    fn document(
        &mut self,
        column: Column,
        path: &str,
        prefix: &str,
        make: impl Fn(&str) -> Option<Document>,
    ) -> String {
        let Some((line, text)) = self.bill_cell(column) else { return String::new() };
        self.place(path, column);
        let found = if text.starts_with(prefix) { Document::parse(text).ok() } else { make(text) };
        if found.is_none() {
            let en = format!("“{text}”: write {prefix}PARTY/NUMBER, or fill in the party whose number it is");
            let zh = format!("“{text}”：请写 {prefix}主体/号码，或填写编号所属的单位");
            self.fault(line, column, Reason::BadDocument, en, zh);
        }
        found.map(String::from).unwrap_or_default()
    }

    /// What a line is about: its code, else product and lot.
    pub(super) fn goods(&mut self, row: &Row) -> Option<Goods> {
        if let Some(code) = row.get(Column::Code) {
            let Some(scanned) = self.code(row, Column::Code, code) else {
                self.read_alone(row);
                return None;
            };
            self.beside(row, &scanned);
            let item = scanned.item;
            return if item.view().kind() == ItemKind::Lot {
                Some(Goods::Lot(LotAmount { lot: item.into(), quantity: Some(self.quantity(row)?) }))
            } else {
                self.single(row).then(|| Goods::Item(item.into()))
            };
        }
        if row.get(Column::Lot).is_none() {
            self.faults.push(missing(row.line, self.sheet.head(Column::Code)));
            self.read_alone(row);
            return None;
        }
        let (lot, quantity) = (self.lot(row), self.quantity(row));
        Some(Goods::Lot(LotAmount { lot: lot?, quantity: Some(quantity?) }))
    }

    /// Tells what is wrong with the cells of a line whose code says nothing.
    pub(super) fn read_alone(&mut self, row: &Row) {
        let (product, lot) = (row.get(Column::Product), row.get(Column::Lot));
        if lot.is_some_and(|lot| product.is_some() || lot.starts_with("lot:")) {
            self.lot(row);
        } else if product.is_some() {
            self.product(row);
        }
        for column in [Column::Quantity, Column::Wasted, Column::Vial] {
            self.whole(row, column);
        }
    }

    /// What stands beside a code is either what the code says, or would get lost: the statement names the code.
    fn beside(&mut self, row: &Row, scanned: &Scanned) {
        if let Some(text) = row.get(Column::Product)
            && let Some(product) = self.product(row)
        {
            match &scanned.product {
                Some(said) if *said == product => {}
                Some(said) if said.scheme() == product.scheme() => {
                    self.contradicts(row, Column::Product, text, said.as_str());
                }
                _ => self.not_said(row, Column::Product, text),
            }
        }
        self.beside_lot(row, scanned, false);
    }

    /// The same of the lot, which some statements carry themselves.
    pub(super) fn beside_lot(&mut self, row: &Row, scanned: &Scanned, carried: bool) {
        let Some(text) = row.get(Column::Lot) else { return };
        let canonical = Lot::parse(text).ok();
        let number = canonical.as_ref().map_or_else(|| text.into(), Lot::lot);
        match (&scanned.lot, &scanned.product) {
            (Some(said), _) if *said != number => self.contradicts(row, Column::Lot, text, said),
            (_, Some(product))
                if canonical.as_ref().is_some_and(|lot| {
                    lot.product().scheme() == product.scheme() && lot.product().as_str() != product.as_str()
                }) =>
            {
                self.contradicts(row, Column::Lot, text, product.as_str());
            }
            (Some(_), _) => {}
            (None, _) if carried => {}
            (None, _) => self.not_said(row, Column::Lot, text),
        }
    }

    fn contradicts(&mut self, row: &Row, column: Column, text: &str, said: &str) {
        let en = format!("“{text}” stands beside a code that says “{said}”; correct one of them");
        let zh = format!("“{text}”与同一行编码所示的“{said}”不一致，请更正");
        self.fault(row.line, column, Reason::Differs, en, zh);
    }

    fn not_said(&mut self, row: &Row, column: Column, text: &str) {
        let en = format!(
            "“{text}” stands beside a code that does not say it, and would get lost: the statement names the code \
             alone; leave it empty, or list the column in ignore-columns"
        );
        let zh = format!(
            "“{text}”旁的编码本身不含此内容，而声明只记录编码，该内容会丢失；请留空，或将该列列入 ignore-columns"
        );
        self.fault(row.line, column, Reason::BesideCode, en, zh);
    }

    /// A scan or canonical text that names an item or a lot.
    pub(super) fn code(&mut self, row: &Row, column: Column, text: &str) -> Option<Scanned> {
        if ItemRef::parse(text).is_ok() {
            return Item::parse(text).ok().map(Scanned::of);
        }
        // FNC1 cannot be typed; exports write it in these ways.
        let scan = text.replace("<GS>", "\u{1d}").replace("\\x1d", "\u{1d}").replace("{GS}", "\u{1d}");
        let year = self.year();
        let data = match ScanData::parse(&scan, year) {
            Ok(data) => data,
            Err(error) => return self.no_code(row, column, text, [&error.to_string(), &error.chinese()]),
        };
        if data.warnings().iter().any(|warning| warning.caution == Caution::TraceCodeOrSscc) {
            return self.two_codes(row, column, text);
        }
        match data.item() {
            Some(item) => {
                let (product, lot) = (data.product(), data.lot().map(str::to_owned));
                let plain = Scanned::of(item);
                Some(Scanned { product: product.or(plain.product), lot: lot.or(plain.lot), item: plain.item })
            }
            None => self.no_code(
                row,
                column,
                text,
                ["names a product, not an item or a lot", "是产品编码，而非物品或批"],
            ),
        }
    }

    /// A text that is no code: no item.
    fn no_code(&mut self, row: &Row, column: Column, text: &str, [why, zh]: [&str; 2]) -> Option<Scanned> {
        let en = format!("“{text}” is no code of an item: {why}");
        let zh = format!("“{text}”不是物品编码：{zh}");
        self.fault(row.line, column, Reason::BadCode, en, zh);
        None
    }

    /// 20 digits that are a drug trace code, or (00) and the SSCC of a pallet without its symbology: nobody
    /// looks on here, so it is not guessed.
    fn two_codes(&mut self, row: &Row, column: Column, text: &str) -> Option<Scanned> {
        let digits = text.trim();
        let sscc = digits.strip_prefix("00").unwrap_or(digits);
        let en = format!(
            "“{text}” may be a pallet or a drug: write sscc:{sscc} for the pallet or parcel, or cdtc:{digits} for \
             the drug trace code"
        );
        let zh = format!(
            "“{text}”既可能是托盘或箱，也可能是药品追溯码：托盘或箱请写 sscc:{sscc}，药品追溯码请写 cdtc:{digits}"
        );
        self.fault(row.line, column, Reason::CodeAmbiguous, en, zh);
        None
    }

    /// The year by which scans give two-digit years their century: that of the act.
    fn year(&mut self) -> u16 {
        if let Some(year) = self.year {
            return year;
        }
        let time = self.bill_cell(Column::Time).and_then(|(_, text)| time::day_text(text));
        let year = time.and_then(|day| day[..4].parse().ok()).unwrap_or(2026);
        *self.year.insert(year)
    }

    /// A line with a code of its own is one piece: quantity and unit may only say so.
    pub(super) fn single(&mut self, row: &Row) -> bool {
        let one = row.get(Column::Quantity).is_none_or(|text| whole_number(text) == Some(1));
        if let Some(text) = row.get(Column::Quantity).filter(|_| !one) {
            let en = format!("“{text}”: a line with a code of its own is one piece; leave it empty");
            let zh = format!("“{text}”：带独立编码的行只表示一件，请留空");
            self.fault(row.line, Column::Quantity, Reason::BadQuantity, en, zh);
        }
        let measure = row.get(Column::Unit).filter(|text| MEASURES.contains(&unit_code(text).as_str()));
        if let Some(text) = measure {
            let en = format!(
                "“{text}”: a line with a code of its own is one piece, not a measure; leave it empty"
            );
            let zh = format!("“{text}”：带独立编码的行只表示一件，不是计量单位，请留空");
            self.fault(row.line, Column::Unit, Reason::Differs, en, zh);
        }
        one && measure.is_none()
    }

    /// The lot of a line without a code.
    pub(super) fn lot(&mut self, row: &Row) -> Option<String> {
        let text = row.get(Column::Lot)?;
        if text.starts_with("lot:") {
            let lot = Lot::parse(text).ok().map(String::from);
            if lot.is_none() {
                let en = format!("“{text}” is no lot in canonical form: lot:gtin:GTIN14.LOT");
                self.fault(row.line, Column::Lot, Reason::BadLot, en, format!("“{text}”不是规范形式的批号"));
            }
            if let Some(lot) = lot.as_deref().and_then(|lot| Lot::parse(lot).ok()) {
                self.product_of_lot(row, &lot);
            }
            return lot;
        }
        let product = self.product(row)?;
        let lot = Lot::new(&product, text).ok().map(String::from);
        if lot.is_none() {
            let en = format!("“{text}” cannot be a lot number of {}", product.as_str());
            self.fault(row.line, Column::Lot, Reason::BadLot, en, format!("“{text}”不能作为该产品的批号"));
        }
        lot
    }

    /// A product beside a canonical lot is the lot's own.
    pub(super) fn product_of_lot(&mut self, row: &Row, lot: &Lot) {
        if let Some(text) = row.get(Column::Product)
            && let Some(product) = self.product(row)
            && product.as_str() != lot.product().as_str()
        {
            let en = format!("“{text}” is not the product of the lot, {}", lot.product().as_str());
            let zh = format!("“{text}”不是该批号的产品（{}）", lot.product().as_str());
            self.fault(row.line, Column::Product, Reason::Differs, en, zh);
        }
    }

    /// The product of a line, by the settings' code, as canonical text or as a GTIN.
    pub(super) fn product(&mut self, row: &Row) -> Option<Product> {
        let Some(text) = row.get(Column::Product) else {
            self.faults.push(missing(row.line, self.sheet.head(Column::Product)));
            return None;
        };
        let known = self.mapping.products.get(text).map_or(text, |p| p.product.as_str());
        let product =
            Product::parse(known).ok().or_else(|| Gtin::parse(known).ok().map(|gtin| Product::gtin(&gtin)));
        if product.is_none() {
            let en = format!("“{text}” is no product: a GTIN, gtin:…, or a code under [bills.products]");
            let zh = format!("“{text}”不是产品：请写 GTIN、gtin:…，或在 [bills.products] 中登记该代码");
            self.fault(row.line, Column::Product, Reason::UnknownProduct, en, zh);
        }
        product
    }

    /// Quantity and unit of a line, both needed.
    pub(super) fn quantity(&mut self, row: &Row) -> Option<Quantity> {
        self.amount(row, Column::Quantity)
    }

    /// An amount in the line's unit.
    pub(super) fn amount(&mut self, row: &Row, column: Column) -> Option<Quantity> {
        let unit = row.get(Column::Unit);
        for needed in [column, Column::Unit] {
            if row.get(needed).is_none() {
                self.faults.push(missing(row.line, self.sheet.head(needed)));
            }
        }
        let amount = self.whole(row, column)?;
        Some(Quantity { amount, unit: unit_code(unit?) })
    }

    /// A whole number from 1.
    pub(super) fn whole(&mut self, row: &Row, column: Column) -> Option<u64> {
        let text = row.get(column)?;
        let number = whole_number(text);
        if number.is_none() {
            let en = format!("“{text}” is no whole number from 1; use a smaller unit for parts");
            let zh = format!("“{text}”不是正整数；不足一个单位时请改用更小的单位");
            self.fault(row.line, column, Reason::BadQuantity, en, zh);
        }
        number
    }

    /// A day of the bill.
    pub(super) fn day(&mut self, column: Column, path: &str) -> String {
        let Some((line, text)) = self.bill_cell(column) else {
            self.faults.push(missing(self.first(), self.sheet.head(column)));
            return String::new();
        };
        self.place(path, column);
        time::day_text(text).unwrap_or_else(|| {
            let en = format!("“{text}” is no day; write 2026-11-20");
            self.fault(line, column, Reason::BadDay, en, format!("“{text}”不是日期；请写成 2026-11-20"));
            String::new()
        })
    }
}

/// A whole number from 1. Spreadsheets write 12.0 or 12.00.
fn whole_number(text: &str) -> Option<u64> {
    let digits = text
        .split_once('.')
        .map_or(text, |(n, zeros)| if zeros.trim_matches('0').is_empty() { n } else { "" });
    digits.parse::<u64>().ok().filter(|n| *n > 0)
}

/// Keys of a map for a message, not too many.
fn listed<'a>(keys: impl ExactSizeIterator<Item = &'a String>) -> String {
    let more = if keys.len() > MAX_LISTED { ", …" } else { "" };
    format!("{}{more}", keys.take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(", "))
}

/// Most known codes that a message lists.
const MAX_LISTED: usize = 20;
/// Units that measure, and so are none of a thing with a code of its own.
const MEASURES: &[&str] = &["U", "IU", "shot", "mL", "uL", "L", "ug", "mg", "g", "kg"];

/// Unit codes of the ledger for the words of Chinese bills; others stay as they are.
fn unit_code(text: &str) -> String {
    let code = match text {
        "盒" => "box",
        "瓶" | "支" => "vial",
        "件" | "个" | "台" | "片" => "piece",
        "单位" => "U",
        "毫升" | "ml" | "mL" => "mL",
        "微升" | "uL" => "uL",
        "发" | "点" => "shot",
        other => other,
    };
    code.to_owned()
}
