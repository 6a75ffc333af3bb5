//! What a party has left of a lot without serials: the sum of what its statements and those addressed to it
//! say. Sums do not depend on order, so neither does this.

use std::collections::BTreeMap;

use custody::{
    Content, View, ViewError, content,
    response::{receives_of, ships_of, takes_all},
    root_of,
    tables::{subject_by_text, touches},
};
use proto::v1::{AdjustOutcome, LotAmount, Quantity, Receive, ReceiveOutcome, statement::Body};
use statement::{Kind, SubjectKind};

use crate::budget::Budget;

/// Balance by unit; below zero the books do not add up.
pub type Balances = BTreeMap<String, i64>;

/// The balance of `party` in `lot`, and whether all of the lot's history could be read.
pub(super) fn balance<V: View + ?Sized>(
    view: &V,
    lot: &str,
    party: &str,
    budget: &mut Budget,
) -> Result<Balances, ViewError> {
    let Some(record) = subject_by_text(view, SubjectKind::Item, lot)? else { return Ok(Balances::new()) };
    let mut roots = std::collections::BTreeSet::new();
    let mut corrects = Vec::new();
    touches(view, record.number, 0, &mut |touch| {
        match Kind::try_from(i32::from(touch.kind)) {
            Ok(Kind::Correct) => corrects.push(touch.index),
            Ok(Kind::Void | Kind::Endorse | Kind::Erase) | Err(_) => {}
            Ok(_) => drop(roots.insert(touch.index)),
        }
        Ok(budget.spend(1))
    })?;
    for correct in corrects {
        roots.insert(root_of(view, correct)?);
    }
    let mut sum = Sum { lot, balances: Balances::new() };
    for root in roots {
        if !budget.read() {
            break;
        }
        if let Some(content) = content(view, root)? {
            sum.add(view, &content, party)?;
        }
    }
    sum.balances.retain(|_, amount| *amount != 0);
    Ok(sum.balances)
}

struct Sum<'a> {
    lot: &'a str,
    balances: Balances,
}

impl Sum<'_> {
    fn add<V: View + ?Sized>(&mut self, view: &V, content: &Content, party: &str) -> Result<(), ViewError> {
        let actor = content.root.actor() == party;
        match &content.body {
            Body::Commission(b) if actor && b.lot == self.lot => self.count(b.quantity.as_ref(), 1),
            Body::Ship(b) => {
                if actor {
                    self.amounts(&b.lots, -1);
                }
                if b.addressee == party {
                    self.taken_whole(view, content.root_index, &b.lots, party)?;
                }
            }
            Body::Receive(b) if actor => self.received(b),
            Body::Adjust(b) if actor => {
                for line in &b.lines {
                    let sign = match line.outcome() {
                        AdjustOutcome::Found | AdjustOutcome::Opening => 1,
                        AdjustOutcome::Lost | AdjustOutcome::Stolen | AdjustOutcome::Destroyed => -1,
                        AdjustOutcome::Damaged | AdjustOutcome::Unspecified => continue,
                    };
                    self.amounts(line.lot.as_slice(), sign);
                }
            }
            Body::Transform(b) if actor => {
                self.amounts(&b.input_lots, -1);
                self.amounts(&b.output_lots, 1);
            }
            Body::Sample(b) => {
                if actor {
                    self.amounts(&b.lots, 1);
                }
                if b.holder == party {
                    self.amounts(&b.lots, -1);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A Receive that says nothing of single goods takes in all that was shipped, once: by the first Ship
    /// it answers that has the lot, or by each of several.
    fn taken_whole<V: View + ?Sized>(
        &mut self,
        view: &V,
        ship: u64,
        shipped: &[LotAmount],
        party: &str,
    ) -> Result<(), ViewError> {
        for receive in receives_of(view, ship)? {
            let Some(content) = content(view, receive)? else { continue };
            let Body::Receive(b) = &content.body else { continue };
            if takes_all(b) && content.root.actor() == party && ships_of(view, receive)?.contains(&ship) {
                self.amounts(shipped, 1);
                // A second Receive of the same goods takes in nothing more.
                break;
            }
        }
        Ok(())
    }

    /// Damaged goods and surplus are taken in beside what is listed as accepted.
    fn received(&mut self, b: &Receive) {
        self.amounts(&b.lots, 1);
        for e in &b.exceptions {
            if matches!(e.outcome(), ReceiveOutcome::Over | ReceiveOutcome::Damaged) {
                self.amounts(e.lot.as_slice(), 1);
            }
        }
    }

    fn amounts(&mut self, amounts: &[LotAmount], sign: i64) {
        let lot = self.lot;
        for amount in amounts.iter().filter(|a| a.lot == lot) {
            self.count(amount.quantity.as_ref(), sign);
        }
    }

    fn count(&mut self, quantity: Option<&Quantity>, sign: i64) {
        let Some(q) = quantity else { return };
        // At most 10^12 a line (validated).
        let amount = i64::try_from(q.amount).unwrap_or(i64::MAX).saturating_mul(sign);
        let sum = self.balances.entry(q.unit.clone()).or_default();
        *sum = sum.saturating_add(amount);
    }
}
