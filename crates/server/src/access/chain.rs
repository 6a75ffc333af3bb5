//! Whose goods they were: the hops of an item that follow from one another.
//!
//! Anybody may sign a statement about any code, and it is recorded and flagged. So a signature alone
//! opens nothing: who reads about an item must stand in its chain of custody.

use std::collections::BTreeSet;

use trace::{Certainty, Hop, HopKind};

/// Of hops in order of time those that continue the chain: from the first origin on, or, where nobody
/// has told of one, from the first hop; then each that a holder of the chain is the giving side of.
pub(crate) fn chain(hops: &[Hop]) -> Vec<&Hop> {
    let begin = hops.iter().position(|h| h.kind == HopKind::Origin).unwrap_or(0);
    let mut holders: BTreeSet<&str> = BTreeSet::new();
    let mut chain = Vec::new();
    for hop in hops.get(begin..).unwrap_or_default() {
        let giver = match hop.kind {
            HopKind::Transfer if hop.certainty != Certainty::Gap => Some(hop.from.as_str()),
            HopKind::Use | HopKind::Packing | HopKind::Unpacking => Some(hop.to.as_str()),
            HopKind::Transfer | HopKind::Origin => None,
        };
        if chain.is_empty() || giver.is_some_and(|g| holders.contains(g)) {
            holders.insert(&hop.to);
            chain.push(hop);
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "maker" = origin, "a>b" = confirmed transfer, "a-b" = one-sided, "a?b" = gap, "a!b" = conflict,
    /// "*a" = use.
    fn hop(text: &str) -> Hop {
        let sides = |c: char| text.split_once(c);
        let (kind, certainty, from, to) = if let Some((a, b)) = sides('>') {
            (HopKind::Transfer, Certainty::Confirmed, a, b)
        } else if let Some((a, b)) = sides('-') {
            (HopKind::Transfer, Certainty::OneSided, a, b)
        } else if let Some((a, b)) = sides('?') {
            (HopKind::Transfer, Certainty::Gap, a, b)
        } else if let Some((a, b)) = sides('!') {
            (HopKind::Transfer, Certainty::Conflict, a, b)
        } else if let Some((_, a)) = sides('*') {
            (HopKind::Use, Certainty::Confirmed, "", a)
        } else {
            (HopKind::Origin, Certainty::Confirmed, "", text)
        };
        Hop {
            kind,
            certainty,
            item: "sgtin:09521234543213.1".into(),
            via: None,
            from: from.into(),
            to: to.into(),
            departed_at: 0,
            arrived_at: 0,
            entries: vec![],
        }
    }

    #[test]
    fn only_what_holders_passed_on_continues_the_chain() {
        let table = [
            ("", ""),
            ("maker maker>dealer dealer-clinic *clinic", "maker maker>dealer dealer-clinic *clinic"),
            // A stranger says it shipped the goods, or used them up.
            ("maker maker?thief thief-friend", "maker"),
            (
                "maker maker>dealer dealer?thief *thief thief?dealer dealer>clinic",
                "maker maker>dealer dealer>clinic",
            ),
            // A stranger's receipt spoils a hop, but not its two sides.
            ("maker maker!dealer thief?dealer dealer>clinic", "maker maker!dealer dealer>clinic"),
            // Nobody told of an origin: the first to have it.
            ("?dealer dealer>clinic clinic?thief", "?dealer dealer>clinic"),
            // A backdated claim before the origin.
            ("?thief thief-friend maker maker>dealer", "maker maker>dealer"),
            // A second origin.
            ("maker maker>dealer forger forger>friend", "maker maker>dealer"),
        ];
        for (told, expect) in table {
            let hops: Vec<Hop> = told.split_whitespace().map(hop).collect();
            let kept: Vec<Hop> = chain(&hops).into_iter().cloned().collect();
            assert_eq!(kept, expect.split_whitespace().map(hop).collect::<Vec<_>>(), "{told}");
        }
    }
}
