//! The statements between source and settlement, in order.

use std::{collections::VecDeque, time::Instant};

use prost::Message as _;
use proto::v1::SignedStatement;

use super::{Outcome, Settled, SubmitOptions, Unsettled};

/// Statements taken from the source and not settled.
///
/// Invariants: `items[i]` has position `first + i`; the front one has no outcome (else it would be
/// settled); everything from `next` on has not been sent in the present pass.
#[derive(Debug)]
pub(super) struct Window {
    items: VecDeque<Item>,
    first: u64,
    next: u64,
    /// Bytes of all items.
    bytes: usize,
    options: SubmitOptions,
}

#[derive(Debug)]
struct Item {
    statement: SignedStatement,
    first_sent: Option<Instant>,
    outcome: Option<Outcome>,
}

impl Window {
    pub(super) const fn new(options: SubmitOptions) -> Self {
        Self { items: VecDeque::new(), first: 0, next: 0, bytes: 0, options }
    }

    /// Whether another statement fits: the window holds as many as may be on their way.
    pub(super) fn has_room(&self) -> bool {
        let SubmitOptions { batch, batch_bytes, in_flight, .. } = self.options;
        self.items.len() < batch * in_flight && self.bytes < batch_bytes * in_flight
    }

    /// Whether as many as fit into a batch wait to be sent.
    pub(super) fn has_batch(&self) -> bool {
        self.end() - self.next >= self.options.batch as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn push(&mut self, statement: SignedStatement) {
        self.bytes += size(&statement);
        self.items.push_back(Item { statement, first_sent: None, outcome: None });
    }

    fn end(&self) -> u64 {
        self.first + self.items.len() as u64
    }

    fn item(&mut self, position: u64) -> Option<&mut Item> {
        let index = usize::try_from(position.checked_sub(self.first)?).ok()?;
        self.items.get_mut(index)
    }

    /// Everything without an outcome is to be sent (again).
    pub(super) const fn rewind(&mut self) {
        self.next = self.first;
    }

    /// Takes the next batch: positions and statements; empty where nothing waits.
    pub(super) fn take_batch(&mut self) -> (Vec<u64>, Vec<SignedStatement>) {
        let (mut positions, mut statements, mut bytes) = (Vec::new(), Vec::new(), 0);
        while self.next < self.end() && positions.len() < self.options.batch {
            let (position, limit) = (self.next, self.options.batch_bytes);
            let Some(item) = self.item(position) else { break };
            if item.outcome.is_none() {
                bytes += size(&item.statement);
                if bytes > limit && !positions.is_empty() {
                    break;
                }
                item.first_sent.get_or_insert_with(Instant::now);
                positions.push(position);
                statements.push(item.statement.clone());
            }
            self.next += 1;
        }
        (positions, statements)
    }

    /// The statement at a position, unless it is settled.
    pub(super) fn statement(&mut self, position: u64) -> Option<&SignedStatement> {
        self.item(position).map(|item| &item.statement)
    }

    /// Whether nothing before this position is unsettled.
    pub(super) const fn is_front(&self, position: u64) -> bool {
        position == self.first
    }

    pub(super) fn set(&mut self, position: u64, outcome: Outcome) {
        if let Some(item) = self.item(position) {
            item.outcome = Some(outcome);
        }
    }

    /// Takes the front statement if it has an outcome.
    pub(super) fn pop(&mut self) -> Option<Settled> {
        self.items.front()?.outcome.as_ref()?;
        let item = self.items.pop_front()?;
        let position = self.first;
        self.bytes -= size(&item.statement);
        self.first += 1;
        // Settled before it was sent again.
        self.next = self.next.max(self.first);
        let latency = item.first_sent.map(|at| at.elapsed()).unwrap_or_default();
        item.outcome.map(|outcome| Settled { position, statement: item.statement, outcome, latency })
    }

    pub(super) fn into_unsettled(self) -> Vec<Unsettled> {
        let first = self.first;
        let numbered = self.items.into_iter().zip(first..);
        numbered
            .map(|(item, position)| {
                let receipt = match item.outcome {
                    Some(Outcome::Recorded(receipt)) => Some(receipt),
                    _ => None,
                };
                Unsettled { position, statement: item.statement, receipt }
            })
            .collect()
    }
}

/// Bytes in a batch: the statement, one byte of tag and at most four of length.
fn size(statement: &SignedStatement) -> usize {
    statement.encoded_len() + 5
}
