//! Findings: what rules say about what is recorded. Pure functions of a [`custody::View`].
//!
//! [`Examiner::examine`] judges one [`Subject`] (an item, an amount of a lot at a party, a lot, a declaration, a
//! statement, a party's week) and gives its [`Hit`]s: a function of what is recorded about it in one state of the view,
//! whatever the order in which it came. [`affected`] names the subjects that an entry may have changed. [`findings`]
//! puts hits together: **one finding per rule, party, lot or product, and week**, with count and first samples. Who
//! keeps them (a follower of the log) judges what each entry affects, compares with what it has kept
//! ([`diff`]), and shows a finding while one of its hits is due ([`State`]).
//!
//! Each rule stands in a file of its own under `rule/`: when it opens, when it stays silent, what resolves it, in which
//! words. Numbers and days that rules go by are [`Setting`]s of a policy. The table of all of it is docs/RULES.md.
//!
//! # Why a view, and not an index, is the horizon
//!
//! Registers, corrections and pairs of shipments are known as of one state of the view. A history cut at an earlier
//! index would be judged by later registers. So the horizon is the size of the view: a snapshot, in the store.
//!
//! # Invariants
//!
//! - The same view gives the same hits. Hits order by what they say; entries are evidence only, and no wording holds one.
//! - What depends on passing time is told by the hit's `due`, not by when it is asked.
//! - Outside of a register's Coverage a rule that rests on something missing is silent. Public scans alone never exceed
//!   [`Severity::Low`].
//! - What rests on somebody's word names the facts, never a crime.
//! - Bounded: [`MAX_HISTORY`] entries about one thing, lot, document or party ([`MAX_SCANNED`] for authorities' acts on
//!   a party), [`MAX_SUBJECTS`] an entry, [`MAX_EVIDENCE`] entries a hit, [`MAX_SAMPLES`] hits a finding, 32 MiB of
//!   statements and 65,536 answers of registers kept at a time. Where more is recorded, nothing is judged and the answer
//!   says so ([`Examined::whole`], [`Affected::whole`]).
//!
//! # Deliberately absent
//!
//! Storage, threads, rights (crate `server` decides who sees which [`Visibility`]), clocks, a judgement of guilt.

mod affected;
mod examine;
mod finding;
mod hit;
mod reader;
mod rule;
mod settings;
mod subject;
mod thing;
mod week;

/// What rules read by, for questions that are answered from the same facts.
pub mod read {
    pub use crate::{
        reader::{Reader, Told},
        rule::{
            cold_chain::is_outside,
            no_customs_release::{is_refused, outcome_of},
            no_test_release::releases,
            quantity_excess::{Amounts, add, is_sent_back, made},
            unlicensed_party::is_in_force,
        },
        settings::{
            CLEARANCE_REQUIRED, COLD_BELOW, EXCURSION_MINUTES, LICENCE_RENEWAL, LOGGER_SKEW, SHORT_DATED,
            SHORT_DATED_SHORT, TEST_REQUIRED,
        },
        thing::Facts,
        week::plus_months,
    };
}

#[cfg(test)]
mod tests;

pub use affected::{Affected, Again, MAX_SUBJECTS, affected};
pub use examine::{Examined, Examiner};
pub use finding::{Changes, Finding, FindingKey, MAX_SAMPLES, State, diff, findings};
pub use hit::{Facts, Hit, MAX_EVIDENCE};
pub use reader::{MAX_HISTORY, MAX_SCANNED};
pub use rule::{RULES, Rule, RuleRow, Severity, Visibility};
pub use settings::{POLICY, SETTINGS, Setting};
pub use subject::Subject;
pub use week::Week;
