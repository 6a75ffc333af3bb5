//! A deliberately naive model: all that counts in order of occurrence, contents pushed along with
//! their containers. It shares nothing with the engine, which pulls intervals from histories.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::story::Story;

/// What one statement says, in the model's own words.
#[derive(Clone, Debug)]
enum Said {
    Commission(usize),
    Pack(usize, Vec<usize>),
    Unpack(usize, Vec<usize>),
    Ship(Vec<usize>, usize),
    Receive(Vec<usize>, Vec<usize>),
    Use(usize, bool),
}

#[derive(Clone, Debug)]
struct Line {
    who: usize,
    minute: u8,
    said: Said,
    /// Voided (0 to 2) or replaced later by another one, dated anew or not; only where nobody can have
    /// counter-signed.
    fate: Fate,
}

#[derive(Clone, Debug)]
enum Fate {
    Stays,
    Voided,
    Corrected(Said, Option<u8>),
}

const PARTIES: usize = 3;
const ITEMS: [&str; 6] = ["A", "B", "C", "P", "Q", "R"];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Is {
    #[default]
    Unknown,
    Held,
    Transit,
    Opened,
    Used,
    Missing,
}

#[derive(Clone, Debug, Default)]
struct Thing {
    is: Is,
    holder: Option<usize>,
    addressee: Option<usize>,
    opened: bool,
    gone: bool,
    parent: Option<usize>,
}

#[derive(Default)]
struct World {
    things: BTreeMap<usize, Thing>,
    /// Some container came to lie inside itself.
    tangled: bool,
}

impl World {
    fn thing(&mut self, item: usize) -> &mut Thing {
        self.things.entry(item).or_default()
    }

    /// Everything inside, at any depth.
    fn inside(&self, item: usize) -> Vec<usize> {
        let mut found = vec![];
        let mut next = vec![item];
        while let Some(parent) = next.pop() {
            for (child, _) in self.things.iter().filter(|(_, t)| t.parent == Some(parent)) {
                if !found.contains(child) && *child != item {
                    found.push(*child);
                    next.push(*child);
                }
            }
        }
        found
    }

    fn inside_itself(&self) -> bool {
        self.things.keys().any(|item| {
            let mut at = self.things[item].parent;
            for _ in 0..ITEMS.len() {
                if at == Some(*item) {
                    return true;
                }
                at = at.and_then(|p| self.things.get(&p)?.parent);
            }
            false
        })
    }

    fn hold(&mut self, item: usize, who: usize) {
        let thing = self.thing(item);
        (thing.holder, thing.addressee) = (Some(who), None);
        thing.is = if thing.opened { Is::Opened } else { Is::Held };
    }

    /// Does something to an item, and to what is inside it unless the statement speaks of that by itself.
    fn together(&mut self, item: usize, named: &[usize], act: impl Fn(&mut Self, usize, bool)) {
        if self.thing(item).gone {
            return;
        }
        let mut contents = self.inside(item);
        // What lies in something that the statement names goes the way of that.
        let others: Vec<usize> = named.iter().copied().filter(|n| *n != item).collect();
        let spared: BTreeSet<usize> =
            others.iter().flat_map(|n| [vec![*n], self.inside(*n)].concat()).collect();
        contents.retain(|c| !spared.contains(c));
        act(self, item, true);
        for inner in contents {
            let thing = self.thing(inner);
            if !thing.gone && thing.is != Is::Used {
                act(self, inner, false);
            }
        }
    }

