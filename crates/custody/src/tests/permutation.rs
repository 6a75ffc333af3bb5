//! Order of arrival: any order that admission allows gives the same item states and the same pairs, as long as what
//! comes under waybills keeps its order: there it counts who came first.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proto::v1::{replacement, statement::Body};
use statement::Kind;

use super::{
    ledger::TestLedger,
    story::{Line, Recorded, write},
};
use crate::{Admission, View as _, admit, apply::cuts::cut_every_so_often, control::target_of};

/// Everything that can happen to goods, told once.
const RICH: &str = "
        maker     commission A,B,C,D,E,F,G        site=W1
        maker     pack C1 A,B
        maker     pack C2 C,D
        maker     pack P C1,C2
    s:  maker     ship P,E to importer way=W1     key=S1
    r:  importer  receive of=s bill=maker/S1      site=W2
        importer  unpack P
    t:  importer  ship C1,E to trader             key=T1
    u:  trader    receive bill=importer/T1
        trader    unpack C1
    v:  trader    ship A,B,E to clinic way=W2
    w:  clinic    receive way=W2 A,E short=B
        clinic    use A
    x:  clinic    ship E to trader                key=R1
        trader    receive bill=clinic/R1 damaged=E
        clinic    finish A
    y:  maker     ship F to clinic                key=F1
    y1: maker     correct y ship F,G to clinic2 way=W3
        clinic2   receive bill=maker/F1
    z:  importer  ship C2 to clinic               key=Z1
        importer  void z
    q:  importer  ship C2 to clinic               key=Q1
    q1: importer  correct q ship C,D to clinic
    qr: clinic    receive bill=importer/Q1 C refused=D
    q2: clinic    correct qr receive bill=importer/Q1
    m:  maker     commission H,I
    m1: maker     correct m commission H,J
    m2: maker     correct m1 commission H at=2
        maker     commission K,L,M,N
    al: maker     alias A,A2
        maker     alias E,E2
    am: maker     alias G,K
    an: maker     correct am alias G,M
        maker     commission A2 @3
        maker     adjust lost=N damaged=K
        maker     adjust found=N
    tr: maker     transform L into O,L2
    tc: maker     correct tr transform L into O @2
        maker     ship N,O to trader lots=1,2     key=N1
        trader    receive bill=maker/N1 N,O lots=1
        lab       sample O from trader
        maker     service N fitted=K
        maker     ship R1,R2,R3 to clinic         key=B1 @30
    b:  maker     commission R1,R2 @10
    b1: maker     lines b drop=items.0 commission R3
    b2: maker     lines b1 drop=items.1 commission R1
    bs: maker     ship S1,S2,S3 to clinic         key=B2 @31
    bl: maker     lines bs drop=items.2 ship S4 to clinic lots=1
        clinic    receive bill=maker/B2 S1 short=S2 @40
    ba: maker     alias T1,T2
    bb: maker     lines ba drop=codes.1 alias T3,T4
    bc: trader    adjust found=T1 lost=T2 @9
    bd: trader    lines bc drop=lines.1 adjust damaged=T3
        maker     ship H to clinic                key=H1
        clinic    receive bill=maker/H1
        clinic    use H with I
        clinic    receive of=v bill=trader/none way=W2 @12
        maker     commission U1,U2,U3,U4
        maker     pack V U1,U2                    @50
    pk: maker     pack V U3                       @51
        maker     pack W V,U4                     @52
    vs: maker     ship W to clinic2               key=V1 @53
        clinic2   receive bill=maker/V1 U1,X2 short=U4 @54
        maker     alias U2,X2
    pv: maker     correct pk pack V2 U3           @51
        maker     ship V2 to clinic lots=1,2      key=V2 @55
        clinic    receive bill=maker/V2 U3 shortlot=1 @56
        clinic    receive bill=maker/V2           @57
        maker     commission W1,W2,W3             @60
        maker     ship W1,W2,W3 to trader         @61
    z1: drug      seize W1,W2 from trader bags=B1,B2 lots=1 @62
        drug      keep B1,B2 seals=1,2            @63
        trader    ship W1 to clinic               @64
    z2: drug      handover W1 to lab bags=B1 seals=1,2 @65
        lab       keep B1 seals=3 cond=resealed   @66
    z3: lab       handover W1 to drug bags=B1 seals=3 @67
    z4: drug      correct z1 seize W1,W2,W3 from trader bags=B1,B2 lots=1 @62
    z5: drug      giveback W1 to trader bags=B1   @68
    z6: drug      void z5                         @68
        drug      burn W2,W3 bags=B2              @69
        firm      keep B2                         @70
    z7: drug      correct z2 handover W1 to firm bags=B1 seals=1,2 @65
