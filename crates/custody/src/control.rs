//! Corrections, voids and missing signatures: what counts of a recorded statement.

use proto::v1::{Correct, StatementRef, replacement, statement::Body};
use statement::{GoodsAct, Kind, Statement, id_bytes};

use crate::{
    RecordedEntry, Table, View, ViewError,
    tables::{ControlRow, damaged, decode_row, statement_index},
};

/// Most Corrects of one original; a content by line is worked out from as many statements.
pub(crate) const MAX_CORRECTIONS: u32 = 64;

/// What counts of an original now: its own content, or what its Corrects in effect made of it.
#[derive(Clone, Debug)]
pub struct Content {
    /// The original, by which it is named and placed among statements of one instant.
    pub root: Statement,
    /// Its index.
    pub root_index: u64,
    /// The body in effect.
    pub body: Body,
    /// µs since the Unix epoch.
    pub occurred_at: i64,
    /// Where it happened; may be empty.
    pub site: String,
}

/// Whether a recorded statement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It counts.
    Effective,
    /// It waits for signatures.
    Pending,
    /// A Correct in effect has replaced it.
    Corrected,
    /// A Void in effect has taken it back, or it was withdrawn while it waited.
    Voided,
}

/// The control row of an entry; the default where nothing was done to it.
///
/// # Errors
/// The view cannot be read.
pub fn control_of<V: View + ?Sized>(view: &V, index: u64) -> Result<ControlRow, ViewError> {
    let row = view.get(Table::Control, &index.to_be_bytes())?;
    Ok(row.map(|r| decode_row(&r, "control")).transpose()?.unwrap_or_default())
}

/// The original that an entry is about: itself, unless it is a Correct or Void.
///
/// # Errors
/// The view cannot be read.
pub fn root_of<V: View + ?Sized>(view: &V, index: u64) -> Result<u64, ViewError> {
    Ok(control_of(view, index)?.root.unwrap_or(index))
}

/// Whether the statement of this kind at `index` counts.
///
/// # Errors
/// The view cannot be read.
pub fn effect_of<V: View + ?Sized>(view: &V, index: u64, kind: Kind) -> Result<Effect, ViewError> {
    let own = control_of(view, index)?;
    if own.withdrawn {
        return Ok(Effect::Voided);
    }
    if own.needed > 0 {
        return Ok(Effect::Pending);
    }
    let (voided, newest) = match own.root {
        None => (own.voided, own.newest),
        Some(_) if kind == Kind::Void => return Ok(Effect::Effective),
        Some(root) => {
            let root = control_of(view, root)?;
            (root.voided, root.newest.filter(|newest| *newest != index))
        }
    };
    Ok(match (voided, newest) {
        (Some(_), _) => Effect::Voided,
        (None, Some(_)) => Effect::Corrected,
        (None, None) => Effect::Effective,
    })
}

/// A recorded entry that must exist.
pub(crate) fn entry<V: View + ?Sized>(view: &V, index: u64) -> Result<RecordedEntry, ViewError> {
    view.entry(index)?.ok_or_else(|| ViewError(format!("entry {index} is not in the log")))
}

/// The recorded statement at an index that must hold one.
pub(crate) fn recorded<V: View + ?Sized>(view: &V, index: u64) -> Result<Statement, ViewError> {
    Statement::recorded(entry(view, index)?.payload)
        .map_err(|e| ViewError(format!("entry {index} does not hold a statement: {e}")))
}

/// Index of the statement that a reference names, if it is recorded.
pub(crate) fn find<V: View + ?Sized>(view: &V, named: &StatementRef) -> Result<Option<u64>, ViewError> {
    statement_index(view, &named.party, &id_bytes(&named.id))
}

/// What counts of the original at `root`; `None` where it has been voided or still waits.
///
/// # Errors
/// The view cannot be read.
pub fn content<V: View + ?Sized>(view: &V, root: u64) -> Result<Option<Content>, ViewError> {
    let control = control_of(view, root)?;
    if control.voided.is_some() || control.needed > 0 || control.withdrawn {
        return Ok(None);
    }
    let original = recorded(view, root)?;
    let own = Content {
        body: original.body().clone(),
        occurred_at: original.header().occurred_at,
        site: original.header().site.clone(),
        root: original,
        root_index: root,
    };
    match control.newest {
        None => Ok(Some(own)),
        Some(newest) => as_corrected(view, own, newest).map(Some),
    }
}

/// What the chain of Corrects that ends with entry `newest` makes of an original. A Correct that gives the
/// content anew stands on the original alone; one by line amends what was in effect before it.
fn as_corrected<V: View + ?Sized>(view: &V, original: Content, newest: u64) -> Result<Content, ViewError> {
    let mut chain = vec![recorded(view, newest)?];
    while let Some(Body::Correct(correct)) = chain.last().map(Statement::body)
        && correct.by_line
        && chain.len() <= MAX_CORRECTIONS as usize
    {
        let target = correct.target.as_ref().ok_or_else(|| damaged("control"))?;
        let before = find(view, target)?.ok_or_else(|| damaged("control"))?;
        if before == original.root_index {
            break;
        }
        chain.push(recorded(view, before)?);
    }
    chain.iter().rev().try_fold(original, corrected)
}

