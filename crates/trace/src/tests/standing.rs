//! What a stranger's word opens: nothing. Who stands in the chain of an item, and whom each sees beside it.

use std::collections::{BTreeMap, BTreeSet};

use custody::{
    MemoryView, View as _, ViewError,
    response::{ships_of, tells_sender},
    tables::{subject_by_text, touches},
};
use statement::SubjectKind;

use super::{
    desk::query_of,
    story::{Story, sgtin, short},
};
use crate::{
    Hop, Sees, chain,
    desk::{self, Line, LotPart},
    is_near, source,
};

/// A trader, who sees the statements that name it and the items in whose chain it stands.
pub(super) struct Trader<'a> {
    view: &'a MemoryView,
    party: String,
}

impl<'a> Trader<'a> {
    pub(super) fn new(view: &'a MemoryView, who: &str) -> Self {
        Self { view, party: format!("org:{who}") }
    }

    pub(super) fn party(&self) -> &str {
        &self.party
    }

    fn touches(&self, index: u64) -> Result<bool, ViewError> {
        let Some(record) = subject_by_text(self.view, SubjectKind::Activity, &self.party)? else {
            return Ok(false);
        };
        let mut found = false;
        touches(self.view, record.number, index, &mut |touch| {
            found = touch.index == index;
            Ok(false)
        })?;
        Ok(found)
    }
}

fn has_part(hops: &[Hop], party: &str) -> bool {
    chain(hops).iter().any(|hop| hop.from == party || hop.to == party)
}

