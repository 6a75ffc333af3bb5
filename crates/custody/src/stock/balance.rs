//! What a party has left of a lot without serials: the sum of what the statements that count say. Sums do
//! not depend on order, so neither does this. Below zero the books do not add up.

use std::collections::BTreeMap;

use proto::v1::{AdjustOutcome, LotAmount, Quantity, Receive, ReceiveOutcome, statement::Body};
use statement::{SubjectKey, SubjectKind, subject_key};

use super::{StockKind, activity, stock_key, stock_value, take_stock};
use crate::{
    Table, View, ViewError,
    draft::Draft,
    tables::{self, damaged},
};

/// Amount by unit, none of them 0.
type Amounts = BTreeMap<String, i128>;

/// The balance of a party in the lot with this number, by unit; empty where nothing is left.
///
/// # Errors
/// The view cannot be read.
pub fn balances<V: View + ?Sized>(
    view: &V,
    party: &str,
    lot: u64,
) -> Result<BTreeMap<String, i64>, ViewError> {
    let key = stock_key(activity(view, party)?, StockKind::Lot, lot);
    let amounts = view.get(Table::Holding, &key)?.map(|row| decode(&row)).transpose()?;
    // Beyond what fits, nobody counts boxes any more.
    let clamped = |amount: i128| amount.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    let amounts = amounts.map(|(_, amounts)| amounts).unwrap_or_default();
    Ok(amounts.into_iter().map(|(unit, amount)| (unit, clamped(amount))).collect())
}

/// Since when (entry + 1) and how much.
fn decode(mut row: &[u8]) -> Result<(u64, Amounts), ViewError> {
    let (since, _) = take_stock(&mut row)?;
    let mut amounts = Amounts::new();
    while let Some((&length, rest)) = row.split_first() {
        let parts = rest.split_at_checked(usize::from(length));
        let read = parts.and_then(|(unit, rest)| {
            let (amount, rest) = rest.split_first_chunk::<16>()?;
            Some((std::str::from_utf8(unit).ok()?, i128::from_be_bytes(*amount), rest))
        });
        let (unit, amount, rest) = read.ok_or_else(|| damaged("holding"))?;
        amounts.insert(unit.to_owned(), amount);
        row = rest;
    }
    Ok((since + 1, amounts))
}

fn encode(since: u64, lot: &SubjectKey, amounts: &Amounts) -> Vec<u8> {
    let mut row = stock_value(since, lot);
    for (unit, amount) in amounts {
        // At most 16 letters (validated).
        row.push(unit.len() as u8);
        row.extend_from_slice(unit.as_bytes());
        row.extend_from_slice(&amount.to_be_bytes());
    }
    row
}

/// What an entry changes of whose balances.
#[derive(Default)]
pub(crate) struct Books {
    changes: BTreeMap<(u64, SubjectKey), Amounts>,
}

