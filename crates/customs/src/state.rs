//! How far a declaration has come.

use std::rc::Rc;

use proto::v1::{CustomsOutcome, FilingOutcome, statement::Body};
use rules::read::Told;

use crate::case::{Case, last_outcome};

/// Where a declaration stands, by the last word of customs, else of the drug authority of the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// 已申报: declared; nothing was filed for its lots.
    Declared,
    /// 备案中: some of its lots are cleared or sampled, not all are cleared.
    Filed,
    /// 已通关备案: all its lots are cleared; customs have not decided.
    Cleared,
    /// 不予通关: the last word of the drug authority on one of its lots is a refusal.
    ClearanceRefused,
    /// 放行.
    Released,
    /// 部分放行.
    Partial,
    /// 扣留.
    Held,
    /// 不予放行.
    Refused,
    /// 退运.
    Returned,
    /// 没收.
    Seized,
    /// 销毁.
    Destroyed,
    /// 入区, in bond.
    Bonded,
    /// 出区, out of bond.
    BondedExit,
}

impl State {
    /// All, in their order.
    pub const ALL: [Self; 13] = [
        Self::Declared,
        Self::Filed,
        Self::Cleared,
        Self::ClearanceRefused,
        Self::Released,
        Self::Partial,
        Self::Held,
        Self::Refused,
        Self::Returned,
        Self::Seized,
        Self::Destroyed,
        Self::Bonded,
        Self::BondedExit,
    ];

    /// Whether customs have decided for good.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(
            self,
            Self::Declared
                | Self::Filed
                | Self::Cleared
                | Self::ClearanceRefused
                | Self::Partial
                | Self::Held
        )
    }

    const fn decided(outcome: CustomsOutcome) -> Option<Self> {
        Some(match outcome {
            CustomsOutcome::Unspecified => return None,
            CustomsOutcome::Released => Self::Released,
            CustomsOutcome::Partial => Self::Partial,
            CustomsOutcome::Held => Self::Held,
            CustomsOutcome::Refused => Self::Refused,
            CustomsOutcome::Returned => Self::Returned,
            CustomsOutcome::Seized => Self::Seized,
            CustomsOutcome::Destroyed => Self::Destroyed,
            CustomsOutcome::BondedEntry => Self::Bonded,
            CustomsOutcome::BondedExit => Self::BondedExit,
        })
    }

    pub(crate) fn of(case: &Case) -> Self {
        let filed = case.lots.iter().map(|lot| Filed::of(&lot.lot, &lot.told));
        Self::by(last_outcome(&case.decisions), filed)
    }

    /// By customs' last word, and what became of each lot.
    pub(crate) fn by(outcome: Option<CustomsOutcome>, lots: impl Iterator<Item = Filed>) -> Self {
        if let Some(state) = outcome.and_then(Self::decided) {
            return state;
        }
        let lots: Vec<Filed> = lots.collect();
        let all = |filed| !lots.is_empty() && lots.iter().all(|lot| *lot == filed);
        if lots.contains(&Filed::Refused) {
            Self::ClearanceRefused
        } else if all(Filed::Cleared) {
            Self::Cleared
        } else if lots.is_empty() || all(Filed::Not) {
            Self::Declared
        } else {
            Self::Filed
        }
    }
}

/// What the drug authority of the port has done about a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filed {
    Not,
    Sampled,
    Cleared,
    Refused,
}

impl Filed {
    /// By the last filing of the lot, else whether it was sampled at the port.
    pub(crate) fn of(lot: &str, told: &[Rc<Told>]) -> Self {
        let last = told.iter().rev().find_map(|told| match &told.body {
            Body::ImportFiling(b) if b.lots.iter().any(|l| l.lot == lot) => Some(b.outcome()),
            _ => None,
        });
        let at_port = |told: &Rc<Told>| matches!(&told.body, Body::Sample(b) if b.purpose == "port-test");
        match last {
            Some(FilingOutcome::Cleared) => Self::Cleared,
            Some(FilingOutcome::Refused) => Self::Refused,
            _ if told.iter().any(at_port) => Self::Sampled,
            _ => Self::Not,
        }
    }
}
