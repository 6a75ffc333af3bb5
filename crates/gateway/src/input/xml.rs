//! XML bills shaped like those that scanners write for 码上放心:
//!
//! ```text
//! Document / Events / Event[Name, MainAction] / DataField / Data[Code, CorpOrderID, ActDate, Actor, ToCorpID]
//! ```
//!
//! The shape accepted, attribute by attribute, stands in docs/GATEWAY.md. No DTD, no entities of the
//! file's own.

use std::collections::BTreeMap;

use roxmltree::{Document, Node, ParsingOptions};

use super::{
    Reading,
    encoding::{self, Declared},
    too_many_lines,
};
use crate::{
    bill::{self, Row, Sheet},
    columns::Column,
    fault::{Fault, Faults, Reason},
    kinds::{BillType, Makes},
    settings::Mapping,
};

/// Attributes of `Data`, and what they mean.
const ATTRIBUTES: &[(&str, Column)] = &[
    ("Code", Column::Code),
    ("CorpOrderID", Column::Number),
    ("ActDate", Column::Time),
    ("OwnerCorpID", Column::Principal),
    ("WareHouseID", Column::Site),
    ("SourceOrderID", Column::Source),
    ("Carrier", Column::Carrier),
    ("Waybill", Column::Waybill),
    ("CorpProductID", Column::Product),
    ("CorpBatchNo", Column::Lot),
    ("MadeDate", Column::MadeOn),
    ("ValidateDate", Column::ExpiresOn),
];
/// The two sides: goods go to one and come from the other, which is ourselves.
const SIDES: [&str; 2] = ["ToCorpID", "FromCorpID"];
/// Attributes that carry nothing this ledger records: who held the scanner is personal data.
const PASSED_OVER: &[&str] = &["Actor"];
/// Attributes of `Event`; `MainAction` says goods in or goods out, which the type says too.
const EVENT: [&str; 3] = ["Name", "BillType", "MainAction"];

/// Most signs `=` from one `<` to the next: ten attributes, and long texts with some of them.
const MAX_EQUALS: u32 = 5_000;

/// Whether bytes begin like XML.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    super::first_byte(bytes) == Some(b'<')
}

pub(super) fn read(bytes: &[u8], reading: Reading<'_>) -> Result<Sheet, Vec<Fault>> {
    let text = encoding::text(bytes, declared(bytes)).map_err(|fault| vec![fault])?;
    attributes_are_few(&text)?;
    let nodes = u32::try_from(reading.limits.file_lines.saturating_mul(4)).unwrap_or(u32::MAX);
    let options = ParsingOptions { allow_dtd: false, nodes_limit: nodes, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options).map_err(|error| vec![broken(&error)])?;
    let (sheet, faults, mapping) = (heads(), Faults::default(), reading.mapping);
    let mut file = File { document: &document, mapping, counted: (0, 1), sheet, faults };
    file.root()?;
    if file.sheet.rows.len() > reading.limits.file_lines {
        return Err(too_many_lines(reading.limits.file_lines));
    }
    file.latest_times();
    file.sheet.faults = file.faults.into_sorted();
    match (file.sheet.rows.is_empty(), file.sheet.faults.is_empty()) {
        (true, true) => {
            Err(vec![Fault::whole(Reason::Empty, "the file holds no Data", "文件没有 Data 数据")])
        }
        (true, false) => Err(file.sheet.faults),
        (false, _) => Ok(file.sheet),
    }
}

/// Refuses an element of very many attributes before the tree is made: each is compared with all before it.
fn attributes_are_few(text: &str) -> Result<(), Vec<Fault>> {
    let (mut equals, mut line) = (0, 1);
    for byte in text.bytes() {
        match byte {
            b'=' => equals += 1,
            b'<' => equals = 0,
            b'\n' => line += 1,
            _ => {}
        }
        if equals > MAX_EQUALS {
            let en = "cannot be read as XML: an element has too many attributes";
            return Err(vec![Fault::at(line, "", Reason::BrokenXml, en, "无法按 XML 读取：元素属性过多")]);
        }
    }
    Ok(())
}

