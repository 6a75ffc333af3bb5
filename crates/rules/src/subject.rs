//! What rules judge by itself.

use custody::{View, ViewError};

use crate::{thing::codes, week::Week};

/// Something that is judged by itself: its hits are a function of what is recorded about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A unit or container, by any of its codes; judged under the least of them.
    Item(String),
    /// An amount of a lot without serials at a party.
    Stock {
        /// The lot.
        lot: String,
        /// The party.
        party: String,
    },
    /// A lot as a whole.
    Lot(String),
    /// A declaration, "decl:NO".
    Declaration(String),
    /// One statement, by the entry of its original.
    Act(u64),
    /// What a party has stated in a week.
    PartyWeek {
        /// The party.
        party: String,
        /// The week.
        week: Week,
    },
}

impl Subject {
    /// The unit or container that bears a code, by whichever of its codes.
    ///
    /// # Errors
    /// The view cannot be read.
    pub fn of_item(view: &dyn View, code: &str) -> Result<Self, ViewError> {
        let least = codes(view, code)?.into_iter().next();
        Ok(Self::Item(least.unwrap_or_else(|| code.to_owned())))
    }
}