    fn tell(&mut self, who: usize, said: &Said) {
        match said {
            Said::Commission(item) => self.appear(*item, who),
            Said::Pack(parent, children) => {
                self.appear(*parent, who);
                for child in children {
                    self.together(*child, &[], |w, i, _| w.hold(i, who));
                    if !self.thing(*child).gone {
                        self.thing(*child).parent = Some(*parent);
                    }
                }
            }
            Said::Unpack(parent, children) => {
                self.appear(*parent, who);
                let all: Vec<usize> = self.things.keys().copied().collect();
                let inside = all.into_iter().filter(|c| self.things[c].parent == Some(*parent)).collect();
                let out: Vec<usize> = if children.is_empty() { inside } else { children.clone() };
                for child in out {
                    let emptied = children.is_empty();
                    // Emptying as a whole tells a used-up child nothing, one by one it is told itself.
                    if emptied && self.thing(child).is == Is::Used {
                        self.thing(child).parent = None;
                        continue;
                    }
                    self.together(child, &[], |w, i, _| w.hold(i, who));
                    if !self.thing(child).gone {
                        self.thing(child).parent = None;
                    }
                }
            }
            Said::Ship(items, to) => {
                for item in items {
                    self.together(*item, items, |w, i, _| {
                        let thing = w.thing(i);
                        (thing.is, thing.holder, thing.addressee) = (Is::Transit, Some(who), Some(*to));
                    });
                }
                for item in items {
                    if !self.thing(*item).gone {
                        self.thing(*item).parent = None;
                    }
                }
            }
            Said::Receive(items, short) => self.receive(who, items, short),
            Said::Use(item, done) => {
                self.together(*item, &[], |w, i, own| {
                    w.thing(i).opened |= own;
                    w.hold(i, who);
                    if *done {
                        w.thing(i).is = Is::Used;
                    }
                });
                let thing = self.thing(*item);
                if !thing.gone {
                    thing.parent = None;
                    thing.gone = *done;
                }
            }
        }
    }

    fn receive(&mut self, who: usize, items: &[usize], short: &[usize]) {
        let mut lost = Vec::new();
        for item in short {
            let thing = self.thing(*item).clone();
            let due = match thing.is {
                Is::Transit => thing.addressee == Some(who),
                Is::Held | Is::Opened => thing.parent.is_some() && thing.holder == Some(who),
                Is::Missing => thing.parent.is_some() && thing.addressee == Some(who),
                _ => false,
            };
            if due {
                lost.push(*item);
            }
        }
        let named: Vec<usize> = items.iter().chain(&lost).copied().collect();
        for item in &lost {
            self.together(*item, &named, |w, i, _| {
                let thing = w.thing(i);
                (thing.is, thing.addressee) = (Is::Missing, Some(who));
            });
            self.thing(*item).parent = None;
        }
        for item in items {
            self.together(*item, &named, |w, i, _| w.hold(i, who));
        }
    }

    /// Named for the first time, it is where it is named.
    fn appear(&mut self, item: usize, who: usize) {
        if self.thing(item).is == Is::Unknown {
            self.hold(item, who);
        }
    }

    fn place(&mut self, item: usize) -> String {
        let name = |who: Option<usize>| who.map_or(String::new(), |w| format!("p{w}"));
        let mut containers = vec![];
        let mut at = self.thing(item).parent;
        while let Some(parent) = at {
            containers.push(ITEMS[parent]);
            at = self.thing(parent).parent;
        }
        let thing = self.thing(item);
        let status = match thing.is {
            Is::Unknown => "unknown",
            Is::Held => "held",
            Is::Transit => "transit",
            Is::Opened => "opened",
            Is::Used => "used",
            Is::Missing => "missing",
        };
        let mut text = format!("{status} {}", name(thing.holder));
        if thing.addressee.is_some() {
            text += &format!(">{}", name(thing.addressee));
        }
        if !containers.is_empty() {
            text += &format!(" in {}", containers.join(" "));
        }
        text
    }
}

fn names(items: &[usize]) -> String {
    items.iter().map(|i| ITEMS[*i]).collect::<Vec<_>>().join(",")
}

