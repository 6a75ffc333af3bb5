//! Declarations with how far each has come.

use std::{collections::BTreeSet, rc::Rc};

use custody::{View, ViewError, imports::declarations};
use proto::v1::{DeclarationLine, statement::Body};
use rules::read::{Reader, Told};
use statement::{Kind, SubjectKind};

use crate::{
    case::{last_outcome, office_of, under},
    state::{Filed, State},
};

/// Declarations that are looked at for one page; a page may be short, or empty, and still not the last.
pub const MAX_LOOKED: usize = 1_000;
/// Lots that are named of one declaration.
const MAX_NAMED: usize = 4;

/// Which declarations.
#[derive(Clone, Debug, Default)]
pub struct Listing<'q> {
    /// Those of the office whose code begins so; empty = of all.
    pub office: &'q str,
    /// Those of whose lots one is filed at this port; empty = at any, or at none.
    pub port: &'q str,
    /// In one of these states; none = in any.
    pub states: &'q [State],
    /// Declared no later than this instant, µs.
    pub until: i64,
    /// Behind this one; `None` = from the first.
    pub after: Option<&'q str>,
    /// At most so many.
    pub limit: usize,
}

/// One declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// "decl:NO".
    pub declaration: String,
    /// Customs office, four digits.
    pub office: String,
    /// How far it has come.
    pub state: State,
    /// Importer of record; empty where customs decided without a declaration.
    pub importer: String,
    /// When it was declared, else decided first, µs.
    pub declared_at: i64,
    /// When customs decided last, µs; 0 = not yet.
    pub decided_at: i64,
    /// Entry of the declaration, else of the first decision.
    pub index: u64,
    /// Goods go into bond.
    pub bonded: bool,
    /// Lines.
    pub lines: usize,
    /// Its first lots.
    pub lots: Vec<String>,
    /// How many lots there are.
    pub lot_count: usize,
    /// Ports at which its lots are filed, each once, in order of the lots.
    pub ports: Vec<String>,
    /// False where more is recorded than one answer reads: the state may be another.
    pub whole: bool,
}

/// A page of declarations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// By number: office, year, serial.
    pub declarations: Vec<Listed>,
    /// Go on behind this one; `None` = that was all.
    pub next: Option<String>,
}

/// A page of declarations. What comes later has a place of its own among the numbers: nothing moves, so nothing on
/// a later page is told twice or left out.
///
/// # Errors
/// The view failed.
pub fn list(view: &dyn View, asked: &Listing<'_>) -> Result<Page, ViewError> {
    let mut reader = Reader::new(view);
    let rows = declarations(view, asked.office, asked.after, MAX_LOOKED + 1)?;
    let mut page = Page::default();
    for (looked, row) in rows.iter().enumerate() {
        if looked == MAX_LOOKED || page.declarations.len() == asked.limit {
            page.next = looked.checked_sub(1).and_then(|last| rows.get(last)).map(|r| r.declaration.clone());
            break;
        }
        if let Some(listed) = look(&mut reader, &row.declaration)?.filter(|listed| fits(listed, asked)) {
            page.declarations.push(listed);
        }
    }
    Ok(page)
}

fn fits(listed: &Listed, asked: &Listing<'_>) -> bool {
    (asked.port.is_empty() || listed.ports.iter().any(|port| port == asked.port))
        && (asked.states.is_empty() || asked.states.contains(&listed.state))
        && listed.declared_at <= asked.until
}

/// What is known of a declaration; `None` where nobody's word about it counts.
fn look(reader: &mut Reader<'_>, declaration: &str) -> Result<Option<Listed>, ViewError> {
    let found = under(reader, declaration)?;
    let mut whole = found.is_some();
    let (declared, decisions) = found.unwrap_or_default();
    let Some(first) = declared.as_ref().or_else(|| decisions.first()) else { return Ok(None) };
    let lots = lots_of(first);
    let mut filed = Vec::with_capacity(lots.len());
    let mut ports: Vec<String> = Vec::new();
    for lot in &lots {
        let told =
            reader.about(SubjectKind::Item, lot, &|k| matches!(k, Kind::ImportFiling | Kind::Sample))?;
        whole &= told.is_some();
        let told = told.unwrap_or_default();
        ports.extend(port_of(lot, &told).filter(|port| !ports.contains(port)));
        filed.push(Filed::of(lot, &told));
    }
    let (bonded, lines) = match &first.body {
        Body::DeclareImport(b) => (b.bonded, b.lines.len()),
        Body::CustomsDecision(b) => (false, b.lines.len()),
        _ => (false, 0),
    };
    Ok(Some(Listed {
        declaration: declaration.to_owned(),
        office: office_of(declaration).to_owned(),
        state: State::by(last_outcome(&decisions), filed.into_iter()),
        importer: declared.as_ref().map(|told| told.actor.clone()).unwrap_or_default(),
        declared_at: first.at,
        decided_at: decisions.last().map_or(0, |told| told.at),
        index: first.index,
        bonded,
        lines,
        lot_count: lots.len(),
        lots: lots.into_iter().take(MAX_NAMED).collect(),
        ports,
        whole,
    }))
}

/// Lots of the lines, each once, in their order.
fn lots_of(told: &Told) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let lots: Vec<&String> = match &told.body {
        Body::DeclareImport(b) => b.lines.iter().map(|line: &DeclarationLine| &line.lot).collect(),
        Body::CustomsDecision(b) => b.lines.iter().map(|line| &line.lot).collect(),
        _ => Vec::new(),
    };
    lots.into_iter().filter(|lot| seen.insert((*lot).clone())).cloned().collect()
}

/// Port of the last filing of a lot that names one.
fn port_of(lot: &str, told: &[Rc<Told>]) -> Option<String> {
    let named = told.iter().rev().find_map(|told| match &told.body {
        Body::ImportFiling(b) if !b.port.is_empty() && b.lots.iter().any(|l| l.lot == lot) => Some(&b.port),
        _ => None,
    });
    named.cloned()
}