";

/// A statement, and with it the Endorses that somebody might have to add.
fn with_endorsements(ledger: &TestLedger, lines: Vec<Line>) -> Vec<Line> {
    let mut all = Vec::new();
    for line in lines {
        let changes = matches!(line.signed.statement.kind(), Kind::Correct | Kind::Void | Kind::HandOver);
        let target = changes.then(|| line.signed.statement.clone());
        let label = line.label.clone();
        all.push(line);
        let Some(target) = target else { continue };
        for (i, party) in
            ["maker", "importer", "trader", "clinic", "clinic2", "drug", "lab", "firm"].iter().enumerate()
        {
            let mut say = super::ledger::Say::new(party, 0, super::ledger::endorse_of(&target));
            say.id = target.reference().id;
            say.id[10] = i as u8 + 1;
            let signed = ledger.signed(&say);
            all.push(Line { label: format!("{label}+{party}"), signed, expect: Vec::new() });
        }
    }
    all
}

/// Records everything in this order of preference: what is refused waits until something else has been
/// recorded. At the end, only Endorses that nobody needs are left.
fn arrive(mut ledger: TestLedger, lines: &[Line], order: &[usize]) -> (TestLedger, Recorded) {
    let mut recorded = Recorded::default();
    let mut waiting: Vec<usize> = order.to_vec();
    loop {
        let before = waiting.len();
        waiting.retain(|&i| {
            let line = &lines[i];
            let admitted = admit(&ledger.view, &line.signed, true, ledger.now, &ledger.limits);
            if admitted == Ok(Admission::New) {
                recorded.note(ledger.view.size(), line);
                ledger.apply(&line.signed);
                return false;
            }
            true
        });
        if waiting.len() == before {
            break;
        }
    }
    let left: Vec<String> = waiting
        .iter()
        .filter(|i| !matches!(lines[**i].signed.statement.body(), Body::Endorse(_)))
        .map(|i| format!("{} {}", lines[*i].label, ledger.verdict(&lines[*i].signed)))
        .collect();
    assert!(left.is_empty(), "never admitted: {left:?}");
    (ledger, recorded)
}

fn states(ledger: &TestLedger, lines: &[Line], order: &[usize]) -> Vec<String> {
    // Short stories cross cuts, too.
    cut_every_so_often(2);
    let (ledger, recorded) = arrive(ledger.clone(), lines, &waybills_in_order(lines, order));
    super::tables::check_tables(&ledger);
    recorded.canonical(&ledger)
}

/// An order in which what has to do with waybills is as it was told, on the places that it has.
fn waybills_in_order(lines: &[Line], order: &[usize]) -> Vec<usize> {
    let name = |line: &Line| line.signed.statement.reference().id;
    let target = |line: &Line| target_of(&line.signed.statement).map(|t| statement::id_bytes(&t.id));
    let mut concerned = BTreeSet::new();
    loop {
        let known = concerned.len();
        for line in lines {
            let related =
                concerned.contains(&name(line)) || target(line).is_some_and(|t| concerned.contains(&t));
            if related || names_waybill(line.signed.statement.body()) {
                concerned.insert(name(line));
                concerned.extend(target(line));
            }
        }
        if concerned.len() == known {
            break;
        }
    }
    let is_concerned = |i: &usize| concerned.contains(&name(&lines[*i]));
    let mut told: Vec<usize> = order.iter().copied().filter(is_concerned).collect();
    told.sort_unstable();
    let mut told = told.into_iter();
    order.iter().map(|i| if is_concerned(i) { told.next().unwrap() } else { *i }).collect()
}

