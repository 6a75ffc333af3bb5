//! Where an item is by the states that were folded as its statements were recorded: what is left to say
//! where its history holds more than one answer may read.

use std::collections::BTreeSet;

use custody::{
    View, ViewError, content,
    item::{ItemState, Status, item_state},
};
use proto::v1::statement::Body;

use crate::MAX_DEPTH;

/// Condition and place by kept states; parties by the numbers of their activities, 0 = none.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    pub(crate) status: Status,
    pub(crate) holder: u64,
    pub(crate) addressee: u64,
    pub(crate) site: String,
    /// Innermost first.
    pub(crate) containers: Vec<String>,
    pub(crate) last_occurred_at: i64,
    pub(crate) last_index: u64,
    /// Something came too late to be folded in its place.
    pub(crate) late: bool,
}

impl Stored {
    /// Of an item in `state`, or the containers around it. Reads a statement and a state for each.
    pub(crate) fn of<V: View + ?Sized>(view: &V, item: &str, state: &ItemState) -> Result<Self, ViewError> {
        let mut found = Self::default();
        let mut state = state.clone();
        let mut seen = BTreeSet::from([item.to_string()]);
        let mut site_by = found.enter(&state);
        while let Some(container) = around(view, &state)? {
            if found.containers.len() == MAX_DEPTH || !seen.insert(container.clone()) {
                break;
            }
            let Some((_, outer)) = item_state(view, &container)? else { break };
            // With everything that was inside it, somebody took the item out, who is not told here.
            if outer.emptied_at >= state.packed.0 && outer.emptied_at != 0 {
                break;
            }
            found.containers.push(container);
            site_by = found.enter(&outer);
            state = outer;
        }
        if let Some(told) = site_by.checked_sub(1) {
            found.site = content(view, told)?.map(|c| c.site).unwrap_or_default();
        }
        Ok(found)
    }

    /// Takes over where a container is; the entry + 1 that told its site.
    fn enter(&mut self, state: &ItemState) -> u64 {
        (self.status, self.holder, self.addressee) = (state.status, state.holder, state.addressee);
        self.late |= state.overflow;
        if state.last.0 >= self.last_occurred_at {
            (self.last_occurred_at, self.last_index) = (state.last.0, state.last_index);
        }
        state.site_by
    }
}

/// The container an item is in by its own events.
fn around<V: View + ?Sized>(view: &V, state: &ItemState) -> Result<Option<String>, ViewError> {
    let Some(packing) = state.packed_by.checked_sub(1).filter(|_| state.container != 0) else {
        return Ok(None);
    };
    let body = content(view, packing)?.map(|content| content.body);
    Ok(body.and_then(|body| if let Body::Pack(b) = body { Some(b.parent) } else { None }))
}
