//! From lines to bills: rows are grouped by number, every cell is read, and each bill without a fault
//! becomes the statement that is to be signed. All inputs (tables, XML, JSON) end here.

mod body;
mod making;
mod read;
mod receiving;
mod time;
mod transform;

use std::{borrow::Cow, collections::BTreeMap};

pub use time::TimeOfDay;
pub(crate) use time::latest;

use jiff::civil::Date;
use proto::v1::{self, Header};

use crate::{
    columns::{Column, Scope},
    fault::{Fault, Faults, Reason},
    kinds::BillType,
    settings::{DayMeans, Mapping},
};
use time::When;

/// A line of an input: the cells that hold something, trimmed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) line: u32,
    pub(crate) cells: BTreeMap<Column, String>,
}

impl Row {
    pub(crate) fn get(&self, column: Column) -> Option<&str> {
        self.cells.get(&column).map(String::as_str)
    }
}

/// All lines of an input, with its own names of the columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) heads: BTreeMap<Column, String>,
    pub(crate) rows: Vec<Row>,
    /// What is wrong with its shape: nothing of it is taken then, and its lines are read to tell the rest.
    pub(crate) faults: Vec<Fault>,
}

impl Sheet {
    /// Whether a cell that seems empty is one whose value could not be read.
    fn has_told(&self, fault: &Fault) -> bool {
        fault.reason == Reason::Missing.as_str() && self.faults.iter().any(|told| told.column == fault.column)
    }

    /// How the input names a column.
    pub(crate) fn head(&self, column: Column) -> String {
        self.heads.get(&column).map_or_else(|| column.row().name.to_owned(), Clone::clone)
    }
}

/// A bill that was read without a fault.
#[derive(Clone, Debug)]
pub struct Bill {
    /// Its own number.
    pub number: String,
    /// Its type; `None` for a statement that came as JSON.
    pub bill_type: Option<&'static BillType>,
    /// Lines or items.
    pub lines: usize,
    /// What is to be signed: all but ledger, id, salt and signer.
    pub statement: v1::Statement,
    /// Its time is a day alone, to which the settings gave a time of day.
    pub(crate) day_alone: bool,
    /// Where the parts of the statement stood in the input, by path.
    pub(crate) places: Places,
}

/// Paths of a statement → line and column of the input.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(BTreeMap<String, (u32, String)>);

impl Places {
    pub(crate) fn put(&mut self, path: String, line: u32, column: String) {
        self.0.insert(path, (line, column));
    }

    /// The place of a path, or of the nearest part of the statement around it.
    pub(crate) fn find(&self, path: &str) -> (u32, String) {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return place.clone();
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return (0, path.to_owned()),
            }
        }
    }
}

/// What an input holds.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Bills without fault, in order of their first lines.
    pub bills: Vec<Bill>,
    /// Everything wrong with the others.
    pub faults: Vec<Fault>,
}

/// Reads the bills of a sheet.
pub(crate) fn assemble(sheet: &Sheet, mapping: &Mapping) -> Input {
    let mut faults = Faults::default();
    sheet.faults.iter().cloned().for_each(|fault| faults.push(fault));
    let mut input = Input::default();
    for (number, rows) in numbers(sheet, &mut faults) {
        let (faults_of, places) = (Faults::default(), Places::default());
        let mut reader =
            Reader { sheet, mapping, rows, faults: faults_of, places, year: None, day_alone: false };
        let bill = reader.bill(number);
        match bill {
            Some(bill) if reader.faults.is_empty() && sheet.faults.is_empty() => input.bills.push(bill),
            _ => {
                let found = reader.faults.into_sorted().into_iter();
                found.filter(|f| !sheet.has_told(f)).for_each(|f| faults.push(f));
            }
        }
    }
    input.faults = faults.into_sorted();
    input
}

/// Rows by number, in order of first lines: those of one number are one bill, or none.
fn numbers<'s>(sheet: &'s Sheet, faults: &mut Faults) -> Vec<(&'s str, Vec<&'s Row>)> {
    let mut order: Vec<(&str, Vec<&Row>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &sheet.rows {
        let Some(number) = row.get(Column::Number) else {
            faults.push(missing(row.line, sheet.head(Column::Number)));
            continue;
        };
        let at = *places.entry(number).or_insert_with(|| {
            order.push((number, Vec::new()));
            order.len() - 1
        });
        order[at].1.push(row);
    }
    order
}

pub(crate) fn missing(line: u32, head: String) -> Fault {
    Fault::plain(line, head, Reason::Missing)
}

/// Reads one bill, collecting what is wrong.
struct Reader<'s> {
    sheet: &'s Sheet,
    mapping: &'s Mapping,
    rows: Vec<&'s Row>,
    faults: Faults,
    places: Places,
    /// Of the act, once it was looked for: on many lines that leave it empty that takes its time.
    year: Option<u16>,
    /// The time is a day alone, and the settings say what that means.
    day_alone: bool,
}

impl<'s> Reader<'s> {
    fn bill(&mut self, number: &str) -> Option<Bill> {
        self.agree();
        self.foreign();
        let bill_type = self.bill_type();
        let occurred = self.time(bill_type);
        let header = self.header(number, occurred);
        let Some(bill_type) = bill_type else {
            self.all_the_rest();
            return None;
        };
        let body = self.body(bill_type, &header)?;
        let statement = v1::Statement { header: Some(header), body: Some(body) };
        Some(Bill {
            number: number.to_owned(),
            bill_type: Some(bill_type),
            lines: self.rows.len(),
            statement,
            day_alone: self.day_alone,
            places: std::mem::take(&mut self.places),
        })
    }

    /// First line of the bill.
    fn first(&self) -> u32 {
        self.rows.first().map_or(0, |row| row.line)
    }