fn names_waybill(body: &Body) -> bool {
    match body {
        Body::Ship(b) => !b.waybill.is_empty(),
        Body::Receive(b) => !b.waybill.is_empty(),
        Body::Correct(b) => match b.replacement.as_ref().and_then(|r| r.body.as_ref()) {
            Some(replacement::Body::Ship(b)) => !b.waybill.is_empty(),
            Some(replacement::Body::Receive(b)) => !b.waybill.is_empty(),
            _ => false,
        },
        _ => false,
    }
}

fn in_order(lines: &[Line]) -> Vec<usize> {
    (0..lines.len()).collect()
}

#[test]
fn the_rich_story_has_the_states_it_tells() {
    let ledger = TestLedger::new();
    let lines = with_endorsements(&ledger, write(&ledger, RICH));
    let (ledger, recorded) = arrive(ledger, &lines, &in_order(&lines));
    let states = [
        "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "C1", "C2", "P", "A2", "K", "L", "L2", "M", "N",
        "O", "R1", "R2", "R3", "S1", "S2", "S3", "S4", "T1", "T2", "T3", "T4",
    ]
    .map(|name| recorded.describe(&ledger, name));
    assert_eq!(
        states,
        [
            "A used clinic",
            "B held clinic",
            "C held clinic",
            "D held clinic",
            "E held trader damaged",
            "F held clinic2",
            "G held clinic2",
            "H opened clinic",
            "I held clinic",
            "J unknown",
            "C1 held trader",
            "C2 held maker ex P",
            "P held importer",
            "A2 used clinic",
            "K held maker damaged",
            "L transformed maker",
            "L2 unknown",
            "M held clinic2",
            "N held trader",
            "O held lab",
            "R1 transit maker>clinic",
            "R2 transit maker>clinic",
            "R3 transit maker>clinic",
            "S1 held clinic",
            "S2 missing maker>clinic",
            "S3 unknown",
            "S4 transit maker>clinic",
            "T1 held trader damaged",
            "T2 unknown",
            "T3 held trader damaged",
            "T4 held trader damaged",
        ]
    );
}

/// A ledger on which the rich story has been told up to its last statements, and these.
pub fn told_rich() -> (TestLedger, Vec<crate::Signed>) {
    cut_every_so_often(2);
    let ledger = fixture();
    let mut lines = with_endorsements(&ledger, write(&ledger, RICH));
    let mut next: Vec<_> = lines.drain(lines.len() - 2..).map(|l| l.signed).collect();
    let (ledger, _) = arrive(ledger, &lines, &in_order(&lines));
    let more = [
        "r9: clinic receive bill=maker/S1",
        "maker commission A,B,K",
        "maker ship P,C1,A to clinic key=S1 way=W2",
        "clinic receive way=W2",
        "trader unpack C1 A",
    ];
    for (i, said) in more.iter().enumerate() {
        let mut line = write(&ledger, said).remove(0);
        let mut say = super::ledger::Say::new("maker", 0, line.signed.statement.body().clone());
        say.by = line.signed.statement.header().party.replace("org:", "");
        say.key.clone_from(&say.by);
        say.id = super::ledger::uuid(super::ledger::LATER, 9_000 + i as u32);
        say.bill.clone_from(&line.signed.statement.header().business_key);
        line.signed = ledger.signed(&say);
        next.push(line.signed);
    }
    (ledger, next)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_rich_story_ends_the_same_in_any_order(keys in sort_keys()) {
        let ledger = fixture();
        let lines = with_endorsements(&ledger, write(&ledger, RICH));
        let mut order = in_order(&lines);
        let told = states(&ledger, &lines, &order);
        order.sort_by_key(|i| keys[i % keys.len()]);
        prop_assert_eq!(states(&ledger, &lines, &order), told, "{:?}", labels(&lines, &order));
    }
}

