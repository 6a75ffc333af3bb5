//! Of which statements an answer about an item is made.
//!
//! Anybody may sign a statement about any code. Were the answer to it made of everything that is recorded, it
//! would differ by whether the code is somebody else's goods, and tell just that. So who has no part in the chain of
//! an item is answered as if there were no statements but those that it may see, and those of the parties from which,
//! by their word, the goods came to it, or to which they went by both sides'. What strangers say of the same code
//! changes no such answer.

use std::{collections::BTreeSet, rc::Rc};

use custody::{Content, View, ViewError, content, root_of};
use gs1::ItemRef;

use crate::{
    Error,
    budget::Budget,
    hops::Hop,
    reader::Reader,
    standing::{Sees, chain, maker},
};

/// The statements that count for one answer.
#[derive(Clone, Default)]
pub struct Scope<'a>(Option<Known<'a>>);

/// What a reader may see, and what some others say.
#[derive(Clone)]
struct Known<'a> {
    sees: &'a dyn Sees,
    /// Parties whose statements count besides.
    trusted: Rc<BTreeSet<String>>,
}

impl<'a> Scope<'a> {
    /// All statements.
    #[must_use]
    pub const fn all() -> Self {
        Self(None)
    }

    /// The statements that `sees` shows, and no others.
    #[must_use]
    pub fn seen_by(sees: &'a dyn Sees) -> Self {
        Self::local(sees, BTreeSet::new())
    }

    /// What a reader may see, and what some others say.
    fn local(sees: &'a dyn Sees, trusted: BTreeSet<String>) -> Self {
        Self(Some(Known { sees, trusted: trusted.into() }))
    }

    /// Parties whose statements count beside those that the reader may see.
    pub(crate) fn trusted(&self) -> Rc<BTreeSet<String>> {
        self.0.as_ref().map(|known| Rc::clone(&known.trusted)).unwrap_or_default()
    }

    /// Whether all statements count.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// What counts of the original at `root`, if it counts here.
    pub(crate) fn content<V: View + ?Sized>(
        &self,
        view: &V,
        root: u64,
    ) -> Result<Option<Content>, ViewError> {
        let Some(known) = &self.0 else { return content(view, root) };
        let seen = known.sees.statement(root)?;
        if !seen && known.trusted.is_empty() {
            return Ok(None);
        }
        Ok(content(view, root)?.filter(|content| seen || known.trusted.contains(content.root.actor())))
    }

    /// Whether an entry belongs here, whether it counts or is about one that does.
    pub(crate) fn has<V: View + ?Sized>(&self, view: &V, index: u64) -> Result<bool, ViewError> {
        let Some(known) = &self.0 else { return Ok(true) };
        Ok(known.sees.statement(index)? || self.content(view, root_of(view, index)?)?.is_some())
    }
}

/// An item about which somebody may ask.
pub struct Admitted<'a> {
    /// The statements of which answers are made.
    pub scope: Scope<'a>,
    /// Its hops by these, oldest first.
    pub hops: Vec<Hop>,
}

/// How often parties are added to whom goods went.
const MAX_ROUNDS: usize = 8;

/// Whether a trader may ask about an item, and of which statements it is answered. Who stands in the chain: of all,
/// where that begins with the item's only maker. Others, and where nobody vouches for the beginning, or several do, of
/// those that belong to its own chain, if they make one.
///
/// # Errors
/// [`Error::NotAnItem`], or the view failed.
pub fn admit<'a, V: View + ?Sized>(
    view: &V,
    item: &str,
    sees: &'a dyn Sees,
) -> Result<Option<Admitted<'a>>, Error> {
    ItemRef::parse(item).map_err(Error::NotAnItem)?;
    let mut budget = Budget::default();
    let hops = Reader::new(view, &Scope::all(), budget).hops(item)?;
    if maker(&hops).is_some() && has_part(&hops, sees)? {
        return Ok(Some(Admitted { scope: Scope::all(), hops }));
    }
    let (scope, hops) = local(view, (item, &hops), sees, &mut budget)?;
    Ok(if sees.item(&hops)? { Some(Admitted { scope, hops }) } else { None })
}

/// Whether a reader has a part in an item with these hops by all statements.
pub(crate) fn has_part(hops: &[Hop], sees: &dyn Sees) -> Result<bool, ViewError> {
    Ok(sees.is_everything() || sees.item(hops)?)
}

/// The statements that belong to a reader's own chain of an item with these hops by all statements, and the hops by
/// the ones that do, oldest first.
pub(crate) fn local<'a, V: View + ?Sized>(
    view: &V,
    (item, all): (&str, &[Hop]),
    sees: &'a dyn Sees,
    budget: &mut Budget,
) -> Result<(Scope<'a>, Vec<Hop>), ViewError> {
    // What is told of a container depends on what others say of the goods: that counts in the chain only.
    let of = if has_part(all, sees)? {
        chain(all)
    } else {
        all.iter().filter(|hop| hop.packings.is_empty()).collect()
    };
    let mut trusted = senders(&of, sees);
    for _ in 0..MAX_ROUNDS {
        let scope = Scope::local(sees, trusted.clone());
        let mut reader = Reader::new(view, &scope, *budget);
        let hops = reader.hops(item)?;
        *budget = reader.budget;
        let known = trusted.len();
        add_receivers(&mut trusted, &hops, sees);
        if trusted.len() == known {
            return Ok((scope, hops));
        }
    }
    let scope = Scope::local(sees, trusted);
    let hops = Reader::new(view, &scope, *budget).hops(item)?;
    Ok((scope, hops))
}

/// From whom goods came to a reader, and to these, by their own word.
fn senders(hops: &[&Hop], sees: &dyn Sees) -> BTreeSet<String> {
    let sent: Vec<(&str, &str)> = hops.iter().filter_map(|hop| Some((hop.supplier()?, &*hop.to))).collect();
    let mut found = BTreeSet::new();
    loop {
        let known = found.len();
        for (from, to) in &sent {
            if (sees.is_party(to) || found.contains(*to)) && !sees.is_party(from) {
                found.insert((*from).to_owned());
            }
        }
        if found.len() == known {
            return found;
        }
    }
}

/// Adds who has answered one of these, or the reader.
fn add_receivers(trusted: &mut BTreeSet<String>, hops: &[Hop], sees: &dyn Sees) {
    let packed_by_sender = |hop: &Hop| hop.packings.iter().all(|packing| packing.by == hop.from);
    for hop in hops.iter().filter(|hop| hop.is_passed_on() && packed_by_sender(hop)) {
        if (sees.is_party(&hop.from) || trusted.contains(&hop.from)) && !sees.is_party(&hop.to) {
            trusted.insert(hop.to.clone());
        }
    }
}
