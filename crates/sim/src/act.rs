//! What happens, before it is written down as a statement.

use std::cmp::Ordering;

use proto::v1::ReceiveOutcome;

use crate::{cast::Who, lot::Code};

/// Names an act of the same lot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ref {
    pub(crate) number: u32,
    pub(crate) upload: i64,
    pub(crate) occurred: i64,
    pub(crate) actor: Who,
    pub(crate) hand: Who,
    /// Who carries it under a waybill, and whether by air.
    pub(crate) carrier: Option<(Who, bool)>,
}

/// One act of a lot's story.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) lot: u32,
    /// Place in the lot's plan; with the lot it makes id, salt and bill number.
    pub(crate) number: u32,
    /// When it reaches the ledger, µs.
    pub(crate) upload: i64,
    /// When it happened, µs.
    pub(crate) occurred: i64,
    /// Who acts.
    pub(crate) actor: Who,
    /// Who signs: the actor, or its agent under a mandate.
    pub(crate) hand: Who,
    pub(crate) deed: Deed,
    /// What is told of it in reports.
    pub(crate) note: &'static str,
}

/// Goods of a bill.
#[derive(Clone, Debug)]
pub(crate) enum Goods {
    Codes(Vec<Code>),
    Amount(u64),
}

/// A shipment.
#[derive(Clone, Debug)]
pub(crate) struct Shipping {
    pub(crate) goods: Goods,
    pub(crate) to: Who,
    pub(crate) reason: &'static str,
    /// With a carrier there is a waybill.
    pub(crate) carrier: Option<Who>,
    /// Who pays, where that is told.
    pub(crate) bill_to: Option<Who>,
    pub(crate) by_air: bool,
}

/// How a receipt names its shipment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    Reference,
    Bill,
    Waybill,
}

/// A line of use.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Line {
    pub(crate) unit: u16,
    /// The item is the clinic's console of that number, not a unit of this lot.
    pub(crate) console: Option<u16>,
    pub(crate) vial: u32,
    pub(crate) used: u64,
    pub(crate) wasted: u64,
    pub(crate) opened: i64,
    pub(crate) finished: bool,
    pub(crate) counter: u64,
    /// Console or tip used with it.
    pub(crate) paired: bool,
}

/// What is done.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Units from the first on and below the second.
    Commission(u16, u16),
    CommissionAmount(u64),
    Pack(Code, Vec<Code>),
    Unpack(Code),
    Ship(Shipping),
    Receive {
        shipment: Ref,
        naming: Naming,
        /// Empty = everything, or what the exceptions leave.
        goods: Goods,
        exception: Option<(ReceiveOutcome, Code, &'static str)>,
        /// m°C on arrival.
        arrival: Option<i32>,
    },
    Use(Vec<Line>),
    Correct(Ref, &'static str, Box<Deed>),
    Void(Ref, &'static str),
    /// The other side signs that act, which is a Correct.
    Endorse(Box<Act>),
}

impl Act {
    pub(crate) fn name(&self) -> Ref {
        let carrier = match &self.deed {
            Deed::Ship(ship) => ship.carrier.map(|carrier| (carrier, ship.by_air)),
            _ => None,
        };
        Ref {
            number: self.number,
            upload: self.upload,
            occurred: self.occurred,
            actor: self.actor,
            hand: self.hand,
            carrier,
        }
    }

    /// Order in which acts reach the ledger.
    const fn order(&self) -> (i64, u32, u32) {
        (self.upload, self.lot, self.number)
    }
}

impl PartialEq for Act {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Act {}

impl PartialOrd for Act {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Act {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}