/// By these a story is shuffled.
fn sort_keys() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(any::<u32>(), 199)
}

fn labels<'l>(lines: &'l [Line], order: &[usize]) -> Vec<&'l str> {
    order.iter().map(|i| lines[*i].label.as_str()).collect()
}

/// One statement of a random story, before it has words.
#[derive(Clone, Debug)]
struct Act {
    verb: u8,
    who: u8,
    whom: u8,
    items: u8,
    minute: u8,
    document: u8,
    of: u8,
    changes: u8,
}

fn act() -> impl Strategy<Value = Act> {
    (0..22u8, 0..3u8, 0..3u8, 1..16u8, 1..6u8, 0..3u8, any::<u8>(), 0..12u8).prop_map(
        |(verb, who, whom, items, minute, document, of, changes)| Act {
            verb,
            who,
            whom,
            items,
            minute,
            document,
            of,
            changes,
        },
    )
}

const PARTIES: [&str; 3] = ["maker", "trader", "clinic"];

/// What is said in words; `n` tells business keys apart. Ships before this one can be received.
fn words(act: &Act, n: usize, ships: &[String]) -> String {
    let who = PARTIES[usize::from(act.who)];
    let whom = PARTIES[usize::from(act.whom)];
    let names = ["A", "B", "P", "Q"];
    let chosen: Vec<&str> = (0..4).filter(|i| act.items >> i & 1 == 1).map(|i| names[i as usize]).collect();
    let all = chosen.join(",");
    let units: Vec<&str> = chosen.iter().copied().filter(|n| !matches!(*n, "P" | "Q")).collect();
    let units = if units.is_empty() { "A".to_string() } else { units.join(",") };
    let way = ["", "way=W1", "way=W2"][usize::from(act.document)];
    let known = ships.get(usize::from(act.of) % ships.len().max(1));
    let lots = if act.document == 1 { "lots=1,2" } else { "" };
    let outcome = ["found", "lost", "damaged", "stolen", "destroyed", "opening"][usize::from(act.of % 6)];
    let bags = ["X", "Y", "X,Y"][usize::from(act.of % 3)];
    let (keeper, other) = if act.who == 0 { ("lab", "drug") } else { ("drug", "lab") };
    let condition = ["intact", "opened", "wrong-seal"][usize::from(act.whom)];
    match (act.verb, known) {
        (0, _) => format!("maker commission {units}"),
        (1, _) => format!("{who} pack P {units}"),
        (2, _) => format!("{who} pack Q P,{units}"),
        (3, _) => format!("{who} unpack {}", if act.whom == 0 { "P" } else { "Q" }),
        (4, _) => format!("{who} ship {all} to {whom} {way} {lots} key={n}"),
        (5, _) if !way.is_empty() => {
            let list = if act.of.is_multiple_of(2) { String::new() } else { format!("short={}", chosen[0]) };
            format!("{who} receive {way} {list}")
        }
        (6, Some(ship)) => {
            let list = match act.of % 3 {
                0 => all,
                1 => format!("{all} {lots}"),
                _ => String::new(),
            };
            format!("{who} receive of={ship} bill=maker/{n} {list}")
        }
        // What was in a case instead of the case, or some of it.
        (7, Some(ship)) => format!("{who} receive of={ship} bill=maker/{n} {units},K short=L"),
        (13, _) => format!("{who} unpack P {units}"),
        (8, _) => format!("maker alias {}", ["A,B", "A,K", "P,Q", "B,K", "P,R"][usize::from(act.items % 5)]),
        (9, _) => format!(
            "{who} transform {} into {}",
            ["A", "B"][usize::from(act.whom % 2)],
            ["K", "L"][usize::from(act.of % 2)]
        ),
        (10, _) => format!("{who} adjust {outcome}={all}"),
        (11, _) => format!("lab sample {units} from {whom}"),
        (12, _) => format!("maker service {} fitted=K", chosen[0]),
        (15 | 16, _) => format!("drug seize {all} from {whom} bags={bags} {lots}"),
        (17, _) => format!("{keeper} keep {bags} seals={} cond={condition}", act.document),
        (18 | 19, _) => format!("{keeper} handover {units} to {other} bags={bags} seals={}", act.document),
        (20, _) => format!("drug giveback {units} to {whom} bags={bags}"),
        (21, _) => format!("drug burn {units} from={whom} bags={bags}"),
        _ => format!("clinic use {units}"),
    }
}

