//! What rules judge by itself.

use crate::week::Week;

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
