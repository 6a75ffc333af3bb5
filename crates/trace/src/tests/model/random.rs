//! Random stories: more packing than honest trade, never in circles.

use proptest::prelude::*;

use super::{Fate, ITEMS, Line, PARTIES, Said};

fn some_items() -> impl Strategy<Value = Vec<usize>> {
    proptest::sample::subsequence((0..ITEMS.len()).collect::<Vec<_>>(), 1..3)
}

/// Packs go from A, B, C up into P, Q, R or from one of those into a later one most of the time.
fn pack() -> impl Strategy<Value = Said> {
    (3..ITEMS.len(), some_items()).prop_map(|(parent, mut children)| {
        children.retain(|c| *c < parent);
        if children.is_empty() {
            children.push(0);
        }
        Said::Pack(parent, children)
    })
}

fn unpack() -> impl Strategy<Value = Said> {
    (3..ITEMS.len(), some_items(), any::<bool>()).prop_map(|(parent, mut children, all)| {
        children.retain(|c| *c != parent && !all);
        Said::Unpack(parent, children)
    })
}

fn receive() -> impl Strategy<Value = Said> {
    (some_items(), some_items()).prop_map(|(items, short)| {
        let short = short.into_iter().filter(|s| !items.contains(s)).collect();
        Said::Receive(items, short)
    })
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        1 => (0..ITEMS.len()).prop_map(Said::Commission),
        5 => pack(),
        2 => unpack(),
        4 => ship(),
        3 => receive(),
        1 => use_up(),
    ]
}

/// A Correct is of the same kind.
fn like(said: &Said) -> BoxedStrategy<Said> {
    match said {
        Said::Commission(_) => (0..ITEMS.len()).prop_map(Said::Commission).boxed(),
        Said::Pack(..) => pack().boxed(),
        Said::Unpack(..) => unpack().boxed(),
        Said::Ship(..) => ship().boxed(),
        Said::Receive(..) => receive().boxed(),
        Said::Use(..) => use_up().boxed(),
    }
}

fn ship() -> impl Strategy<Value = Said> {
    (some_items(), 0..PARTIES).prop_map(|(items, to)| Said::Ship(items, to))
}

fn use_up() -> impl Strategy<Value = Said> {
    (0..ITEMS.len(), proptest::bool::weighted(0.3)).prop_map(|(i, done)| Said::Use(i, done))
}

pub(super) fn line() -> impl Strategy<Value = Line> {
    (0..PARTIES, 0..40u8, said()).prop_flat_map(|(who, minute, first)| {
        let other = like(&first);
        let fate = prop_oneof![
            6 => Just(Fate::Stays),
            1 => Just(Fate::Voided),
            1 => (other, proptest::option::of(0..40u8)).prop_map(|(s, m)| Fate::Corrected(s, m)),
        ];
        fate.prop_map(move |fate| Line { who, minute, said: first.clone(), fate })
    })
}
