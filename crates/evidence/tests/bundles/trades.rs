//! Trades at random, sealed at random: whatever was said, every question is answered by a bundle that is proven,
//! and that is refused without any one of its links.

use evidence::bundle::{self, Extent, Part, QueryKind, verify};
use proptest::prelude::*;
use proto::v1::{self, statement::Body};

use crate::{
    log::{Log, Say, signed},
    story::{CASE, LOT, registers, ship, vial},
};

const TRADERS: [&str; 3] = ["importer", "distributor", "clinic"];

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    Ship {
        from: usize,
        to: usize,
        vials: Vec<u32>,
        bill: bool,
    },
    /// Of the shipment so many back.
    Receive {
        who: usize,
        back: usize,
    },
    Pack {
        who: usize,
        vials: Vec<u32>,
    },
    Void {
        back: usize,
    },
    Seal,
}

fn event() -> impl Strategy<Value = Event> {
    let vials =
        || prop::collection::btree_set(1..6u32, 1..4).prop_map(|set| set.into_iter().collect::<Vec<_>>());
    prop_oneof![
        4 => (0..3usize, 0..3usize, vials(), any::<bool>())
            .prop_map(|(from, to, vials, bill)| Event::Ship { from, to, vials, bill }),
        3 => (0..3usize, 0..4usize).prop_map(|(who, back)| Event::Receive { who, back }),
        1 => (0..3usize, vials()).prop_map(|(who, vials)| Event::Pack { who, vials }),
        1 => (0..4usize).prop_map(|back| Event::Void { back }),
        1 => Just(Event::Seal),
    ]
}

fn items(vials: &[u32]) -> Vec<String> {
    vials.iter().map(|n| vial(*n)).collect()
}

fn play(events: &[Event]) -> Log {
    let mut log = registers(9);
    // Entry and sender of each shipment; voided ones leave.
    let mut ships: Vec<(u64, usize)> = Vec::new();
    for (number, event) in events.iter().enumerate() {
        match event {
            Event::Ship { from, to, vials, bill } => {
                let body = Body::Ship(ship(items(vials), TRADERS[*to], "waybill:org:carrier/W-1"));
                let bill = if *bill { format!("B-{number}") } else { String::new() };
                ships.push((log.say(&Say { bill, ..Say::new(TRADERS[*from], body) }), *from));
            }
            Event::Receive { who, back } => {
                let Some((shipment, _)) = ships.iter().rev().nth(*back) else { continue };
                let shipment = Some(log.reference(*shipment));
                let receive = v1::Receive { shipment, ..v1::Receive::default() };
                let signed = log.signed(&Say::new(TRADERS[*who], Body::Receive(receive)));
                log.force(&signed);
            }
            Event::Pack { who, vials } => {
                let pack = v1::Pack { parent: CASE.into(), children: items(vials) };
                log.say(&Say::new(TRADERS[*who], Body::Pack(pack)));
            }
            Event::Void { back } => {
                let Some(at) = ships.len().checked_sub(back + 1) else { continue };
                let (target, by) = ships.remove(at);
                let void = v1::Void { target: Some(log.reference(target)), reason: "mistake".into() };
                let signed = log.signed(&Say::new(TRADERS[by], Body::Void(void)));
                log.force(&signed);
            }
            Event::Seal => drop(log.seal_up(None)),
        }
    }
    log.seal_up(None);
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_history_is_proven_and_none_without_one_of_its_links(
        events in prop::collection::vec(event(), 1..24),
        pick in any::<prop::sample::Index>(),
    ) {
        let log = play(&events);
        let trust = log.trust();
        for number in 1..6 {
            let named = log.links.iter().flatten().any(|l| {
                l.subject == statement::subject_key(statement::SubjectKind::Item, &vial(number))
            });
            let kind = if named { QueryKind::Item } else { QueryKind::Absent };
            let bundle = log.collect(kind, &vial(number));
            let proven = verify(&signed(&bundle), &trust);
            prop_assert!(proven.is_ok(), "{}: {:?}", vial(number), proven);
            let places: Vec<(usize, usize)> = bundle.subjects.iter().enumerate()
                .flat_map(|(s, subject)| (0..subject.links.len()).map(move |l| (s, l)))
                .collect();
            let (s, l) = *pick.get(&places);
            let mut cut = bundle.clone();
            cut.subjects[s].links.remove(l);
            prop_assert_eq!(verify(&signed(&cut), &trust).map_err(|e| e.part).err(), Some(Part::Subject));
        }
    }
}

#[test]
fn a_closure_that_is_too_large_falls_back_to_the_named_one_and_says_so() {
    let mut log = registers(9);
    // A lot of which every vial has a bill of its own: one document more than there is room for.
    for number in 0..bundle::MAX_SUBJECTS as u32 {
        let commission = v1::Commission {
            items: vec![vial(number)],
            lot: LOT.into(),
            registration: "国药准字SJ20171003".into(),
            made_on: "2025-06-01".into(),
            expires_on: "2027-05-31".into(),
            units_per_code: 1,
            ..v1::Commission::default()
        };
        let say = Say { bill: format!("M-{number}"), ..Say::new("maker", Body::Commission(commission)) };
        let signed = log.signed(&say);
        log.force(&signed);
    }
    log.seal_up(None);
    let bundle = log.collect(QueryKind::Lot, LOT);
    let verdict = verify(&signed(&bundle), &log.trust()).unwrap();
    assert_eq!((verdict.extent, verdict.answer().len()), (Extent::Named, bundle::MAX_SUBJECTS));
    assert!(verdict.lines().iter().any(|line| line.chinese().starts_with("并非完整闭包")));
    // A single vial of it is told with its lot, whose bills are too many as well.
    let one = verify(&signed(&log.collect(QueryKind::Item, &vial(5))), &log.trust()).unwrap();
    assert_eq!((one.extent, one.answer().len()), (Extent::Named, 1));
}