impl Sees for Trader<'_> {
    fn statement(&self, index: u64) -> Result<bool, ViewError> {
        if self.touches(index)? {
            return Ok(true);
        }
        for ship in ships_of(self.view, index)? {
            if self.touches(ship)? && tells_sender(self.view, index, ship)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn item(&self, hops: &[Hop]) -> Result<bool, ViewError> {
        Ok(has_part(hops, &self.party))
    }

    fn lot(&self, lot: &str) -> Result<LotPart, ViewError> {
        desk::lot_part(self.view, lot, &self.party)
    }

    fn is_party(&self, party: &str) -> bool {
        party == self.party
    }
}

/// `clinic:dealer dealer:clinic,maker`: who stands in the chain, with the neighbours it is shown.
fn sights(story: &Story, item: &str) -> String {
    let mut hops = source(&story.view, &sgtin(item), 1_000).unwrap().hops;
    hops.reverse();
    let parties: BTreeSet<&String> = hops.iter().flat_map(|h| [&h.from, &h.to]).collect();
    let mut seen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for party in parties.iter().filter(|party| !party.is_empty() && has_part(&hops, party)) {
        let shown = hops.iter().filter(|hop| hop.is_shown_to(party));
        let mut beside: Vec<&str> = shown.flat_map(|hop| [&*hop.from, &*hop.to]).collect();
        beside.retain(|other| !other.is_empty() && other != *party);
        beside.sort_unstable();
        beside.dedup();
        for other in parties.iter().filter(|other| is_near(&hops, party, other)) {
            assert!(
                beside.contains(&other.as_str()),
                "{party} is near {other}, and sees no hop between them"
            );
        }
        seen.insert(short(party), beside.into_iter().map(short).collect());
    }
    let one = |(party, beside): (&str, Vec<&str>)| format!("{party}:{}", beside.join(","));
    seen.into_iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Who stands in the chain of an item.
fn standing(story: &Story, item: &str) -> String {
    let mut hops = source(&story.view, &sgtin(item), 1_000).unwrap().hops;
    hops.reverse();
    let sides: BTreeSet<&str> = chain(&hops).into_iter().flat_map(|hop| [&*hop.from, &*hop.to]).collect();
    sides.into_iter().filter(|party| !party.is_empty()).map(short).collect::<Vec<_>>().join(" ")
}

/// Everything that the desk tells `who` of goods: facts of what it shipped, what it holds with its facts.
fn desk_tells(story: &Story, who: &str) -> String {
    let sees = Trader::new(&story.view, who);
    let party = sees.party();
    let mut told = Vec::new();
    for entry in 1..story.view.size() {
        let Some((shipment, lines)) = desk::shipment_lines(&story.view, entry, &sees).unwrap() else {
            continue;
        };
        if shipment.content.root.actor() != party {
            continue;
        }
        for line in lines.into_iter().filter(|line| line.facts != desk::ItemFacts::default()) {
            if let Line::Item(item) = line.line {
                told.push(format!("shipped {} of {}", short(&item), line.facts.lot));
            }
        }
    }
    for contents in [false, true] {
        let query = query_of(party, contents, 100);
        for h in desk::holdings(&story.view, &query, &sees).unwrap().holdings {
            if !h.lot.is_empty() || h.contents > 0 || !h.container.is_empty() || !h.expires_on.is_empty() {
                told.push(format!("holds {}[{}] of {}", short(&h.item), h.contents, h.lot));
            }
        }
    }
    told.join("; ")
}

/// One vial on its way to a clinic.
const VIAL: &str = "maker commission A @1
     s: maker ship A to dealer @2
     dealer receive of=s @3
     t: dealer ship A to clinic @4
     clinic receive of=t @5";

/// A case with two of them, taken in by a dealer.
const CASE: &str = "maker commission A,B @1
     maker pack P A,B @2
     s: maker ship P to dealer @3
     dealer receive of=s @4";

const VIAL_SIGHTS: &str = "clinic:dealer dealer:clinic,maker maker:dealer";
const CASE_SIGHTS: &str = "dealer:maker maker:dealer";

#[test]
fn what_a_stranger_says_of_goods_opens_nothing_to_it_or_its_friends() {
    let mut wrong = Vec::new();
    for told in [
        "",
        "thief ship A to friend @9",
        "s2: thief ship A to friend @9 | friend receive of=s2 @10",
        "thief receive A @9",
        "thief receive of=s A @9",
        "thief receive of=s A @0 | thief ship A to friend @9",
        "thief use A @9 | thief ship A to friend @10",
        "thief commission A @9 | thief ship A to friend @10",
        "thief unpack P A @9",
        "thief pack Q A @9 | s2: thief ship Q to friend @10 | friend receive of=s2 @11",
        "thief pack Q A @0 | s2: thief ship Q to friend @9 | friend receive of=s2 @11",
        "thief pack Q A @9 | thief receive short=A @10",
        "thief pack Q A @9 | thief unpack Q @10",
        "thief open-with A @9 | thief ship A to friend @10",
        "thief open-with A @0 | thief ship A to friend @9",
        "thief lose A @9 | thief find A @10",
        "thief destroy A @9 | thief receive A @10",
        "thief transform A into X @9 | thief ship A to friend @10",
        "thief service A @9",
        "thief commission T @9 | thief alias T,A @10 | thief ship T to friend @11",
        "thief open-with T @0 | thief alias T,A @10 | thief ship T to friend @11",
        // By whomever it guesses that the sample was taken from.
        "lab sample A from=clinic @9 | lab ship A to friend @10",
        "lab sample A from=dealer @9",
        "lab sample A from=nobody @9",
        // The goods are used up, destroyed, made into something else: nothing fits after that.
        "clinic finish A @6 | thief ship A to friend @9",
        "clinic finish A @6 | thief receive A @9 | thief ship A to friend @10",
        "clinic destroy A @6 | thief ship A to friend @9",
        "clinic transform A into X @6 | thief use A @9",
        "clinic finish A @6 | lab sample A from=clinic @9",
        // The end is the stranger's, and dated before the beginning.
        "thief finish A @0 | thief ship A to friend @9",
        "thief destroy A @0 | thief ship A to friend @9",
        "thief transform A into X @0 | thief receive A @9",
        // Made by the stranger, it says, and before they were made.
        "thief commission A @0 | thief ship A to friend @9",
        "thief transform X into A @0 | thief ship A to friend @9",
        "thief transform X into A @9 | thief ship A to friend @10",
        // Under a code of its own, too, which it says is another of the same thing.
        "thief commission T @0 | thief alias T,A @9 | thief ship A to friend @10",
        // Or among what others did.
        "thief finish A @3 | thief ship A to friend @9",
    ] {
        let story = Story::of(&format!("{VIAL}\n{}", told.replace('|', "\n")));
        let found = sights(&story, "A");
        if found != VIAL_SIGHTS {
            wrong.push(format!("{told}: {found}"));
        }
        let made_of_it =
            told.contains(" into ") || told.contains("commission T") || told.contains("thief commission");
        for who in ["thief", "friend", "lab"] {
            let tells = desk_tells(&story, who);
            if !made_of_it && tells.contains("lot:") {
                wrong.push(format!("{told}: {who} is told {tells}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nor_does_what_it_says_of_a_container() {
    let mut wrong = Vec::new();
    for told in [
        "",
        "thief receive P @9",
        "thief receive of=s @9",
        "thief unpack P @9",
        "thief unpack P A @9",
        "s2: thief ship P to friend @9 | friend receive of=s2 @10 | friend unpack P @11",
        "s2: thief ship P to friend @0 | friend receive of=s2 @10 | friend unpack P @11",
        "thief pack Q P @9 | thief ship Q to friend @10",
        "thief finish P @0 | thief receive P @9",
        "dealer finish P @6 | thief receive P @9",
        "lab sample P from=dealer @9",
        "lab sample P from=nobody @9",
    ] {
        let story = Story::of(&format!("{CASE}\n{}", told.replace('|', "\n")));
        let found = sights(&story, "A");
        // What a container did after its end does not count, so the dealer has nothing to show for itself.
        let cut_off = told.starts_with("thief finish P @0");
        if found != if cut_off { "maker:" } else { CASE_SIGHTS } {
            wrong.push(format!("{told}: {found}"));
        }
        for who in ["thief", "friend", "lab"] {
            let tells = desk_tells(&story, who);
            // That it has packed the case into something of its own, it has said itself.
            if ["lot:", "P[1]", "P[2]", "holds A", "holds B"].iter().any(|leak| tells.contains(leak)) {
                wrong.push(format!("{told}: {who} is told {tells}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The way of one's own vials and cases is lent to nothing: whoever packs somebody else's goods into them, before
/// they came or after, has no part in those.
#[test]
fn goods_that_somebody_packs_who_never_had_them_do_not_go_the_way_of_the_container() {
    let mut wrong = Vec::new();
    let sold = "maker commission V @1 | v: maker ship V to thief @6 | thief receive of=v @7";
    for told in [
        "",
        "thief pack V A @5",
        "thief pack V A @0",
        "thief pack V A @3",
        // The goods went on inside: by its own word they are its friend's.
        "thief pack V A @5 | x: thief ship V to friend @8 | friend receive of=x @9",
        "friend pack V A @5",
        // Into an inner box, and that into what it was sold.
        "thief pack Q A @4 | thief pack V Q @5",
        // The box of those who have the goods, which somebody else says was in the case that it was sold.
        "maker commission B @1 | maker pack B A @1 | thief pack V B @5 | maker unpack B A @1",
        "maker commission B @1 | maker pack B A @1 | thief pack V B @0 | maker unpack B A @1",
        // Who has passed them on says that they are in something.
        "dealer pack V A @5 | clinic unpack V A @9",
        "maker pack V A @5",
    ] {
        let story = Story::of(&format!("{VIAL}\n{}\n{}", sold.replace('|', "\n"), told.replace('|', "\n")));
        let found = standing(&story, "A");
        if found != "clinic dealer maker" {
            wrong.push(format!("{told}: {found}"));
        }
        for who in ["thief", "friend"] {
            let tells = desk_tells(&story, who);
            if tells.contains("A of lot:") || tells.contains("A[0] of lot:") {
                wrong.push(format!("{told}: {who} is told {tells}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn who_has_passed_goods_on_lets_nobody_in_any_more() {
    let mut wrong = Vec::new();
    for (told, expect) in [
        ("dealer ship A to friend @9", "clinic dealer maker"),
        ("x: dealer ship A to friend @9 | friend receive of=x @10", "clinic dealer maker"),
        ("maker ship A to friend @9", "clinic dealer maker"),
        // Not before it is answered, nor where it was not taken in.
        ("clinic ship A to other @9", "clinic dealer maker other"),
        ("clinic ship A to other @9 | clinic ship A to third @10", "clinic dealer maker other third"),
        (
            "x: clinic ship A to other @9 | other receive of=x refused=A @10 | clinic ship A to third @11",
            "clinic dealer maker other third",
        ),
        // It came back.
        (
            "x: clinic ship A to dealer @9 | dealer receive of=x @10 | dealer ship A to third @11",
            "clinic dealer maker third",
        ),
    ] {
        let story = Story::of(&format!("{VIAL}\n{}", told.replace('|', "\n")));
        let found = standing(&story, "A");
        if found != expect {
            wrong.push(format!("{told}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_neighbour_is_seen_by_its_own_word() {
    let mut wrong: Vec<String> = Vec::new();
    for (told, expect) in [
        // Shipped, and not answered: who is to have the goods knows from whom.
        ("maker commission A | maker ship A to dealer", "dealer:maker maker:dealer"),
        // Taken in without a shipment: nobody has told from whom.
        ("maker commission A | dealer receive A", "maker:"),
        (
            "maker commission A | s: maker ship A to dealer | dealer receive short=A of=s",
            "dealer:maker maker:dealer",
        ),
        // A stranger's Ship to the reader is its own word.
        (
            "maker commission A | maker ship A to dealer | thief ship A to dealer",
            "dealer:maker,thief maker:dealer",
        ),
        // Opening stock, where nobody has made it.
        ("clinic open-with A | s: clinic ship A to other | other receive of=s", "clinic:other other:clinic"),
        (
            "maker commission A,B | maker pack P A | s: maker ship P to dealer | dealer receive of=s | dealer unpack P",
            "dealer:maker maker:dealer",
        ),
        ("maker commission A | maker transform A into X", "maker:"),
    ] {
        let story = Story::of(&told.replace('|', "\n"));
        let found = sights(&story, "A");
        if found != expect {
            wrong.push(format!("{told}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_desk_tells_of_ones_own_goods() {
    let story = Story::of(CASE);
    assert_eq!(desk_tells(&story, "dealer").matches("lot:").count(), 2, "{}", desk_tells(&story, "dealer"));
    assert!(desk_tells(&story, "dealer").starts_with("holds P[2]"));
    let story = Story::of(VIAL);
    assert!(desk_tells(&story, "clinic").starts_with("holds A[0] of lot:"));
    assert!(desk_tells(&story, "dealer").starts_with("shipped A of lot:"));
    assert!(desk_tells(&story, "maker").starts_with("shipped A of lot:"));
}