impl Said {
    fn text(&self) -> String {
        match self {
            Self::Commission(item) => format!("commission {}", ITEMS[*item]),
            Self::Pack(parent, children) => format!("pack {} {}", ITEMS[*parent], names(children)),
            Self::Unpack(parent, children) => format!("unpack {} {}", ITEMS[*parent], names(children)),
            Self::Ship(items, to) => format!("ship {} to p{to}", names(items)),
            Self::Receive(items, short) if short.is_empty() => format!("receive {}", names(items)),
            Self::Receive(items, short) => format!("receive {} short={}", names(items), names(short)),
            Self::Use(item, true) => format!("finish {}", ITEMS[*item]),
            Self::Use(item, false) => format!("use {}", ITEMS[*item]),
        }
    }

    fn cause(&self) -> u8 {
        let kind = match self {
            Self::Commission(_) => statement::Kind::Commission,
            Self::Pack(..) => statement::Kind::Pack,
            Self::Unpack(..) => statement::Kind::Unpack,
            Self::Ship(..) => statement::Kind::Ship,
            Self::Receive(..) => statement::Kind::Receive,
            Self::Use(..) => statement::Kind::Use,
        };
        statement::kind_row(kind).unwrap().cause
    }
}

/// What the model makes of the lines; `None` where containers lie inside themselves.
fn model(lines: &[Line]) -> Option<World> {
    let mut told = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let (said, minute) = match &line.fate {
            Fate::Stays => (&line.said, line.minute),
            Fate::Voided => continue,
            Fate::Corrected(said, minute) => (said, minute.unwrap_or(line.minute)),
        };
        told.push((minute, said.cause(), line.who, i, said));
    }
    told.sort_by_key(|(minute, cause, who, i, _)| (*minute, *cause, *who, *i));
    let mut world = World::default();
    for (_, _, who, _, said) in told {
        world.tell(who, said);
        world.tangled |= world.inside_itself();
    }
    (!world.tangled).then_some(world)
}

/// The engine's ledger: lines as they come, then their fates.
fn record(lines: &[Line]) -> Story {
    let mut story = Story::new();
    for line in lines {
        story.tell(&format!("p{} {} @{}", line.who, line.said.text(), line.minute));
    }
    for (i, line) in lines.iter().enumerate() {
        let (who, label) = (line.who, format!("e{}", i + 1));
        match &line.fate {
            Fate::Stays => continue,
            Fate::Voided => story.tell(&format!("p{who} void {label}")),
            Fate::Corrected(said, minute) => {
                let at = minute.map_or_else(String::new, |m| format!("at={m}"));
                story.tell(&format!("p{who} correct {label} {at} {}", said.text()))
            }
        };
    }
    story
}

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
        4 => (some_items(), 0..PARTIES).prop_map(|(items, to)| Said::Ship(items, to)),
        3 => receive(),
        1 => (0..ITEMS.len(), proptest::bool::weighted(0.3)).prop_map(|(i, done)| Said::Use(i, done)),
    ]
}

fn line() -> impl Strategy<Value = Line> {
    (0..PARTIES, 0..40u8, said()).prop_flat_map(|(who, minute, first)| {
        let kind = std::mem::discriminant(&first);
        let other =
            said().prop_filter("a Correct is of the same kind", move |s| std::mem::discriminant(s) == kind);
        let fate = prop_oneof![
            6 => Just(Fate::Stays),
            1 => Just(Fate::Voided),
            1 => (other, proptest::option::of(0..40u8)).prop_map(|(s, m)| Fate::Corrected(s, m)),
        ];
        fate.prop_map(move |fate| Line { who, minute, said: first.clone(), fate })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_item_is_where_the_model_has_it(lines in proptest::collection::vec(line(), 1..16)) {
        let Some(mut world) = model(&lines) else { return Ok(()) };
        let story = record(&lines);
        let known: Vec<usize> = world.things.keys().copied().collect();
        for item in known {
            let report = crate::item(&story.view, &super::story::sgtin(ITEMS[item]));
            let Ok(report) = report else { continue };
            prop_assert!(!report.truncated, "{}", ITEMS[item]);
            let expected = world.place(item).trim().to_string();
            prop_assert_eq!(super::story::describe(&report), expected, "{}", ITEMS[item]);
        }
    }
}
