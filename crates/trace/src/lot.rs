//! What was made under a lot: by Commissions, and by Transforms out of other goods.

use std::{collections::BTreeSet, rc::Rc};

use custody::{View, ViewError, root_of};
use proto::v1::statement::Body;
use statement::{Kind, SubjectKind, subject_key};

use crate::{
    hops::{Certainty, HopKind, Word},
    path::Leg,
    reader::Reader,
};

/// What one statement makes under a lot.
pub(crate) struct Made {
    /// Its entry.
    pub(crate) index: u64,
    /// When, µs.
    pub(crate) at: i64,
    /// Who.
    maker: String,
    /// Out of other goods, as whoever had those may say.
    transforms: bool,
    /// With codes of their own; none = an amount alone.
    pub(crate) items: Vec<String>,
}

impl<V: View + ?Sized> Reader<'_, V> {
    /// What was made under a lot, as the statements count now, in order of recording.
    pub(crate) fn made(&mut self, lot: &str) -> Result<Vec<Made>, ViewError> {
        let mut roots = BTreeSet::new();
        for touch in self.touches(&subject_key(SubjectKind::Item, lot))? {
            match Kind::try_from(i32::from(touch.kind)) {
                Ok(Kind::Commission | Kind::Transform) => roots.insert(touch.index),
                Ok(Kind::Correct) => roots.insert(root_of(self.view, touch.index)?),
                _ => false,
            };
        }
        let mut made = Vec::new();
        for index in roots {
            let Some(content) = self.content(index)? else { continue };
            let (of, transforms, items) = match content.body {
                Body::Commission(b) => (b.lot, false, b.items),
                Body::Transform(b) => (b.lot, true, b.outputs),
                _ => continue,
            };
            if of == lot && self.budget.spend(items.len()) {
                let maker = content.root.actor().to_owned();
                made.push(Made { index, at: content.occurred_at, maker, transforms, items });
            }
        }
        Ok(made)
    }

    /// Where a lot's goods began, oldest first. On their way they are told of by their own codes ([`crate::flow`]).
    pub(crate) fn origins(&mut self, lot: &str) -> Result<Vec<Leg>, ViewError> {
        let mut made = self.made(lot)?;
        made.sort_by_key(|made| (made.at, made.index));
        made.into_iter().map(|made| self.origin(made)).collect()
    }

    fn origin(&self, made: Made) -> Result<Leg, ViewError> {
        Ok(Leg {
            departed_at: made.at,
            arrived_at: 0,
            entries: vec![made.index],
            kind: HopKind::Origin,
            certainty: Certainty::Confirmed,
            word: if made.transforms { Word::Arriver } else { Word::Giver },
            from: 0,
            to: self.number(SubjectKind::Activity, &made.maker)?,
            via: None,
            packings: None,
            aside: Vec::new(),
            declined: false,
        })
    }

    /// The items made under a lot, at most `limit`.
    pub(crate) fn lot_items(&mut self, lot: &str, limit: usize) -> Result<BTreeSet<Rc<str>>, ViewError> {
        let mut units = BTreeSet::new();
        for made in self.made(lot)? {
            units.extend(made.items.into_iter().map(Rc::from));
            if units.len() >= limit {
                self.budget.exhausted = true;
            }
        }
        Ok(units)
    }
}
