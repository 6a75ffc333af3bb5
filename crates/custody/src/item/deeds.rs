//! What acts on one thing, from all entries that name it: the same for the fold of its state and for
//! queries.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use proto::v1::ReceiveOutcome;
use statement::{Kind, SubjectKey};

use super::{Act, Acts, moves_items};
use crate::{View, ViewError, control::root_of, tables::Touch};

/// What an item takes part in when a Receive says nothing of single goods.
pub const TAKEN: Act = Act::Receive(ReceiveOutcome::Unspecified);

/// Place of a statement in fold order: time (µs), cause, signer, id.
pub type FoldKey<'a> = (i64, u8, &'a str, [u8; 16]);

/// A statement as far as it acts on items.
pub trait Deed {
    /// What it does to the item with this key.
    fn act_on(&self, code: &SubjectKey) -> Option<Act>;
    /// Whether it takes in all that was shipped.
    fn takes_all(&self) -> bool;
    /// Its place in fold order.
    fn fold_key(&self) -> FoldKey<'_>;
}

impl Deed for Acts {
    fn act_on(&self, code: &SubjectKey) -> Option<Act> {
        self.by_item.get(code).copied()
    }

    fn takes_all(&self) -> bool {
        self.takes_all
    }

    fn fold_key(&self) -> FoldKey<'_> {
        (self.at, self.cause, &self.party, self.id)
    }
}

/// Reads what acts on items, within bounds of its own.
pub trait Deeds {
    /// A statement.
    type Deed: Deed;
    /// Why reading ended.
    type Error: From<ViewError>;

    /// The original at `root` as it counts now; `None` where it does not.
    ///
    /// # Errors
    /// The view cannot be read, or a bound is met.
    fn deed(&mut self, root: u64) -> Result<Option<Rc<Self::Deed>>, Self::Error>;

    /// Receives that answer a Ship.
    ///
    /// # Errors
    /// The view cannot be read, or a bound is met.
    fn answers(&mut self, ship: u64) -> Result<Rc<[u64]>, Self::Error>;
}

/// Originals that may act by themselves on what these entries name.
///
/// # Errors
/// The view cannot be read.
pub fn roots<V: View + ?Sized>(view: &V, touched: &[Touch]) -> Result<BTreeSet<u64>, ViewError> {
    let mut roots = BTreeSet::new();
    for touch in touched {
        let kind = Kind::try_from(i32::from(touch.kind)).unwrap_or_default();
        if kind == Kind::Correct {
            roots.insert(root_of(view, touch.index)?);
        } else if moves_items(kind) {
            roots.insert(touch.index);
        }
    }
    Ok(roots)
}

/// Statements with what each does to one thing.
pub type Doings<D> = Vec<(Rc<D>, Act)>;

/// What happened to the thing that bears `codes`, in fold order: what `roots` do to it, and the Receives
/// that take in all of a Ship of it. A statement that names several of its codes acts by the first.
///
/// # Errors
/// As `reader` says.
pub fn timeline<R: Deeds>(
    reader: &mut R,
    codes: &BTreeSet<SubjectKey>,
    roots: &BTreeSet<u64>,
) -> Result<Doings<R::Deed>, R::Error> {
    let mut all = BTreeMap::new();
    for &root in roots {
        let Some(deed) = reader.deed(root)? else { continue };
        let Some((code, act)) = codes.iter().find_map(|c| Some((*c, deed.act_on(c)?))) else { continue };
        if matches!(act, Act::Ship(_)) {
            for &receive in reader.answers(root)?.iter() {
                if let Some(deed) = reader.deed(receive)?.filter(|d| d.takes_all()) {
                    all.insert(receive, (deed, code, TAKEN));
                }
            }
        }
        all.insert(root, (deed, code, act));
    }
    let mut all: Vec<_> = all.into_values().collect();
    all.sort_by(|(a, ..), (b, ..)| a.fold_key().cmp(&b.fold_key()));
    let mut made = BTreeSet::new();
    let mut known = |act, code| {
        // The first Commission of a further code of one thing makes nothing new.
        let first = act == Act::Commission && made.insert(code);
        if first && made.len() > 1 { Act::Recoded } else { act }
    };
    Ok(all.into_iter().map(|(deed, code, act)| (deed, known(act, code))).collect())
}
