//! Order of arrival: any order gives the same hits, and judging only what each entry affects gives the same as
//! judging everything at the end.

use std::collections::BTreeMap;

use custody::View as _;
use proptest::prelude::*;

use super::story::{DAY, Line, NOON, Script, Told};
use crate::{Again, Examiner, Hit, Subject, affected};

/// Registers and policies come first; what they say of earlier goods is judged when these are next named.
const REGISTERS: &str = "
        drug cover coding @-800d
        drug cover registrations since=2010-01-01 @-800d
        drug cover licences @-800d
        drug cover cold-chain @-800d
        drug cover usage @-800d
        drug cover designations @-800d
        drug cover clearance @-800d
        drug cover test-release @-800d
        customs cover customs @-800d
        maker designate . trader @-800d
        maker site maker W @-900d
        trader site trader W place=39.9042,116.4074 @-900d
        clinic site clinic W @-900d
        drug licence maker W drug-making @-900d
        drug list unapproved-brands product:f @-9d
";

/// What can go wrong, told once.
const STORY: &str = "
    m:  maker commission A,B,C,D units=3 expires=2026-03-20
        maker commission A @9h
        maker pack P1 A,B
        maker pack P2 P1,C
    s:  maker ship P2 to trader @1h
    r:  trader receive of=s @2h temp=9000
        trader unpack P2 @3h
    t:  trader ship P1 to clinic way=W @4h
        clinic receive P1 way=W @5h
        clinic use A vial=1 @6h used=90U
        clinic use A vial=2 used=150U wasted=90U @7h
    f:  clinic finish A vial=3 @8h
        clinic ship A to clinic2 @3d
        clinic2 use C @9h
        trader use C @4d
        trader ship C to clinic2 @5d
        maker alias D,D2
        clinic use D2 @30d
    u:  trader2 ship E to clinic
    uc: trader2 correct u ship E,G to clinic
        drug recall lots=L1 @10h
    h:  drug hold P1 @2h
        drug lift h @12h
        drug inspect clinic2 B empty=C lots=L5:3box @2d
        police observe A named=clinic3 channel=counter place=31.2304,121.4737 @4h
        trader observe A channel=counter place=39.9042,116.4074 @4h
        maker commissionlot 10 box lot=L5
    x:  maker ship - to trader lots=L5:12box
        trader receive of=x lots=L5:13box
    xv: trader2 ship - to clinic lots=L5:1box
        trader2 void xv
        agent commission i.A,i.B
        importer declare 1 i.L1:9box+i.A @1h
        importer declare 2 i.L1:9box+i.A @2h
        customs decide 1 released i.L1:8box+i.A @3h
        drug refuse lots=i.L1:5box @4h
        lab report lots=i.L1 verdict=fail @4h
        importer ship i.A to clinic @5h
        clinic use f.A
        carrier condition A started=1h ended=2h max=12000
        drug licence trader W drug-wholesale suspended=2026-03-01
        drug list blacklist clinic2 from=2026-03-02 @-1d
        clinic use c.A counter=9 @1h
        clinic use c.A counter=5 @2h
        carrier parcel W1 A sender=7
        carrier parcel W2 B sender=7
        carrier parcel W3 B sender=7
        carrier parcel W4 A sender=7
        carrier parcel W5 C sender=7
        post listing seller=trader product=-,f
        maker mandate firm
        firm ship D to clinic @9d
";

fn script() -> (Vec<Line>, usize) {
    let first = Script::of(REGISTERS).lines.len();
    let mut lines = Script::of(&format!("{REGISTERS}{STORY}")).lines;
    for line in &mut lines[first..] {
        line.recorded_at = NOON + 60 * DAY;
    }
    (lines, first)
}

/// The lines in an order as near to this as their references allow.
fn admissible<'l>(lines: &'l [Line], order: &[usize]) -> Vec<&'l Line> {
    let mut waiting: Vec<&Line> = order.iter().map(|i| &lines[*i]).collect();
    let mut done: Vec<&Line> = Vec::new();
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|line| {
            let ready = line.after.iter().all(|label| done.iter().any(|d| d.label == *label));
            if ready {
                done.push(line);
            }
            !ready
        });
        assert!(waiting.len() < before, "nothing can be recorded any more");
    }
    done
}

/// Judges what each entry affects, as a follower does.
#[derive(Default)]
struct Follower {
    kept: BTreeMap<Subject, Vec<Hit>>,
}

impl Follower {
    fn follow(&mut self, told: &Told, index: u64) {
        let affected = affected(&told.view, index).unwrap();
        assert!(affected.whole);
        let mut subjects = affected.subjects;
        for again in &affected.again {
            let about = |hit: &Hit| match again {
                Again::Party(party, rules) => {
                    hit.party == *party && (rules.is_empty() || rules.contains(&hit.rule))
                }
                Again::Product(product) => {
                    hit.goods == *product
                        || hit.goods.strip_prefix("lot:").is_some_and(|lot| lot.starts_with(product.as_str()))
                }
                Again::Everything => true,
            };
            let named = self.kept.iter().filter(|(_, hits)| hits.iter().any(about));
            subjects.extend(named.map(|(subject, _)| subject.clone()));
        }
        let mut examiner = Examiner::new(&told.view);
        for subject in subjects {
            let hits = examiner.examine(&subject).unwrap().hits;
            if hits.is_empty() {
                self.kept.remove(&subject);
            } else {
                self.kept.insert(subject, hits);
            }
        }
    }
}

/// Hits at the end, after following every entry of the story.
fn check(lines: &[Line], first: usize, order: &[usize]) -> Vec<String> {
    let ordered = admissible(&lines[first..], order);
    let registers: Vec<&Line> = lines[..first].iter().collect();
    let mut told = Told::in_order(&registers);
    let mut follower = Follower::default();
    for line in ordered {
        let index = told.view.size();
        told.record(line, line.recorded_at);
        follower.follow(&told, index);
    }
    let all = told.everything();
    for (subject, hits) in &all {
        assert_eq!(follower.kept.get(subject), Some(hits), "the follower has kept up with {subject:?}");
    }
    for subject in follower.kept.keys() {
        assert!(all.contains_key(subject), "the follower has dropped {subject:?}");
    }
    told.told()
}

#[test]
fn the_story_has_hits_of_most_rules() {
    let (lines, first) = script();
    let told = check(&lines, first, &(0..lines.len() - first).collect::<Vec<_>>());
    let rules: std::collections::BTreeSet<&str> =
        told.iter().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(rules.len() >= 20, "{} rules: {rules:?}", rules.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_arrival_gives_the_same_hits(order in Just((0..script().0.len() - script().1).collect::<Vec<_>>()).prop_shuffle()) {
        let (lines, first) = script();
        let told = check(&lines, first, &order);
        let in_order = check(&lines, first, &(0..lines.len() - first).collect::<Vec<_>>());
        prop_assert_eq!(told, in_order);
    }
}
