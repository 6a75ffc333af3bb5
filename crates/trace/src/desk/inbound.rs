//! Shipments addressed to a party that it has not answered wholly.

use custody::{Table, View, tables::subject_by_text};
use statement::SubjectKind;

use super::shipment::{Progress, Shipment, shipment};
use crate::Error;

/// Shipments looked at for one page, those of other senders included.
const MAX_READ: usize = 5_000;

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
    let Some(activity) = subject_by_text(view, SubjectKind::Activity, party)? else {
        return Ok((Vec::new(), None));
    };
    let prefix = activity.number.to_be_bytes();
    let from = [prefix, start.to_be_bytes()].concat();
    let mut ships = Vec::new();
    view.scan(Table::Inbound, &prefix, &from, &mut |key, _| {
        ships.extend(key.get(8..).and_then(|k| k.try_into().ok()).map(u64::from_be_bytes));
        Ok(ships.len() <= MAX_READ)
    })?;
    let mut found = Vec::new();
    for (read, &ship) in ships.iter().enumerate() {
        if found.len() == limit || read == MAX_READ {
            return Ok((found, Some(ship)));
        }
        let Some(one) = shipment(view, ship)? else { continue };
        let wanted = sender.is_empty() || one.content.root.actor() == sender;
        if wanted && one.progress != Progress::Wholly {
            found.push(one);
        }
    }
    Ok((found, None))
}