impl Books {
    /// Counts what a content says of the signer's own stock, and of whom a sample is taken from, `sign`
    /// times. What an addressee takes in as a whole stands in the Ship: see [`shipped`](Self::shipped).
    pub(crate) fn content<V: View + ?Sized>(
        &mut self,
        draft: &Draft<'_, V>,
        body: &Body,
        actor: u64,
        sign: i128,
    ) -> Result<(), ViewError> {
        match body {
            Body::Commission(b) => self.count(actor, &b.lot, b.quantity.as_ref(), sign),
            Body::Ship(b) => self.shipped(actor, &b.lots, -sign),
            Body::Receive(b) => self.received(actor, b, sign),
            Body::Adjust(b) => {
                for line in &b.lines {
                    let sign = match line.outcome() {
                        AdjustOutcome::Found | AdjustOutcome::Opening => sign,
                        AdjustOutcome::Lost | AdjustOutcome::Stolen | AdjustOutcome::Destroyed => -sign,
                        AdjustOutcome::Damaged | AdjustOutcome::Unspecified => continue,
                    };
                    self.shipped(actor, line.lot.as_slice(), sign);
                }
            }
            Body::Transform(b) => {
                self.shipped(actor, &b.input_lots, -sign);
                self.shipped(actor, &b.output_lots, sign);
            }
            Body::Sample(b) => {
                self.shipped(actor, &b.lots, sign);
                self.shipped(draft.number(SubjectKind::Activity, &b.holder)?, &b.lots, -sign);
            }
            Body::Seize(b) => {
                let from = draft.number(SubjectKind::Activity, &b.holder)?;
                for line in &b.lines {
                    self.shipped(actor, line.lot.as_slice(), sign);
                    self.shipped(from, line.lot.as_slice(), -sign);
                }
            }
            Body::HandOver(b) => {
                self.moved(actor, draft.number(SubjectKind::Activity, &b.receiver)?, &b.lots, sign)
            }
            Body::EvidenceReturn(b) => {
                self.moved(actor, draft.number(SubjectKind::Activity, &b.to)?, &b.lots, sign)
            }
            Body::Destroy(b) => {
                let from = draft.number(SubjectKind::Activity, &b.holder)?;
                self.shipped(if from == 0 { actor } else { from }, &b.lots, -sign);
            }
            _ => {}
        }
        Ok(())
    }

    /// Amounts go from one party to another by a word that both stand by.
    fn moved(&mut self, from: u64, to: u64, amounts: &[LotAmount], sign: i128) {
        self.shipped(from, amounts, -sign);
        self.shipped(to, amounts, sign);
    }

    /// Damaged goods and surplus are taken in beside what is listed as accepted.
    fn received(&mut self, actor: u64, b: &Receive, sign: i128) {
        self.shipped(actor, &b.lots, sign);
        for e in &b.exceptions {
            if matches!(e.outcome(), ReceiveOutcome::Over | ReceiveOutcome::Damaged) {
                self.shipped(actor, e.lot.as_slice(), sign);
            }
        }
    }

    /// Counts these amounts at a party.
    pub(crate) fn shipped(&mut self, party: u64, amounts: &[LotAmount], sign: i128) {
        for amount in amounts {
            self.count(party, &amount.lot, amount.quantity.as_ref(), sign);
        }
    }

    fn count(&mut self, party: u64, lot: &str, quantity: Option<&Quantity>, sign: i128) {
        let Some(q) = quantity.filter(|_| party != 0 && !lot.is_empty()) else { return };
        let lot = subject_key(SubjectKind::Item, lot);
        // At most 10^12 a line (validated): 2^62 entries of 4,000 lines stay below 2^127.
        let sum = self.changes.entry((party, lot)).or_default().entry(q.unit.clone()).or_default();
        *sum += sign * i128::from(q.amount);
    }

    /// Writes the balances; a row without any goes.
    pub(crate) fn write<V: View + ?Sized>(self, draft: &mut Draft<'_, V>) -> Result<(), ViewError> {
        for ((party, lot), mut changes) in self.changes {
            changes.retain(|_, amount| *amount != 0);
            let number = tables::subject(draft, &lot)?.map_or(0, |r| r.number);
            if changes.is_empty() || number == 0 {
                continue;
            }
            let key = stock_key(party, StockKind::Lot, number);
            let row = draft.get(Table::Holding, &key)?;
            let known = row.map(|row| decode(&row)).transpose()?;
            let (since, mut amounts) = known.unwrap_or_else(|| (draft.size(), Amounts::new()));
            for (unit, change) in changes {
                *amounts.entry(unit).or_default() += change;
            }
            amounts.retain(|_, amount| *amount != 0);
            if amounts.is_empty() {
                draft.delete(Table::Holding, key);
            } else {
                draft.put(Table::Holding, key, encode(since, &lot, &amounts));
            }
        }
        Ok(())
    }
}
