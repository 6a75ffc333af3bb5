//! The fold's transition table: every condition × act × actor × container meets exactly one row.

use std::collections::BTreeSet;

use proto::v1::{
    AdjustOutcome,
    ReceiveOutcome::{self, Damaged, Over, Refused, Short, Unspecified},
};

use crate::item::{Act, Acts, Event, ItemState, Status};

const HOLDER: u64 = 1;
const ADDRESSEE: u64 = 2;
const OTHER: u64 = 3;
const NEXT: u64 = 4;
const BOX: u64 = 10;
const OTHER_BOX: u64 = 11;

/// condition | where | act | who acts → condition, holder, addressee, container | fits?
///
/// `*` stands for anything, `a,b` for either. `=` keeps what was; `actor` is who acts, `next` the
/// addressee of the Ship. `held` means opened where it has been opened before, seized
/// where it is seized, `free` the first alone; `own` is the condition that
/// the act is named after. Samples are taken from the holder; `of-other`: from somebody else.
const TABLE: &str = "
    used,destroyed,transformed * emptied,handled *        | = = = =               | fits
    used,destroyed,transformed * * *                      | = = = =               | conflict
    unknown     *     commission        *                 | held actor - =        | fits
    !unknown    *     commission        *                 | = = = =               | conflict
    *           in    into              *                 | held actor - other    | fits
    unknown     loose into              *                 | held actor - other    | fits
    held,opened,seized loose into              holder            | held actor - other    | fits
    held,opened loose into              !holder           | held actor - other    | conflict
    transit     loose into              addressee         | held actor - other    | fits
    transit     loose into              !addressee        | held actor - other    | conflict
    missing,refused loose into          holder,addressee  | held actor - other    | fits
    missing,refused loose into          other             | held actor - other    | conflict
    *           in    out               *                 | held actor - -        | fits
    !seized     loose out               *                 | held actor - -        | conflict
    !seized     *     out-of-other      *                 | held actor - -        | conflict
    unknown     *     handled,emptied,paired *            | held actor - =        | fits
    !unknown    in    handled,emptied,paired *            | = = = =               | fits
    held,opened,seized loose handled,emptied,paired holder       | = = = =               | fits
    held,opened loose handled,emptied,paired !holder      | = = = =               | conflict
    transit     loose handled,emptied,paired addressee    | = = = =               | fits
    transit     loose handled,emptied,paired !addressee   | = = = =               | conflict
    missing,refused loose handled,emptied,paired holder,addressee | = = = =       | fits
    missing,refused loose handled,emptied,paired other    | = = = =               | conflict
    *           in    ship              *                 | transit actor next -  | fits
    unknown     loose ship              *                 | transit actor next -  | fits
    held,opened,seized loose ship              holder            | transit actor next -  | fits
    held,opened loose ship              !holder           | transit actor next -  | conflict
    transit     loose ship              addressee         | transit actor next -  | fits
    transit     loose ship              !addressee        | transit actor next -  | conflict
    missing,refused loose ship          holder,addressee  | transit actor next -  | fits
    missing,refused loose ship          other             | transit actor next -  | conflict
    *           in    receive,over,damaged *              | held actor - =        | fits
    unknown     loose receive,over,damaged *              | held actor - =        | fits
    held,opened,seized loose receive,over,damaged holder         | held actor - =        | fits
    held,opened loose receive,over,damaged !holder        | held actor - =        | conflict
    transit     loose receive,over,damaged addressee      | held actor - =        | fits
    transit     loose receive,over,damaged !addressee     | held actor - =        | conflict
    missing,refused loose receive,over,damaged holder,addressee | held actor - =  | fits
    missing,refused loose receive,over,damaged other      | held actor - =        | conflict
    *           in    short             *                 | missing = actor -     | fits
    *           in    refused           *                 | refused = actor -     | fits
    unknown     loose short,refused     *                 | = = = =               | fits
    held,opened,seized loose short,refused     holder            | = = = =               | fits
    held,opened loose short,refused     !holder           | = = = =               | conflict
    transit     loose short             addressee         | missing = = =         | fits
    transit     loose refused           addressee         | refused = = =         | fits
    transit     loose short,refused     !addressee        | = = = =               | conflict
    missing,refused loose short,refused holder,addressee  | = = = =               | fits
    missing,refused loose short,refused other             | = = = =               | conflict
    *           in    use               *                 | opened actor - -      | fits
    *           in    finish            *                 | used actor - -        | fits
    unknown     loose use               *                 | opened actor - -      | fits
    unknown     loose finish            *                 | used actor - -        | fits
    held,opened,seized loose use               holder            | opened actor - -      | fits
    held,opened,seized loose finish            holder            | used actor - -        | fits
    held,opened loose use               !holder           | opened actor - -      | conflict
    held,opened loose finish            !holder           | used actor - -        | conflict
    transit     loose use               addressee         | opened actor - -      | fits
    transit     loose finish            addressee         | used actor - -        | fits
    transit     loose use               !addressee        | opened actor - -      | conflict
    transit     loose finish            !addressee        | used actor - -        | conflict
    missing,refused loose use           holder,addressee  | opened actor - -      | fits
    missing,refused loose finish        holder,addressee  | used actor - -        | fits
    missing,refused loose use           other             | opened actor - -      | conflict
    missing,refused loose finish        other             | used actor - -        | conflict
    lost,stolen loose into              *                 | held actor - other    | conflict
    lost,stolen loose handled,emptied,paired *            | = = = =               | conflict
    lost,stolen loose ship              *                 | transit actor next -  | conflict
    lost,stolen loose receive,over,damaged *              | held actor - =        | conflict
    lost,stolen loose short,refused     *                 | = = = =               | conflict
    lost,stolen loose use,finish,transform,sample-of-other    * | own actor - -  | conflict
    *           *     serviced          *                 | = = = =               | fits
    unknown     *     recoded           *                 | held actor - =        | fits
    !unknown    *     recoded           *                 | = = = =               | fits
    unknown,held,opened,seized,transit,missing,refused in lose,steal,destroy,find,opening,transform,sample-of-other * | own actor - - | fits
    lost,stolen in    transform,sample-of-other * | own actor - -               | fits
    unknown     loose lose,steal,destroy,find,opening,transform,sample-of-other *               | own actor - - | fits
    held,opened,seized loose lose,steal,destroy,find,opening,transform,sample-of-other holder          | own actor - - | fits
    held,opened loose lose,steal,destroy,find,opening,transform,sample-of-other !holder         | own actor - - | conflict
    transit     loose lose,steal,destroy,find,opening,transform,sample-of-other addressee       | own actor - - | fits
    transit     loose lose,steal,destroy,find,opening,transform,sample-of-other !addressee      | own actor - - | conflict
    missing,refused loose lose,steal,destroy,find,opening,transform,sample-of-other holder,addressee | own actor - - | fits
    missing,refused loose lose,steal,destroy,find,opening,transform,sample-of-other other       | own actor - - | conflict
    lost,stolen *     lose,steal,destroy,find,opening holder              | own actor - -         | fits
    lost,stolen *     lose,steal,destroy,find,opening !holder             | own actor - -         | conflict
    unknown     *     break             *                 | held actor - =        | fits
    held,opened,seized,transit,missing,refused in break *        | = = = =               | fits
    held,opened,seized loose break             holder            | = = = =               | fits
    held,opened loose break             !holder           | = = = =               | conflict
    transit     loose break             addressee         | = = = =               | fits
    transit     loose break             !addressee        | = = = =               | conflict
    missing,refused loose break         holder,addressee  | = = = =               | fits
    missing,refused loose break         other             | = = = =               | conflict
    lost,stolen *     break             holder            | = = = =               | fits
    lost,stolen *     break             !holder           | = = = =               | conflict
    *           in    sample            *                 | held actor - -        | fits
    unknown,held,opened,seized,missing,refused loose sample *    | held actor - -        | fits
    transit     loose sample            addressee         | held actor - -        | fits
    transit     loose sample            !addressee        | held actor - -        | conflict
    lost,stolen loose sample            *                 | held actor - -        | conflict
    seized      loose out               holder            | held actor - -        | conflict
    seized      loose out               !holder           | = = = =               | conflict
    seized      *     out-of-other      *                 | = = = =               | conflict
    seized      loose into,handled,emptied,paired,ship,receive,over,damaged,short,refused,use,finish,break !holder | = = = = | conflict
    seized      loose lose,steal,destroy,find,opening,transform,sample-of-other !holder | = = = = | conflict
    *           in    seize,seize-from-holder,seize-from-other * | seized actor - -  | fits
    unknown,lost,stolen loose seize,seize-from-holder,seize-from-other * | seized actor - - | fits
    held,opened,seized loose seize,seize-from-other holder  | seized actor - -    | fits
    held,opened,seized loose seize,seize-from-other !holder | seized actor - -    | conflict
    held,opened,seized,transit,missing,refused loose seize-from-holder * | seized actor - - | fits
    transit     loose seize             *                 | seized actor - -      | fits
    transit     loose seize-from-other  addressee         | seized actor - -      | fits
    transit     loose seize-from-other  !addressee        | seized actor - -      | conflict
    missing,refused loose seize,seize-from-other holder,addressee | seized actor - - | fits
    missing,refused loose seize,seize-from-other other    | seized actor - -      | conflict
    *           in    hand-over         *                 | held next - -         | fits
    unknown     loose hand-over         *                 | held next - -         | fits
    held,opened,seized loose hand-over  holder            | held next - -         | fits
    held,opened,seized loose hand-over  !holder           | held next - -         | conflict
    transit     loose hand-over         addressee         | held next - -         | fits
    transit     loose hand-over         !addressee        | held next - -         | conflict
    missing,refused loose hand-over     holder,addressee  | held next - -         | fits
    missing,refused loose hand-over     other             | held next - -         | conflict
    lost,stolen loose hand-over         *                 | held next - -         | conflict
    *           in    give-back         *                 | free next - -         | fits
    unknown     loose give-back         *                 | free next - -         | fits
    held,opened,seized loose give-back  holder            | free next - -         | fits
    held,opened loose give-back         !holder           | free next - -         | conflict
    transit     loose give-back         addressee         | free next - -         | fits
    transit     loose give-back         !addressee        | free next - -         | conflict
    missing,refused loose give-back     holder,addressee  | free next - -         | fits
    missing,refused loose give-back     other             | free next - -         | conflict
    lost,stolen loose give-back         *                 | free next - -         | conflict
    *           in    let-go            *                 | unknown - - -         | fits
    unknown     loose let-go            *                 | unknown - - -         | fits
    held,opened,seized loose let-go     holder            | unknown - - -         | fits
    held,opened loose let-go            !holder           | unknown - - -         | conflict
    transit     loose let-go            addressee         | unknown - - -         | fits
    transit     loose let-go            !addressee        | unknown - - -         | conflict
    missing,refused loose let-go        holder,addressee  | unknown - - -         | fits
    missing,refused loose let-go        other             | unknown - - -         | conflict
    lost,stolen loose let-go            *                 | unknown - - -         | conflict
    seized      loose give-back,let-go,burn !holder       | = = = =               | conflict
    *           in    burn,burn-of-holder *               | destroyed actor - -   | fits
    unknown     loose burn,burn-of-holder *               | destroyed actor - -   | fits
    held,opened,seized loose burn       holder            | destroyed actor - -   | fits
    held,opened loose burn              !holder           | destroyed actor - -   | conflict
    held,opened,seized,missing,refused loose burn-of-holder * | destroyed actor - - | fits
    transit     loose burn,burn-of-holder addressee       | destroyed actor - -   | fits
    transit     loose burn,burn-of-holder !addressee      | destroyed actor - -   | conflict
    missing,refused loose burn          holder,addressee  | destroyed actor - -   | fits
    missing,refused loose burn          other             | destroyed actor - -   | conflict
    lost,stolen loose burn,burn-of-holder *               | destroyed actor - -   | conflict
