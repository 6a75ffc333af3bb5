//! Tests over a small ledger in memory. `ledger` is the fixture, `story` the table language; whatever
//! is recorded through them has its links, heads, chain and rows checked against a model of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod ledger;
mod story;
mod tables;

mod admission;
mod assistance;
mod bounds;
mod cases;
mod changes;
mod drafts;
mod exhibits;
mod flood;
mod imports;
mod keys;
mod kinds;
mod late;
mod open;
mod pairing;
mod permutation;
mod registers;
mod remits;
mod replay;
mod restrictions;
mod rows;
mod stories;
mod transitions;
