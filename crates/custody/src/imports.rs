//! Which customs declarations there are. A declaration's number begins with the office, four digits, then the year:
//! in order of numbers, those of one office stand together.

use statement::{Kind, Relation, Statement, visit_subjects};

use crate::{
    Table, View, ViewError,
    draft::Draft,
    tables::{damaged, decode_u64},
};

/// First byte of the rows in the table of registers.
const DECLARATION: u8 = 9;
/// How a declaration is written as a document.
const SCHEME: &str = "decl:";

fn row_key(number: &str) -> Vec<u8> {
    [&[DECLARATION], number.as_bytes()].concat()
}

/// Keeps the entry that named a declaration first.
pub(crate) fn record<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
) -> Result<(), ViewError> {
    // No other kind names one.
    let names = matches!(
        statement.kind(),
        Kind::DeclareImport | Kind::CustomsDecision | Kind::Sample | Kind::Correct
    );
    if !names || statement.header().confidential {
        return Ok(());
    }
    let mut numbers = Vec::new();
    visit_subjects(statement, &mut |relation, text| {
        let number = text.strip_prefix(SCHEME).filter(|_| relation == Relation::Document);
        numbers.extend(number.map(row_key));
    });
    for key in numbers {
        if draft.get(Table::Register, &key)?.is_none() {
            draft.put(Table::Register, key, index.to_be_bytes().to_vec());
        }
    }
    Ok(())
}

/// A declaration that some statement names; whether one that counts does, the statement itself tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// "decl:NO".
    pub declaration: String,
    /// The entry that named it first.
    pub index: u64,
}

/// Declarations of the office whose code begins so (of all where that is empty), by number, those after `after`, at
/// most `limit`.
///
/// # Errors
/// The view cannot be read.
pub fn declarations<V: View + ?Sized>(
    view: &V,
    office: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Declared>, ViewError> {
    let prefix = row_key(office);
    // Nothing sorts between a key and itself with a zero byte behind it.
    let from = after.map_or_else(
        || prefix.clone(),
        |after| [row_key(after.strip_prefix(SCHEME).unwrap_or(after)), vec![0]].concat(),
    );
    let mut found = Vec::new();
    if limit > 0 {
        view.scan(Table::Register, &prefix, &from, &mut |key, value| {
            let number = key.get(1..).and_then(|n| std::str::from_utf8(n).ok());
            let number = number.ok_or_else(|| damaged("declaration"))?;
            found.push(Declared { declaration: format!("{SCHEME}{number}"), index: decode_u64(value)? });
            Ok(found.len() < limit)
        })?;
    }
    Ok(found)
}