";

const RECEIVED: [(&str, ReceiveOutcome); 5] =
    [("receive", Unspecified), ("over", Over), ("damaged", Damaged), ("short", Short), ("refused", Refused)];

fn acts() -> Vec<(&'static str, Act)> {
    let mut all = vec![
        ("commission", Act::Commission),
        ("into", Act::PackedInto(OTHER_BOX)),
        ("out", Act::TakenFrom(BOX)),
        ("out-of-other", Act::TakenFrom(OTHER_BOX)),
        ("handled", Act::Handled),
        ("emptied", Act::Emptied),
        ("paired", Act::Paired),
        ("ship", Act::Ship(NEXT)),
        ("use", Act::Use(false)),
        ("finish", Act::Use(true)),
        ("transform", Act::Transformed),
        ("serviced", Act::Serviced),
        ("recoded", Act::Recoded),
        ("sample", Act::Sampled(HOLDER)),
        ("sample-of-other", Act::Sampled(OTHER)),
        ("seize", Act::Seized(0)),
        ("seize-from-holder", Act::Seized(HOLDER)),
        ("seize-from-other", Act::Seized(OTHER)),
        ("hand-over", Act::HandedOver(NEXT)),
        ("give-back", Act::Returned(NEXT)),
        ("let-go", Act::Returned(0)),
        ("burn", Act::Destroyed(0)),
        ("burn-of-holder", Act::Destroyed(HOLDER)),
        ("find", Act::Adjusted(AdjustOutcome::Found)),
        ("opening", Act::Adjusted(AdjustOutcome::Opening)),
        ("break", Act::Adjusted(AdjustOutcome::Damaged)),
        ("lose", Act::Adjusted(AdjustOutcome::Lost)),
        ("steal", Act::Adjusted(AdjustOutcome::Stolen)),
        ("destroy", Act::Adjusted(AdjustOutcome::Destroyed)),
    ];
    all.extend(RECEIVED.map(|(name, outcome)| (name, Act::Receive(outcome))));
    all
}