    fn fault(&mut self, line: u32, column: Column, reason: Reason, en: String, zh: String) {
        self.faults.push(Fault::at(line, self.sheet.head(column), reason, en, zh));
    }

    /// Columns of the bill hold one value on all its lines; type and principal may be written in several ways.
    fn agree(&mut self) {
        for row in crate::columns::COLUMNS.iter().filter(|r| r.scope == Scope::Bill) {
            let Some((_, first)) = self.bill_cell(row.column) else { continue };
            let meant = self.meant(row.column, first);
            let others: Vec<u32> = self
                .rows
                .iter()
                .filter(|r| r.get(row.column).is_some_and(|text| self.meant(row.column, text) != meant))
                .map(|r| r.line)
                .collect();
            for line in others {
                let en = format!("differs from “{first}” on an earlier line of the same bill");
                let zh = format!("与同一单据前面行的“{first}”不一致");
                self.fault(line, row.column, Reason::Differs, en, zh);
            }
        }
    }

    /// What a cell of the bill means, however it is written.
    fn meant<'t>(&self, column: Column, text: &'t str) -> Cow<'t, str> {
        match column {
            Column::Type => Cow::Borrowed(BillType::find(text).map_or(text, |t| t.name)),
            Column::Principal => self.mapping.party_of(text).map_or(Cow::Borrowed(text), Cow::Owned),
            _ => Cow::Borrowed(text),
        }
    }

    /// The first line that fills a column of the bill.
    fn bill_cell(&self, column: Column) -> Option<(u32, &'s str)> {
        self.rows.iter().find_map(|row| row.get(column).map(|text| (row.line, text)))
    }

    fn bill_type(&mut self) -> Option<&'static BillType> {
        let Some((line, text)) = self.bill_cell(Column::Type) else {
            self.faults.push(missing(self.first(), self.sheet.head(Column::Type)));
            return None;
        };
        let found = BillType::find(text);
        if found.is_none() {
            let en = format!("“{text}” is no type of bill; the types stand in docs/GATEWAY.md");
            let zh = format!("“{text}”不是已知的单据类型；类型表见 docs/GATEWAY.md");
            self.fault(line, Column::Type, Reason::UnknownType, en, zh);
        }
        found
    }

    fn time(&mut self, bill_type: Option<&BillType>) -> (i64, i32) {
        let Some((line, text)) = self.bill_cell(Column::Time) else {
            self.faults.push(missing(self.first(), self.sheet.head(Column::Time)));
            return (0, 0);
        };
        match time::read(text, self.mapping.utc_offset_minutes) {
            Some(When::At(us, minutes)) => return (us, minutes),
            Some(When::Day(day)) => return self.day_alone(line, text, day, bill_type),
            None => {}
        }
        let en = format!("“{text}” is no time; write 2026-11-20 08:30:00, with or without +08:00");
        let zh = format!("“{text}”不是时间；请写成 2026-11-20 08:30:00，可带 +08:00");
        self.fault(line, Column::Time, Reason::BadTime, en, zh);
        (0, 0)
    }

    /// The instant that the settings give to a day alone. Without them there is none: taken for midnight, goods
    /// received on the day on which they were shipped would arrive before they left.
    fn day_alone(&mut self, line: u32, text: &str, day: Date, bill_type: Option<&BillType>) -> (i64, i32) {
        let (mapping, minutes) = (self.mapping, self.mapping.utc_offset_minutes);
        let means = bill_type.and_then(|t| mapping.day_means.of(t.makes));
        if let Some(us) = means.and_then(|clock| time::at(day, clock, minutes)) {
            self.day_alone = true;
            return (us, minutes);
        }
        // Of what type the bill is decides, and that has to be corrected first.
        if bill_type.is_some() || !mapping.day_means.is_set() {
            let (key, key_zh) = bill_type
                .map_or(("out and in", "out 与 in"), |t| (DayMeans::key(t.makes), DayMeans::key(t.makes)));
            let en = format!(
                "“{text}” is a day alone, or midnight without an offset: write the time of day too, such as {day} \
                 08:30:00 (midnight itself as {day} 00:00:00+08:00), or say under [bills.day-means] what a day alone \
                 means ({key})"
            );
            let zh = format!(
                "“{text}”只有日期，或为未带时区的零点：请写明时刻，例如 {day} 08:30:00（确为零点时写 {day} 00:00:00+08:00），\
                 或在 [bills.day-means] 中说明仅有日期时的时刻（{key_zh}）"
            );
            self.fault(line, Column::Time, Reason::BadTime, en, zh);
        }
        (0, 0)
    }

    fn header(&mut self, number: &str, (occurred_at, offset_minutes): (i64, i32)) -> Header {
        self.place("header.business_key", Column::Number);
        self.place("header.occurred_at", Column::Time);
        let principal = self.party(Column::Principal, "header.on_behalf_of");
        let mapping = self.mapping;
        // Whoever names itself acts for itself.
        let mut on_behalf_of = principal.unwrap_or_else(|| mapping.on_behalf_of.clone());
        if on_behalf_of == mapping.party {
            on_behalf_of.clear();
        }
        let actor = if on_behalf_of.is_empty() { mapping.party.clone() } else { on_behalf_of.clone() };
        let site = self.site(Column::Site, "header.site", &actor).unwrap_or_else(|| mapping.site.clone());
        Header {
            on_behalf_of,
            site,
            occurred_at,
            offset_minutes,
            business_key: number.to_owned(),
            ..Header::default()
        }
    }

    /// Says where a field of the statement stands in the input.
    fn place(&mut self, path: &str, column: Column) {
        let line = self.bill_cell(column).map_or_else(|| self.first(), |(line, _)| line);
        self.places.put(path.to_owned(), line, self.sheet.head(column));
    }
}