/// The encoding that the declaration names; without one XML is UTF-8.
fn declared(bytes: &[u8]) -> Declared {
    let plain = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).to_ascii_lowercase();
    let declaration = plain.split_once("<?xml").and_then(|(_, rest)| rest.split_once("?>")).map(|(d, _)| d);
    let names = |declaration: &str| ["gb18030", "gbk", "gb2312"].iter().any(|n| declaration.contains(n));
    if declaration.is_some_and(names) { Declared::Gb } else { Declared::Utf8 }
}

fn broken(error: &roxmltree::Error) -> Fault {
    let at = error.pos();
    let en = format!("cannot be read as XML: {error}");
    Fault::at(at.row, "", Reason::BrokenXml, en, "无法按 XML 读取")
}

fn heads() -> Sheet {
    let mut sheet = Sheet::default();
    for (name, column) in ATTRIBUTES {
        sheet.heads.entry(*column).or_insert_with(|| (*name).to_owned());
    }
    sheet.heads.insert(Column::Type, "Name".into());
    sheet.heads.insert(Column::Partner, SIDES.join("/"));
    sheet
}

struct File<'t> {
    document: &'t Document<'t>,
    mapping: &'t Mapping,
    /// A place in the text and its line: lines are counted on from there, not each time from the beginning.
    counted: (usize, u32),
    sheet: Sheet,
    faults: Faults,
}