/// The condition that an act is named after.
const OWN: [(&str, &str); 9] = [
    ("use", "opened"),
    ("finish", "used"),
    ("transform", "transformed"),
    ("sample-of-other", "held"),
    ("find", "held"),
    ("opening", "held"),
    ("lose", "lost"),
    ("steal", "stolen"),
    ("destroy", "destroyed"),
];

const STATUSES: [(&str, Status); 12] = [
    ("unknown", Status::Unknown),
    ("held", Status::Held),
    ("opened", Status::Opened),
    ("transit", Status::InTransit),
    ("used", Status::Used),
    ("missing", Status::Missing),
    ("refused", Status::Refused),
    ("lost", Status::Lost),
    ("stolen", Status::Stolen),
    ("destroyed", Status::Destroyed),
    ("transformed", Status::Transformed),
    ("seized", Status::Seized),
];

fn matches(pattern: &str, value: &str) -> bool {
    match pattern.strip_prefix('!') {
        Some(not) => not != value,
        None => pattern == "*" || pattern.split(',').any(|p| p == value),
    }
}

/// A condition that comes before, in or out of a box.
fn before(status: Status, inside: bool) -> ItemState {
    let addressee = matches!(status, Status::InTransit | Status::Missing | Status::Refused);
    ItemState {
        status,
        holder: if status == Status::Unknown { 0 } else { HOLDER },
        addressee: if addressee { ADDRESSEE } else { 0 },
        container: if inside { BOX } else { 0 },
        opened: status == Status::Opened,
        seized: status == Status::Seized,
        since: if status.is_here() { 7 } else { 0 },
        ..ItemState::default()
    }
}

