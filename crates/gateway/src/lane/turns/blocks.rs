//! Bills that something missing on the ledger concerns alike: a role, a mandate, a use of the key.
//!
//! The first of them is tried again and again, and the others wait behind it in order. After a while one of
//! the others is tried too, each time: should it get through, the trouble is the first one's own (a mistyped
//! day, say), and no longer theirs.

use std::{collections::BTreeMap, time::Instant};

use super::{ALONE, Patience, Rest};
use crate::{BillKey, lane::means::Alike};

/// Most such groups; with more the trouble is everybody's.
const MAX_BLOCKS: usize = 64;

/// The first of a group.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) number: String,
    pub(super) why: String,
}

#[derive(Debug)]
struct Block {
    head: Head,
    tries: u32,
    patience: Patience,
    /// When the head is tried again.
    until: Instant,
    /// Another one may be tried before that.
    probing: bool,
    /// The last other one that was tried.
    tried: u64,
}

/// All groups.
#[derive(Debug, Default)]
pub(super) struct Blocks(BTreeMap<Alike, Block>);

impl Blocks {
    /// Whether there is room for a group.
    pub(super) fn takes(&self, alike: &Alike) -> bool {
        self.0.len() < MAX_BLOCKS || self.0.contains_key(alike)
    }

    /// What is held back of each group: all up to a place.
    pub(super) fn passing(&self, now: Instant) -> Vec<(Alike, u64)> {
        let waiting = self.0.iter().filter(|(_, block)| block.until > now);
        waiting
            .map(|(alike, block)| {
                let to = if block.probing { block.head.seq.max(block.tried) } else { u64::MAX };
                (alike.clone(), to)
            })
            .collect()
    }

    /// One of a group was refused for what is missing. `random` is 0 to 255.
    pub(super) fn refused(&mut self, alike: Alike, head: Head, now: Instant, random: u8) {
        let block = self.0.entry(alike).or_insert_with(|| Block {
            head: head.clone(),
            tries: 0,
            patience: Patience::default(),
            until: now,
            probing: false,
            tried: 0,
        });
        if block.probing && block.until > now && head.seq > block.head.seq {
            block.tried = head.seq;
            block.probing = false;
            return;
        }
        if block.probing {
            // No further one was found: from the beginning next time.
            block.tried = 0;
        }
        block.head = head;
        block.tries = block.tries.saturating_add(1);
        block.until = now + block.patience.next(None, random);
        block.probing = block.tries >= ALONE;
    }

    /// A bill reached its end: the groups in which it was another one than the head, and their heads.
    pub(super) fn answered(&mut self, seq: u64, key: &BillKey) -> Vec<(Alike, Head)> {
        let gone = self.0.extract_if(.., |alike, block| block.head.seq == seq || alike.fits(key));
        gone.map(|(alike, block)| (alike, block.head)).filter(|(_, head)| head.seq != seq).collect()
    }

    /// A bill is no longer the head of anything.
    pub(super) fn forget(&mut self, seq: u64) {
        self.0.retain(|_, block| block.head.seq != seq);
    }

    /// Until when the first of them waits.
    pub(super) fn rest(&self, now: Instant) -> Option<Rest> {
        let block = self.0.values().min_by_key(|block| block.until)?;
        let wait = block.until.saturating_duration_since(now);
        Some(Rest { wait, why: block.head.why.clone(), attention: true })
    }

    pub(super) fn heads(&self) -> impl Iterator<Item = &Head> {
        self.0.values().map(|block| &block.head)
    }
}
