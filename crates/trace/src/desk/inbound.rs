//! Shipments addressed to a party that it has not answered wholly.

use custody::{View, stock};

use super::shipment::{Shipment, shipment};
use crate::Error;

/// Shipments looked at for one page, those of other senders included.
const MAX_READ: usize = 5_000;

/// Lines of the shipments of one page, together: a shipment has up to 4,000.
const MAX_LINES: u32 = 50_000;

/// Open shipments to `party`, in order of recording from entry `start` on, and the entry to go on at;
/// `None` at the end. A page may be short, or empty, and go on all the same: what it looks at is bounded.
///
/// # Errors
/// The view failed.
pub fn inbound<V: View + ?Sized>(
    view: &V,
    party: &str,
    sender: &str,
    start: u64,
    limit: usize,
) -> Result<(Vec<Shipment>, Option<u64>), Error> {
    let (rows, next) = stock::inbound(view, party, start, if sender.is_empty() { limit } else { MAX_READ })?;
    let mut found = Vec::new();
    let mut lines = 0u32;
    for row in rows {
        if found.len() == limit || lines > MAX_LINES {
            return Ok((found, Some(row.ship)));
        }
        lines = lines.saturating_add(row.lines);
        let Some(one) = shipment(view, row.ship)? else { continue };
        if sender.is_empty() || one.content.root.actor() == sender {
            found.push(one);
        }
    }
    Ok((found, next))
}