fn acts_by(actor: u64) -> Acts {
    Acts {
        kind: statement::Kind::Ship,
        at: 500,
        cause: 30,
        party: "org:somebody".into(),
        id: [7; 16],
        index: 41,
        actor,
        has_site: false,
        by_item: Default::default(),
        takes_all: false,
        addressee: 0,
        lots: Vec::new(),
    }
}

fn expected(words: &[&str], old: &ItemState, act: &str, actor: u64) -> ItemState {
    let own = OWN.iter().find(|(name, _)| *name == act).map(|(_, status)| *status);
    let status = match if words[0] == "own" { own.unwrap() } else { words[0] } {
        "=" => old.status,
        "held" | "opened" if old.seized => Status::Seized,
        "free" if !old.opened => Status::Held,
        "held" | "free" if old.opened => Status::Opened,
        word => STATUSES.iter().find(|(name, _)| *name == word).unwrap().1,
    };
    let number = |word: &str, old: u64| match word {
        "=" => old,
        "-" => 0,
        "actor" => actor,
        "next" => NEXT,
        "other" => OTHER_BOX,
        _ => panic!("{word}"),
    };
    ItemState {
        status,
        holder: number(words[1], old.holder),
        addressee: number(words[2], old.addressee),
        container: number(words[3], old.container),
        ..ItemState::default()
    }
}

#[test]
fn every_transition_meets_one_row() {
    let rows: Vec<Vec<&str>> = TABLE
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(|l| l.split_whitespace().collect())
        .collect();
    let mut met = BTreeSet::new();
    for (status_name, status) in STATUSES {
        for (place, inside) in [("loose", false), ("in", true)] {
            for (act_name, act) in acts() {
                for (who, actor) in [("holder", HOLDER), ("addressee", ADDRESSEE), ("other", OTHER)] {
                    let case = [status_name, place, act_name, who];
                    let row: Vec<usize> = (0..rows.len())
                        .filter(|i| rows[*i].iter().zip(case).all(|(p, v)| matches(p, v)))
                        .collect();
                    // The first row of goods that are no more is an exception to the second and to all others.
                    let row = row[0];
                    met.insert(row);
                    check(&rows[row], before(status, inside), act, actor, &case);
                }
            }
        }
    }
    let unmet: Vec<_> = (0..rows.len()).filter(|i| !met.contains(i)).map(|i| rows[i].join(" ")).collect();
    assert!(unmet.is_empty(), "rows nobody needs: {unmet:#?}");
}

