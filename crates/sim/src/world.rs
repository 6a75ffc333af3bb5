//! The world of a plan: who takes part, what is traded, which lots there will be.

use merkle::SigningKey;
use prost::Message as _;
use proto::v1::{Algorithm, Genesis, RootAuthority};
use statement::{POSSESSION_TYPE, genesis_scope, possession_payload, sign};

use crate::{
    act::{Deed, Line},
    calendar::DAY,
    cast::{Cast, Key, Who},
    goods::{Product, products},
    lot::{CONSOLES, Code, FILLERS, FIXED, Lot, TIPS, TOXINS},
    pen::Pen,
    planner::plan as lot_plan,
    register::registrations,
    sizes::Sizes,
    trade::Trade,
};

/// What is to be made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Same seed and plan, same bytes. Keys come from it too: whoever knows it can sign.
    pub seed: u64,
    /// How many statements, registration included; never fewer than registration takes (about 100 in
    /// the smallest trade, 600 from 10,000 statements on).
    pub statements: usize,
    /// The present, µs since the Unix epoch: everything happens in the 60 days before. An instant before
    /// 1980 or after 2900 is taken as the nearest between. Statements must be recorded within a day
    /// after it, for their ids age.
    pub end_at: i64,
}

/// Days of trade before the present.
pub(crate) const DAYS: i64 = 60;
/// Days before the present into which the times of all ids are pressed: ids may not be older than 30
/// when they are recorded.
pub(crate) const DAYS_OF_IDS: i64 = 29;
const _: () = assert!(DAYS_OF_IDS < 30);

/// Bounds of the present, so that years stay within what days of registers may be written with.
const EARLIEST: i64 = 10 * 366 * DAY;
const LATEST: i64 = 930 * 365 * DAY;

/// First and last instant of the trade, µs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) begin: i64,
    pub(crate) end: i64,
}

/// Items that have been used in a clinic by the end, of the first lots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examples {
    /// A box of imported toxin, three vials.
    pub toxin: String,
    /// A filler, one syringe.
    pub filler: String,
    /// A radio-frequency console, used with its tips.
    pub console: String,
}

/// Parties with their keys, products, and the beginnings of all lots.
#[derive(Debug)]
pub struct World {
    plan: Plan,
    sizes: Sizes,
    cast: Cast,
    products: Vec<Product>,
    lots: Vec<Lot>,
}

impl World {
    /// Makes up the world. Plans every lot once to learn how many the plan takes: about a
    /// microsecond a statement.
    #[must_use]
    pub fn new(mut plan: Plan) -> Self {
        plan.end_at = plan.end_at.clamp(EARLIEST, LATEST);
        let sizes = Sizes::fit(plan.statements);
        let cast = Cast::new(plan.seed, sizes);
        let products = products(&cast);
        let mut world = Self { plan, sizes, cast, products, lots: Vec::new() };
        let mut planned = registrations(&world, &[0; 32]).len();
        // Every lot adds at least one act before the end, so this ends.
        while planned < plan.statements || world.lots.len() < FIXED as usize {
            let lot = Lot::new(&world, world.lots.len() as u32);
            planned += lot_plan(&world, &lot).iter().filter(|act| act.upload <= plan.end_at).count();
            world.lots.push(lot);
        }
        world
    }

    /// The drug regulator's id and the key of its system, which signs read tokens: it sees everything.
    #[must_use]
    pub fn reader(&self) -> (String, SigningKey) {
        let id = &self.cast.member(self.cast.drug).id;
        (id.clone(), Key::system(self.plan.seed, id).pair)
    }

    /// Payload of entry 0: three root authorities, two of which a root act needs.
    ///
    /// `log_key` and `answer_key` are verifier keys in the form of C2SP signed notes, two different ones,
    /// the first with the origin as its name; the payload is not a valid genesis otherwise.
    #[must_use]
    pub fn genesis(&self, origin: &str, log_key: &str, answer_key: &str) -> Vec<u8> {
        let random = merkle::sha256(&[b"yuanliu/sim/genesis\0", &self.plan.seed.to_be_bytes()]);
        let scope = genesis_scope(origin, &random);
        let root = |who: &Who| {
            let member = self.cast.member(*who);
            let key = member.admin.as_ref()?;
            Some(RootAuthority {
                party: member.id.clone(),
                name: member.name.clone(),
                algorithm: Algorithm::Ed25519 as i32,
                public_key: key.pair.public().as_bytes().to_vec(),
                possession: possession(key, &scope, &member.id),
            })
        };
        let genesis = Genesis {
            origin: origin.to_owned(),
            random: random.to_vec(),
            log_key: log_key.to_owned(),
            answer_key: answer_key.to_owned(),
            roots: self.cast.roots.iter().filter_map(root).collect(),
            threshold: 2,
            ..Genesis::default()
        };
        genesis.encode_to_vec()
    }

    /// All statements for a ledger, in the order in which they reach it, made as they are asked for.
    #[must_use]
    pub fn statements(self, ledger: merkle::Hash) -> Trade {
        Trade::new(self, ledger)
    }

    /// Items to look at once all statements are in.
    #[must_use]
    pub fn example_items(&self) -> Examples {
        let unit = |number: u32| {
            let lot = &self.lots[number as usize];
            lot.item(
                &self.products[lot.product],
                Code::Unit(self.first_use(lot).first().map_or(0, |l| l.unit)),
            )
        };
        let with_tip = self.first_use(&self.lots[TIPS as usize]);
        let place = with_tip.iter().find_map(|line| line.console).unwrap_or_default();
        Examples { toxin: unit(TOXINS), filler: unit(FILLERS), console: self.console(place) }
    }

    /// What was used first of a lot.
    fn first_use(&self, lot: &Lot) -> Vec<Line> {
        let mut acts = lot_plan(self, lot);
        acts.sort_unstable();
        let used = acts.into_iter().find_map(|act| match act.deed {
            Deed::Use(lines) => Some(lines),
            _ => None,
        });
        used.unwrap_or_default()
    }

    /// The console of the clinic in that place.
    pub(crate) fn console(&self, place: u16) -> String {
        let lot = &self.lots[CONSOLES as usize];
        lot.item(&self.products[lot.product], Code::Unit(place))
    }

    pub(crate) const fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) const fn span(&self) -> Span {
        Span { begin: self.plan.end_at - DAYS * DAY, end: self.plan.end_at }
    }

    pub(crate) const fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    pub(crate) const fn cast(&self) -> &Cast {
        &self.cast
    }

    pub(crate) fn products(&self) -> &[Product] {
        &self.products
    }

    pub(crate) fn lots(&self) -> &[Lot] {
        &self.lots
    }

    pub(crate) const fn pen<'w>(&'w self, ledger: &'w merkle::Hash) -> Pen<'w> {
        Pen { world: self, ledger }
    }
}

/// A key's proof that its holder has it.
pub(crate) fn possession(key: &Key, scope: &merkle::Hash, party: &str) -> Vec<u8> {
    sign(&key.pair, POSSESSION_TYPE, &possession_payload(scope, &key.id, party)).to_vec()
}
