//! A seeded, believable trade: what makers, importers, distributors, logistics firms and clinics would
//! sign over 60 days, as [`Signed`] statements ready to be submitted.
//!
//! [`World::new`] makes up the parties, keys, products and lots of a [`Plan`]; [`World::genesis`] gives
//! the payload of entry 0, and [`World::statements`] the stream of statements for the ledger that begins
//! with it; [`World::crimes`] tells what dishonest people would sign beside it, and the truth about that. [`load::Load`] is a stream of another kind: bills of one item, any of which can be made at
//! any time, on any thread.
//!
//! ```
//! use sim::{Plan, World};
//!
//! let world = World::new(Plan { seed: 7, statements: 200, end_at: 1_800_000_000_000_000 });
//! let toxin = world.example_items().toxin;
//! let statements: Vec<_> = world.statements([1; 32]).collect();
//! assert_eq!(statements.len(), 200);
//! assert!(toxin.starts_with("sgtin:0952"));
//! ```
//!
//! # What happens in it
//!
//! Authorities are registered by two of three root authorities; everybody else by an authority, with an
//! administrator key, a system key, a site and a licence. Lots are commissioned, packed into cases and
//! pallets, flown in or carried by road, sold over two levels of distributors to clinics in 24 cities,
//! and used: boxes of three vials one vial after the other, syringes whole, tips in sessions with the
//! clinic's console. A logistics firm acts for some distributors, a service firm keeps the books of some
//! clinics, an agent signs for makers abroad. Some uploads are late, some goods come back, are refused,
//! missing or damaged; some bills are voided, some statements corrected.
//!
//! # Invariants
//!
//! - The same plan and ledger give the same bytes: no clock, no I/O, no randomness but the seed's.
//! - Every statement can be recorded in the order of the stream, at any time within a day after
//!   `end_at`: keys are enrolled before they sign, targets recorded before they are named.
//! - Nobody and nothing in it exists: firms, codes and addresses are invented, GS1 keys stand under the
//!   demonstration prefix 952.
//!
//! # Deliberately absent
//!
//! Crime within the trade: every deviation in it happens to honest people, and [`World::crimes`] are told after it.
//! Submitting: `client` does that.

mod act;
mod body;
mod calendar;
mod cast;
mod cities;
mod codes;
mod crime;
mod dice;
mod goods;
pub mod load;
mod lot;
mod pen;
mod planner;
mod register;
mod retail;
mod sandbox;
mod sizes;
mod supply;
#[cfg(test)]
mod tests;
mod trade;
mod usage;
mod world;

pub use crime::{Crime, Crimes};
pub use pen::Signed;
pub use sandbox::{Numbers, Player, Sandbox};
pub use trade::Trade;
pub use world::{Examples, Plan, World};