fn check(row: &[&str], old: ItemState, act: Act, actor: u64, case: &[&str; 4]) {
    let mut state = old.clone();
    state.step(Event { acts: &acts_by(actor), act });
    let expected = expected(&row[5..9], &old, case[2], actor);
    let facts = |s: &ItemState| (s.status, s.holder, s.addressee, s.container);
    assert_eq!(facts(&state), facts(&expected), "{case:?}");
    assert_eq!(state.conflicts.is_empty(), row[10] == "fits", "{case:?}");
    assert_eq!((state.last, state.last_index, state.events), ((500, 30), 41, 1), "{case:?}");
    assert_eq!(state.emptied_at, if act == Act::Emptied { 500 } else { 0 }, "{case:?}");
    let lives = !old.status.is_final();
    // What is seized is moved by nobody's word but who has it.
    let theirs = matches!(act, Act::Seized(_) | Act::HandedOver(_));
    let counts = lives && (!old.seized || row[10] == "fits" || theirs);
    let packs = matches!(act, Act::PackedInto(_)) && counts;
    assert_eq!(state.packed_by, if packs { 42 } else { 0 }, "{case:?}");
    let ships = matches!(act, Act::Ship(_)) && counts;
    assert_eq!(state.shipped_by, if ships { 42 } else { 0 }, "{case:?}");
    let makes = act == Act::Commission && lives;
    assert_eq!(state.commissioned, if makes { 42 } else { 0 }, "{case:?}");
    let breaks = matches!(act, Act::Receive(Damaged) | Act::Adjusted(AdjustOutcome::Damaged)) && lives;
    assert_eq!(state.damaged, breaks, "{case:?}");
    let stays = old.status.is_here() && state.holder == old.holder;
    let since = if !state.status.is_here() {
        0
    } else if stays {
        7
    } else {
        42
    };
    assert_eq!(state.since, since, "{case:?}");
}

#[test]
fn rows_of_the_table_do_not_overlap() {
    let rows: Vec<Vec<&str>> = TABLE
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(|l| l.split_whitespace().collect())
        .collect();
    for (status, _) in STATUSES.iter().filter(|(_, status)| !status.is_final()) {
        for place in ["loose", "in"] {
            for (act, _) in acts() {
                for who in ["holder", "addressee", "other"] {
                    let case = [*status, place, act, who];
                    let of_case = rows.iter().filter(|r| r.iter().zip(case).all(|(p, v)| matches(p, v)));
                    assert_eq!(of_case.count(), 1, "{case:?}");
                }
            }
        }
    }
}

#[test]
fn a_site_is_told_by_who_has_the_item() {
    let mut state = before(Status::Held, false);
    let told = Acts { has_site: true, ..acts_by(HOLDER) };
    state.step(Event { acts: &told, act: Act::PackedInto(BOX) });
    assert_eq!(state.site_by, 42);
    state.step(Event { acts: &acts_by(HOLDER), act: Act::TakenFrom(BOX) });
    assert_eq!(state.site_by, 42, "the holder has not moved it");
    state.step(Event { acts: &acts_by(OTHER), act: Act::Receive(Unspecified) });
    assert_eq!(state.site_by, 0, "the new holder has not said where");
    state.step(Event { acts: &told, act: Act::Handled });
    assert_eq!(state.site_by, 0, "packing something into it tells nothing of its place");
    state.step(Event { acts: &told, act: Act::Ship(NEXT) });
    assert_eq!(state.site_by, 0, "it is on its way");
}

#[test]
fn conflicts_are_remembered_once_and_no_more_than_eight() {
    let mut state = before(Status::Held, false);
    for index in 0..20 {
        let acts = Acts { index, ..acts_by(OTHER) };
        state.step(Event { acts: &acts, act: Act::Commission });
        state.step(Event { acts: &acts, act: Act::Commission });
    }
    assert_eq!(state.conflicts, (0..8).collect::<Vec<u64>>());
}