impl<'t> File<'t> {
    fn line(&mut self, node: Node<'_, '_>) -> u32 {
        let (text, to) = (self.document.input_text().as_bytes(), node.range().start);
        let (from, line) = if to >= self.counted.0 { self.counted } else { (0, 1) };
        let newlines = text[from..to].iter().filter(|b| **b == b'\n').count();
        self.counted = (to, line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX)));
        self.counted.1
    }

    fn fault(&mut self, node: Node<'_, '_>, column: &str, reason: Reason, en: String, zh: String) {
        let line = self.line(node);
        self.faults.push(Fault::at(line, column, reason, en, zh));
    }

    fn root(&mut self) -> Result<(), Vec<Fault>> {
        let root = self.document.root_element();
        let events = elements(root).find(|n| n.has_tag_name("Events"));
        let (true, Some(events)) = (root.has_tag_name("Document"), events) else {
            let en = "not a bill file: expected Document with Events inside";
            return Err(vec![Fault::at(
                1,
                "",
                Reason::NotABill,
                en,
                "不是单据文件：应为 Document 内含 Events",
            )]);
        };
        for event in elements(events) {
            if event.has_tag_name("Event") {
                self.event(event);
            } else {
                self.unknown(event);
            }
        }
        Ok(())
    }

    fn unknown(&mut self, node: Node<'_, '_>) {
        let name = node.tag_name().name();
        let en = format!("{name} is not expected here");
        self.fault(node, name, Reason::ElementUnknown, en, format!("此处不应出现 {name}"));
    }

    /// An event is a stretch of lines of one type: by number in `BillType`, else by name.
    fn event(&mut self, event: Node<'_, '_>) {
        let text = event.attribute("BillType").or_else(|| event.attribute("Name")).unwrap_or_default();
        let bill_type = BillType::find(text);
        if bill_type.is_none() {
            let en = format!("“{text}” is no type of bill; write its name in Name or its number in BillType");
            let zh = format!("“{text}”不是已知的单据类型；请在 Name 写类型名或在 BillType 写类型号");
            self.fault(event, "Name", Reason::UnknownType, en, zh);
        }
        for attribute in event.attributes().filter(|a| !EVENT.contains(&a.name())) {
            let name = attribute.name();
            let en = format!("{name} is no attribute of an event");
            self.fault(event, name, Reason::ColumnUnknown, en, format!("{name} 不是 Event 的属性"));
        }
        self.no_text(event);
        for part in elements(event) {
            match part.tag_name().name() {
                "DataField" => {
                    self.no_text(part);
                    for data in elements(part) {
                        if data.has_tag_name("Data") {
                            self.data(bill_type, data);
                        } else {
                            self.unknown(data);
                        }
                    }
                }
                // Says which attributes follow, which they say themselves.
                "ActionMapping" => {}
                _ => self.unknown(part),
            }
        }
    }

    /// Refuses text between elements: it would get lost.
    fn no_text(&mut self, node: Node<'_, '_>) {
        let text = node.children().filter(|child| child.is_text());
        if let Some(text) = text.filter_map(|t| t.text()).map(str::trim).find(|text| !text.is_empty()) {
            let shown = &text[..text.floor_char_boundary(40)];
            let en = format!("the text “{shown}” is not expected here: bills stand in attributes");
            let zh = format!("此处不应出现文字“{shown}”：单据内容应写在属性中");
            self.fault(node, node.tag_name().name(), Reason::ElementUnknown, en, zh);
        }
    }

    /// Every scan has a time of its own there; a bill happened when its last code was scanned. The time is left
    /// where that one stands, or the one that cannot be read, which is told there.
    fn latest_times(&mut self) {
        let offset = self.mapping.utc_offset_minutes;
        // Of each bill the row that decides; an unreadable time before all others.
        let mut latest: BTreeMap<(String, String, String), (i64, usize)> = BTreeMap::new();
        let key = |row: &Row| {
            let cell = |column| row.get(column).unwrap_or_default().to_owned();
            (cell(Column::Type), cell(Column::Number), cell(Column::Principal))
        };
        for (i, row) in self.sheet.rows.iter().enumerate() {
            let Some(text) = row.get(Column::Time) else { continue };
            let bill_type = row.get(Column::Type).and_then(BillType::find);
            let means = bill_type.and_then(|t| self.mapping.day_means.of(t.makes));
            let us = bill::latest(text, offset, means).unwrap_or(i64::MAX);
            let last = latest.entry(key(row)).or_insert((us, i));
            if us > last.0 {
                *last = (us, i);
            }
        }
        for (i, row) in self.sheet.rows.iter_mut().enumerate() {
            if latest.get(&key(row)).is_some_and(|(_, last)| *last != i) {
                row.cells.remove(&Column::Time);
            }
        }
    }

    fn data(&mut self, bill_type: Option<&BillType>, data: Node<'_, '_>) {
        let mut row = Row { line: self.line(data), ..Row::default() };
        if let Some(bill_type) = bill_type {
            row.cells.insert(Column::Type, bill_type.name.to_owned());
        }
        self.no_text(data);
        // Of a bill of no known type nobody knows which side is the other.
        let other_side = bill_type.map(|t| SIDES[usize::from(t.makes == Makes::Receive)]);
        for attribute in data.attributes() {
            let (name, text) = (attribute.name(), attribute.value().trim());
            if SIDES.contains(&name) {
                if Some(name) == other_side && !text.is_empty() {
                    row.cells.insert(Column::Partner, text.to_owned());
                }
                continue;
            }
            let column = ATTRIBUTES.iter().find(|(known, _)| *known == name).map(|(_, column)| *column);
            match column {
                _ if text.is_empty() || PASSED_OVER.contains(&name) || self.mapping.ignores(name) => {}
                Some(column) => {
                    row.cells.insert(column, text.to_owned());
                }
                None => {
                    let en = format!("{name} is no attribute of a bill's line");
                    self.fault(data, name, Reason::ColumnUnknown, en, format!("{name} 不是单据行的属性"));
                }
            }
        }
        self.sheet.rows.push(row);
    }
}

fn elements<'a, 'i: 'a>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(|child| child.is_element())
}