/// Words of a random story: statements, some corrected once or twice, some taken back.
fn story(acts: &[Act]) -> String {
    let mut ships: Vec<String> = Vec::new();
    let mut text = String::new();
    for (n, act) in acts.iter().enumerate() {
        let said = words(act, n, &ships);
        let (who, rest) = said.split_once(' ').unwrap();
        text += &format!("s{n}: {who} {rest} @{}\n", act.minute);
        let kind = rest.split(' ').next().unwrap();
        let again = Act { items: act.items.rotate_left(1) % 15 + 1, whom: (act.whom + 1) % 3, ..act.clone() };
        let again = Act { document: (act.document + act.changes) % 3, ..again };
        let again = words(&again, n, &ships);
        let again = again.split_once(' ').unwrap().1;
        let same_kind = again.split(' ').next() == Some(kind);
        let mut newest = format!("s{n}");
        if (1..=3).contains(&act.changes) && same_kind {
            let at = if act.of.is_multiple_of(2) { format!("at={}", 1 + act.of % 5) } else { String::new() };
            let again: Vec<&str> = again.split(' ').filter(|w| !w.starts_with("key=")).collect();
            text += &format!("c{n}: {who} correct {newest} {} {at} @6\n", again.join(" "));
            newest = format!("c{n}");
        }
        if act.changes == 2 && same_kind {
            let first: Vec<&str> = rest.split(' ').filter(|w| !w.starts_with("key=")).collect();
            text += &format!("d{n}: {who} correct {newest} {} @7\n", first.join(" "));
            newest = format!("d{n}");
        }
        // A Void takes back what it names as it stands: of a Correct that waits for the other side that
        // is the Correct, else all. So what a Void of a Correct means depends on who came first.
        let two_sided = matches!(kind, "ship" | "receive" | "handover");
        if act.changes == 4 || (act.changes == 3 && (newest == format!("s{n}") || !two_sided)) {
            text += &format!("v{n}: {who} void {newest} @8\n");
        }
        if kind == "ship" {
            ships.push(format!("s{n}"));
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn random_stories_end_the_same_in_any_order(
        acts in proptest::collection::vec(act(), 2..9),
        keys in sort_keys(),
    ) {
        let ledger = fixture();
        let text = story(&acts);
        let lines = with_endorsements(&ledger, write(&ledger, &text));
        let mut order = in_order(&lines);
        let told = states(&ledger, &lines, &order);
        order.sort_by_key(|i| keys[i % keys.len()]);
        let found = states(&ledger, &lines, &order);
        prop_assert_eq!(found, told, "\n{}\n{:?}", text, labels(&lines, &order));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Over many cuts, some of them taken away again and again.
    #[test]
    fn long_random_stories_end_the_same_in_any_order(
        acts in proptest::collection::vec(act(), 30..80),
        keys in sort_keys(),
        disorder in 1..400usize,
    ) {
        let ledger = fixture();
        let text = story(&acts);
        let lines = with_endorsements(&ledger, write(&ledger, &text));
        let mut order = in_order(&lines);
        let told = states(&ledger, &lines, &order);
        order.sort_by_key(|i| i + keys[i % keys.len()] as usize % disorder);
        let found = states(&ledger, &lines, &order);
        prop_assert_eq!(found, told, "\n{}\n{:?}", text, labels(&lines, &order));
    }
}

/// The parties of random stories; a maker and a clinic may do all that holders may.
fn fixture() -> TestLedger {
    thread_local!(static LEDGER: TestLedger = TestLedger::new());
    LEDGER.with(Clone::clone)
}
