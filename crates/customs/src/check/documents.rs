//! 单证: documents that stand by their hash in the declaration, in the filing, or in what made and shipped the lots.

use std::collections::{BTreeMap, BTreeSet};

use custody::{ViewError, content, registry::codes_on};
use rules::read::Reader;
use statement::words;

use super::policy_list;
use crate::{
    Error,
    answer::Note,
    case::{Case, Lot},
};

/// Policy list of documents that a declaration needs: codes of the list `attachment-role`.
const DOCUMENTS: &str = "import-documents";
/// What holds until a policy says otherwise.
const USUAL: [&str; 6] =
    ["contract", "packing-list", "bill-of-lading", "invoice", "factory-report", "origin-certificate"];
/// 特殊物品审批单: toxins are special articles.
const PERMIT: &str = "special-permit";

/// Documents by role, with the entries that name them: of the declaration for all lots, of others for one.
type Found = BTreeMap<String, BTreeSet<u64>>;

pub(super) fn present(reader: &mut Reader<'_>, case: &Case) -> Result<(Vec<Note>, bool), Error> {
    let mut of_all = Found::new();
    for entry in case.entry() {
        attached(reader, entry, &mut of_all)?;
    }
    let mut wanted: BTreeMap<String, Vec<&Lot>> = BTreeMap::new();
    let mut of_lots = Vec::new();
    for lot in &case.lots {
        for role in roles(reader, case, lot)? {
            wanted.entry(role).or_default().push(lot);
        }
        let mut found = Found::new();
        let filing = case.filing(lot).map(|(told, _)| told.index);
        for entry in lot.origin().chain(filing).chain(lot.legs.0.iter().map(|leg| leg.entry)) {
            attached(reader, entry, &mut found)?;
        }
        of_lots.push((&lot.lot, found));
    }
    let mut notes = Vec::new();
    for (role, lots) in wanted {
        notes.extend(one(reader, case, &role, &lots, (&of_all, &of_lots))?);
    }
    Ok((notes, true))
}

/// One document: once for the declaration, or for each lot that needs it.
fn one(
    reader: &Reader<'_>,
    case: &Case,
    role: &str,
    lots: &[&Lot],
    (of_all, of_lots): (&Found, &[(&String, Found)]),
) -> Result<Vec<Note>, ViewError> {
    let codes = codes_on(reader.view, "attachment-role", case.day())?;
    let code = codes.into_iter().find(|c| c.code == role).unwrap_or_default();
    let (name, name_zh) = if code.name.is_empty() { (role, role) } else { (&*code.name, &*code.name_zh) };
    if let Some(entries) = of_all.get(role) {
        return Ok(vec![Note::pass(words!("{name}", "{name_zh}")).on(entries.iter().copied())]);
    }
    let of_lot = |lot: &Lot| of_lots.iter().find(|(l, _)| **l == lot.lot)?.1.get(role);
    let (with, without): (Vec<&Lot>, Vec<&Lot>) = lots.iter().partition(|lot| of_lot(lot).is_some());
    let present = with.iter().map(|lot| {
        let entries = of_lot(lot).into_iter().flatten().copied();
        Note::pass(words!("{name}", "{name_zh}")).about(&lot.lot).on(entries)
    });
    let absent = || words!("{name}: not named", "{name_zh}：未附");
    // What no lot has, the declaration lacks.
    if with.is_empty() {
        return Ok(vec![Note::missing(absent()).on(case.entry())]);
    }
    let lacking = without.iter().map(|lot| Note::missing(absent()).about(&lot.lot).on(case.entry()));
    Ok(present.chain(lacking).collect())
}

/// Documents that a lot needs.
fn roles(reader: &Reader<'_>, case: &Case, lot: &Lot) -> Result<Vec<String>, ViewError> {
    if let Some(stated) = policy_list(reader, case, DOCUMENTS, lot.class())? {
        return Ok(stated);
    }
    let special = lot.class() == "toxin" || !case.body.permit.is_empty();
    Ok(USUAL.into_iter().chain(special.then_some(PERMIT)).map(Into::into).collect())
}

/// Adds the documents that a statement names.
fn attached(reader: &Reader<'_>, entry: u64, found: &mut Found) -> Result<(), ViewError> {
    let Some(content) = content(reader.view, entry)? else { return Ok(()) };
    for attachment in &content.root.header().attachments {
        found.entry(attachment.role.clone()).or_default().insert(entry);
    }
    Ok(())
}