/// A content as the next Correct of its chain leaves it.
fn corrected(before: Content, correct: &Statement) -> Result<Content, ViewError> {
    let Body::Correct(correct) = correct.body() else { return Err(damaged("control")) };
    if correct.by_line {
        return amended(before, correct);
    }
    let original = before;
    let header = original.root.header();
    let replacement = correct.replacement.as_ref().ok_or_else(|| damaged("control"))?;
    let body = replacement.body.as_ref().map(body_of).ok_or_else(|| damaged("control"))?;
    let occurred_at = if replacement.occurred_at == 0 { header.occurred_at } else { replacement.occurred_at };
    let site = if replacement.site.is_empty() { header.site.clone() } else { replacement.site.clone() };
    Ok(Content { body, occurred_at, site, ..original })
}

/// A content with some lines left out and others added; time and site where the Correct names them.
fn amended(before: Content, correct: &Correct) -> Result<Content, ViewError> {
    let act = GoodsAct::of(&before.body).ok_or_else(|| damaged("control"))?;
    let replacement = correct.replacement.as_ref();
    let added = replacement.and_then(|r| r.body.as_ref()).map(GoodsAct::replacing);
    let body = act
        .amended(&correct.removed, added)
        .map_err(|e| ViewError(format!("a correction by line does not fit what it corrects: {e}")))?;
    let at = replacement.map(|r| r.occurred_at).filter(|at| *at != 0);
    let site = replacement.map(|r| &r.site).filter(|site| !site.is_empty()).cloned();
    Ok(Content {
        body,
        occurred_at: at.unwrap_or(before.occurred_at),
        site: site.unwrap_or(before.site),
        root: before.root,
        root_index: before.root_index,
    })
}

/// A replacement's body as the body of a statement.
pub(crate) fn body_of(body: &replacement::Body) -> Body {
    GoodsAct::replacing(body).to_body()
}

/// The statement that a Correct, Void or Endorse names.
pub(crate) fn target_of(statement: &Statement) -> Option<&StatementRef> {
    match statement.body() {
        Body::Correct(b) => b.target.as_ref(),
        Body::Void(b) => b.target.as_ref(),
        Body::Endorse(b) => b.target.as_ref(),
        Body::Erase(b) => b.target.as_ref(),
        _ => None,
    }
}

/// Whether a Correct or Void repeats the business key of the original it is about: it then stands in that
/// slot and takes none of its own.
pub(crate) fn inherits_slot<V: View + ?Sized>(view: &V, statement: &Statement) -> Result<bool, ViewError> {
    if !matches!(statement.kind(), Kind::Correct | Kind::Void) || statement.bill().is_none() {
        return Ok(false);
    }
    let Some(target) = target_of(statement) else { return Ok(false) };
    let Some(index) = find(view, target)? else { return Ok(false) };
    Ok(recorded(view, root_of(view, index)?)?.bill() == statement.bill())
}

/// To whom a HandOver hands evidence, or a Correct of one as it gives the content anew.
fn receiver_in(statement: &Statement) -> Option<&str> {
    let body = match statement.body() {
        Body::HandOver(b) => b,
        Body::Correct(b) if !b.by_line => match b.replacement.as_ref().and_then(|r| r.body.as_ref()) {
            Some(replacement::Body::HandOver(b)) => b,
            _ => return None,
        },
        _ => return None,
    };
    Some(&body.receiver)
}

/// Parties that must sign beside the signer before a statement takes effect, and how many of them.
pub(crate) fn signatures_missing<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
) -> Result<(Vec<String>, u32), ViewError> {
    match statement.kind() {
        Kind::Party => crate::registry::root_signatures(view, statement),
        Kind::Correct | Kind::Void => {
            let Some(target) = target_of(statement) else { return Err(damaged("statement")) };
            let index = find(view, target)?.ok_or_else(|| damaged("statement"))?;
            if control_of(view, index)?.needed > 0 {
                // A Void that withdraws what still waits needs nobody else.
                return Ok((Vec::new(), 0));
            }
            let mut asked = crate::response::counterparties(view, root_of(view, index)?)?;
            // Evidence is handed to nobody without its signature, by a Correct either.
            asked.extend(receiver_in(statement).map(ToOwned::to_owned));
            asked.retain(|party| *party != statement.header().party);
            asked.sort();
            asked.dedup();
            let needed = asked.len() as u32;
            Ok((asked, needed))
        }
        Kind::HandOver => {
            let asked: Vec<String> = receiver_in(statement).map(ToOwned::to_owned).into_iter().collect();
            let needed = asked.len() as u32;
            Ok((asked, needed))
        }
        _ => Ok((Vec::new(), 0)),
    }
}
