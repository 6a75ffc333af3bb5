//! Crime: what dishonest people would sign beside the lawful trade, and the truth about it.
//!
//! Each crime has goods of its own, told from their making on, so that what is found about these goods is found rightly,
//! and what is found gravely about others is found wrongly. Told after the lawful trade, of the four weeks before its
//! end: what honest people have days to hand in late has been handed in by then.

use merkle::sha256;
use proto::v1::{
    Commission, Coverage, DeclarationLine, DeclareImport, Inspection, Listing, Observation, PurchaseCheck,
    Quantity, Recall, Receive, Ship, StatementRef, Temperature, Use, UseLine, statement::Body,
};

use crate::{
    calendar::{CHINA, DAY, HOUR, day_text, short_day},
    cast::Who,
    codes,
    goods::{Class, Marking, Product},
    pen::{Head, Signed},
    world::World,
};

/// A crime that is told, and what must be found of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crime {
    /// What it is.
    pub name: &'static str,
    /// Rules that must open a finding in which one of the lines stands.
    pub rules: &'static [&'static str],
    /// Items, lots and papers of it: no honest statement names one.
    pub lines: Vec<String>,
}

/// Crimes as statements, in the order in which they reach the ledger, and the truth about them.
#[derive(Clone, Debug, Default)]
pub struct Crimes {
    /// To be recorded after the lawful trade.
    pub statements: Vec<Signed>,
    /// One for each crime.
    pub truth: Vec<Crime>,
}

/// Lot numbers of acts that belong to no lot, from here on.
const CRIMES: u32 = 0xf000_0000;
/// Registers that the trade fills, and so whose gaps mean something.
const FILLED: [&str; 6] = ["parties", "licences", "registrations", "coding", "cold-chain", "usage"];

impl World {
    /// Crimes for a ledger on which the lawful trade of this world is recorded.
    #[must_use]
    pub fn crimes(&self, ledger: merkle::Hash) -> Crimes {
        let mut teller = Teller { world: self, ledger, crime: 0, told: 0, out: Crimes::default() };
        teller.coverage();
        for tell in STORIES {
            teller.crime += 1;
            teller.told = 0;
            if let Some(crime) = tell(&mut teller) {
                teller.out.truth.push(crime);
            }
        }
        teller.out
    }
}

/// A story; nothing where this world is too small for it.
type Story = fn(&mut Teller<'_>) -> Option<Crime>;

const STORIES: &[Story] = &[
    clone_code,
    sham_use,
    refilled,
    sold_past_its_day,
    relabelled,
    sold_under_recall,
    offered_online,
    over_import,
    diverted,
    cold_chain_broken,
    counter_reset,
    unregistered,
    by_parcel,
    covered_up,
];

struct Teller<'w> {
    world: &'w World,
    ledger: merkle::Hash,
    /// Number of the crime, from 1.
    crime: u32,
    /// Statements of it so far.
    told: u32,
    out: Crimes,
}

/// Goods of a crime.
struct Loot<'w> {
    product: &'w Product,
    gtin: &'w str,
    lot: String,
    printed: String,
    items: Vec<String>,
}

impl Loot<'_> {
    fn crime(&self, name: &'static str, rules: &'static [&'static str]) -> Option<Crime> {
        let lines = self.items.iter().cloned().chain([self.lot.clone()]).collect();
        Some(Crime { name, rules, lines })
    }
}

fn quantity(amount: u64, unit: &str) -> Option<Quantity> {
    Some(Quantity { amount, unit: unit.to_owned() })
}

impl<'w> Teller<'w> {
    /// Noon, so many days before the end.
    fn before_end(&self, days: i64) -> i64 {
        let end = self.world.span().end;
        (end - end.rem_euclid(DAY)) - days * DAY + 4 * HOUR
    }

    fn id(&self, who: Who) -> String {
        self.world.cast().member(who).id.clone()
    }

    /// Says something; nothing where nobody here can sign it.
    fn say(
        &mut self,
        (actor, hand): (Who, Who),
        at: i64,
        business_key: bool,
        body: Body,
    ) -> Option<StatementRef> {
        let member = self.world.cast().member(hand);
        let key = member.system.as_ref()?;
        self.told += 1;
        let place = (CRIMES + self.crime, self.told);
        let number = format!("FZ{}-{:02}-{:03}", short_day(at), self.crime, self.told);
        let head = Head {
            actor,
            hand,
            at: Some(actor).filter(|actor| *actor == hand),
            occurred: at,
            upload: at + HOUR,
            offset: CHINA,
            business_key: if business_key { number } else { String::new() },
            attachments: Vec::new(),
            place,
            key,
        };
        let signed = self.world.pen(&self.ledger).sign(head, body, "crime");
        let id = self.world.pen(&self.ledger).id(at + HOUR, place).to_vec();
        let digest = sha256(&[&signed.statement.payload]).to_vec();
        let reference = StatementRef { party: member.id.clone(), id, digest };
        self.out.statements.push(signed);
        Some(reference)
    }

    fn by(&mut self, who: Who, at: i64, body: Body) -> Option<StatementRef> {
        self.say((who, who), at, true, body)
    }

    /// The regulator's word on which registers are complete.
    fn coverage(&mut self) {
        let (drug, at) = (self.world.cast().drug, self.before_end(28));
        for register in FILLED {
            let since = day_text(self.world.span().begin - 400 * DAY);
            let coverage = Coverage { register: register.to_owned(), since, ..Coverage::default() };
            self.say((drug, drug), at, false, Body::Coverage(coverage));
        }
    }

    /// A product of a class that bears GTINs, made at home where there is one.
    fn product(&self, class: Class) -> Option<(&'w Product, &'w str)> {
        let fit = self.world.products().iter().filter(|p| p.class == class);
        let fit = fit.filter_map(|p| match &p.marking {
            Marking::Gtin(gtin, _) => Some((p, gtin.as_str())),
            Marking::Ma(_) => None,
        });
        fit.min_by_key(|(p, _)| p.agent.is_some())
    }

    /// Codes of goods that nobody has made yet.
    fn goods(&self, class: Class, units: u16) -> Option<Loot<'w>> {
        let (product, gtin) = self.product(class)?;
        let printed = format!("F{:02}{}", self.crime, short_day(self.before_end(27)));
        let serial = |n| codes::serial(CRIMES + self.crime, n);
        let items = (0..units).map(|n| format!("sgtin:{gtin}.{}", serial(n))).collect();
        Some(Loot { product, gtin, lot: format!("lot:gtin:{gtin}.{printed}"), printed, items })
    }

    /// Made, with changes to how that is told.
    fn made(&mut self, loot: &Loot<'_>, change: impl FnOnce(&mut Commission)) -> Option<()> {
        let at = self.before_end(26);
        let mut commission = Commission {
            items: loot.items.clone(),
            lot: loot.lot.clone(),
            registration: loot.product.registration.to_owned(),
            made_on: day_text(at - 20 * DAY),
            expires_on: day_text(at + 700 * DAY),
            units_per_code: loot.product.units_per_code,
            market: "CN".to_owned(),
            ..Commission::default()
        };
        change(&mut commission);
        self.say((loot.product.maker, loot.product.hand), at, true, Body::Commission(commission)).map(drop)
    }

    /// Sold and taken in a day later.
    fn sold(&mut self, from: (Who, Who), to: Who, loot: &Loot<'_>, at: i64, arrival: i32) -> Option<()> {
        let ship = Ship {
            items: loot.items.clone(),
            addressee: self.id(to),
            ship_to: self.world.cast().member(to).site.clone(),
            reason: "sale".to_owned(),
            ..Ship::default()
        };
        let shipment = self.say(from, at, true, Body::Ship(ship))?;
        let receive = Receive {
            shipment: Some(shipment),
            arrival: Some(Temperature { millicelsius: arrival }),
            check: Some(PurchaseCheck {
                supplier_licence: true,
                registration: true,
                invoice: true,
                passed: true,
            }),
            ..Receive::default()
        };
        self.by(to, at + DAY, Body::Receive(receive)).map(drop)
    }

    /// A distributor of the first level.
    fn first(&self) -> Who {
        self.world.cast().first[0]
    }

    fn clinic(&self, n: usize) -> Option<Who> {
        let clinics = &self.world.cast().clinics;
        clinics.get((self.crime as usize * 2 + n) % clinics.len()).copied()
    }

    /// Made, sold to a distributor and on to a clinic, which has it 20 days before the end.
    fn supplied(&mut self, loot: &Loot<'_>, clinic: Who) -> Option<()> {
        let (first, at) = (self.first(), self.before_end(24));
        self.made(loot, |_| {})?;
        self.sold((loot.product.maker, loot.product.hand), first, loot, at, 5_000)?;
        self.sold((first, first), clinic, loot, at + 3 * DAY, 5_000)
    }

    fn used(&mut self, clinic: Who, at: i64, line: UseLine) -> Option<()> {
        self.by(clinic, at, Body::Use(Use { lines: vec![line] })).map(drop)
    }
}

fn whole(item: &str) -> UseLine {
    UseLine { item: item.to_owned(), finished: true, empties_destroyed: true, ..UseLine::default() }
}

/// 套码: the code of a used box stands on another, in a second clinic.
fn clone_code(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, first, second) = (t.goods(Class::Toxin, 1)?, t.clinic(0)?, t.clinic(1)?);
    t.supplied(&loot, first)?;
    t.used(first, t.before_end(19), whole(&loot.items[0]))?;
    t.used(second, t.before_end(14), whole(&loot.items[0]))?;
    loot.crime("clone code", &["DUPLICATE_ITEM"])
}

/// 虚假使用后倒卖: used on paper, and sold to another clinic.
fn sham_use(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, first, second) = (t.goods(Class::Toxin, 1)?, t.clinic(0)?, t.clinic(1)?);
    t.supplied(&loot, first)?;
    t.used(first, t.before_end(19), whole(&loot.items[0]))?;
    t.sold((first, first), second, &loot, t.before_end(17), 5_000)?;
    loot.crime("sham use and resale", &["DUPLICATE_ITEM"])
}

/// 灌装: more vials out of a box than were in it.
fn refilled(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, clinic) = (t.goods(Class::Toxin, 1)?, t.clinic(0)?);
    t.supplied(&loot, clinic)?;
    for vial in 1..=loot.product.units_per_code + 2 {
        let line = UseLine {
            item: loot.items[0].clone(),
            vial,
            used: Some(loot.product.content()),
            ..UseLine::default()
        };
        t.used(clinic, t.before_end(19 - i64::from(vial)), line)?;
    }
    loot.crime("refilled vials", &["USAGE_EXCESS", "QUANTITY_EXCESS"])
}

/// 过期销售与使用.
fn sold_past_its_day(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, clinic, first) = (t.goods(Class::Toxin, 1)?, t.clinic(0)?, t.first());
    let last = day_text(t.before_end(22));
    t.made(&loot, |b| b.expires_on = last)?;
    t.sold((loot.product.maker, loot.product.hand), first, &loot, t.before_end(24), 5_000)?;
    t.sold((first, first), clinic, &loot, t.before_end(18), 5_000)?;
    t.used(clinic, t.before_end(15), whole(&loot.items[0]))?;
    loot.crime("sold and used past its last day", &["EXPIRED"])
}

/// 涂改效期: an inspector scans a label with a later day than the maker told.
fn relabelled(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, clinic) = (t.goods(Class::Toxin, 1)?, t.clinic(0)?);
    t.supplied(&loot, clinic)?;
    let serial = loot.items[0].rsplit('.').next()?;
    let day = short_day(t.before_end(0) + 1_200 * DAY);
    let scan = format!("]d201{}17{day}10{}\u{1d}21{serial}", loot.gtin, loot.printed);
    let (item, named) = (loot.items[0].clone(), t.id(clinic));
    let seen = Observation { item, scan, named, channel: "inspection".to_owned(), ..Observation::default() };
    let drug = t.world.cast().drug;
    t.say((drug, drug), t.before_end(12), false, Body::Observation(seen))?;
    loot.crime("relabelled expiry", &["RELABELLED"])
}

/// 召回后继续销售.
fn sold_under_recall(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, clinic, first) = (t.goods(Class::Toxin, 2)?, t.clinic(0)?, t.first());
    let maker = (loot.product.maker, loot.product.hand);
    t.made(&loot, |_| {})?;
    t.sold(maker, first, &loot, t.before_end(24), 5_000)?;
    let recall = Recall {
        number: format!("cert:{}/ZH-{}", t.id(loot.product.maker), t.crime),
        lots: vec![loot.lot.clone()],
        level: 1,
        reason: "suspended maker".to_owned(),
        instruction: "stop and send back".to_owned(),
        ..Recall::default()
    };
    t.say(maker, t.before_end(21), true, Body::Recall(recall))?;
    t.sold((first, first), clinic, &loot, t.before_end(17), 5_000)?;
    loot.crime("sold after its recall", &["RECALLED_OR_HELD"])
}

/// 网售毒性药品: toxin offered online.
fn offered_online(t: &mut Teller<'_>) -> Option<Crime> {
    let (product, clinic, at) = (t.product(Class::Toxin)?.0, t.clinic(0)?, t.before_end(15));
    let drug = t.world.cast().drug;
    let number = format!("{}{:03}", t.world.plan().seed % 1_000_000, t.crime);
    let listing = Listing {
        platform: t.id(drug),
        number: number.clone(),
        url: format!("https://shop.example/item/{number}"),
        seller: t.id(clinic),
        products: vec![product.product()],
        seen_from: day_text(at),
        ..Listing::default()
    };
    t.say((drug, drug), at, true, Body::Listing(listing))?;
    Some(Crime {
        name: "toxin offered online",
        rules: &["RESTRICTED_CHANNEL"],
        lines: vec![product.product()],
    })
}

/// 超量进口: more of a lot is declared than was made.
fn over_import(t: &mut Teller<'_>) -> Option<Crime> {
    let product = t.world.products().iter().find(|p| p.class == Class::Toxin && p.agent.is_some())?;
    let Marking::Gtin(gtin, _) = &product.marking else { return None };
    let lot = format!("lot:gtin:{gtin}.F{:02}{}", t.crime, short_day(t.before_end(27)));
    let at = t.before_end(26);
    let made = Commission {
        lot: lot.clone(),
        quantity: quantity(40, "box"),
        registration: product.registration.to_owned(),
        made_on: day_text(at - 20 * DAY),
        expires_on: day_text(at + 700 * DAY),
        units_per_code: product.units_per_code,
        market: "CN".to_owned(),
        ..Commission::default()
    };
    t.say((product.maker, product.hand), at, true, Body::Commission(made))?;
    let importer = *t.world.cast().importers.first()?;
    let line = DeclarationLine {
        number: 1,
        lot: lot.clone(),
        quantity: quantity(90, "box"),
        hs: "3002490090".to_owned(),
        origin: product.origin.to_owned(),
        registration: product.registration.to_owned(),
        ..DeclarationLine::default()
    };
    let declaration = format!("decl:2248{}1{:09}", &day_text(at)[..4], t.world.plan().seed % 1_000_000_000);
    let consignor = t.id(product.holder);
    let declared = DeclareImport { declaration, lines: vec![line], consignor, ..DeclareImport::default() };
    t.say((importer, importer), t.before_end(20), false, Body::DeclareImport(declared))?;
    Some(Crime { name: "over-import", rules: &["QUANTITY_EXCESS"], lines: vec![lot] })
}

/// 窜货: made for another market, sold here.
fn diverted(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, clinic, first) = (t.goods(Class::Toxin, 2)?, t.clinic(0)?, t.first());
    t.made(&loot, |b| b.market = "HK".to_owned())?;
    t.sold((loot.product.maker, loot.product.hand), first, &loot, t.before_end(24), 5_000)?;
    t.sold((first, first), clinic, &loot, t.before_end(20), 5_000)?;
    loot.crime("diversion", &["DIVERSION"])
}

/// 冷链断链.
fn cold_chain_broken(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, clinic, first) = (t.goods(Class::Toxin, 2)?, t.clinic(0)?, t.first());
    t.made(&loot, |_| {})?;
    t.sold((loot.product.maker, loot.product.hand), first, &loot, t.before_end(24), 5_000)?;
    t.sold((first, first), clinic, &loot, t.before_end(20), 25_000)?;
    loot.crime("broken cold chain", &["COLD_CHAIN"])
}

/// 改写计数: a console has made fewer shots than before.
fn counter_reset(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, clinic, first) = (t.goods(Class::Console, 1)?, t.clinic(0)?, t.first());
    t.made(&loot, |b| b.units_per_code = 1)?;
    t.sold((loot.product.maker, loot.product.hand), first, &loot, t.before_end(24), 20_000)?;
    t.sold((first, first), clinic, &loot, t.before_end(20), 20_000)?;
    for (days, counter) in [(17, 900), (14, 120)] {
        let line = UseLine { item: loot.items[0].clone(), counter, ..UseLine::default() };
        t.used(clinic, t.before_end(days), line)?;
    }
    loot.crime("reset counter", &["DEVICE_USAGE"])
}

/// 未注册产品: under a number that nobody was ever given.
fn unregistered(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, clinic, first) = (t.goods(Class::Toxin, 1)?, t.clinic(0)?, t.first());
    t.made(&loot, |b| b.registration = "国药准字S20999999".to_owned())?;
    t.sold((loot.product.maker, loot.product.hand), first, &loot, t.before_end(24), 5_000)?;
    t.sold((first, first), clinic, &loot, t.before_end(20), 5_000)?;
    loot.crime("unregistered product", &["UNREGISTERED_PRODUCT"])
}

/// 邮包走私: used, and nobody here ever made or brought it in.
fn by_parcel(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, clinic) = (t.goods(Class::Toxin, 1)?, t.clinic(0)?);
    t.used(clinic, t.before_end(16), whole(&loot.items[0]))?;
    loot.crime("grey import by parcel", &["UNKNOWN_ITEM"])
}

/// 事后补报: after the raid a sale is made up that explains what was found.
fn covered_up(t: &mut Teller<'_>) -> Option<Crime> {
    let (loot, clinic, first) = (t.goods(Class::Toxin, 1)?, t.clinic(0)?, t.first());
    t.made(&loot, |_| {})?;
    t.sold((loot.product.maker, loot.product.hand), first, &loot, t.before_end(24), 5_000)?;
    t.used(clinic, t.before_end(12), whole(&loot.items[0]))?;
    let drug = t.world.cast().drug;
    let inspection = Inspection {
        number: format!("cert:{}/JC-{}", t.id(drug), t.crime),
        kind: "unannounced".to_owned(),
        party: t.id(clinic),
        site: t.world.cast().member(clinic).site.clone(),
        officers: vec!["a".repeat(64), "b".repeat(64)],
        result: "failed".to_owned(),
        ..Inspection::default()
    };
    t.say((drug, drug), t.before_end(8), true, Body::Inspection(inspection))?;
    t.sold((first, first), clinic, &loot, t.before_end(16), 5_000)?;
    loot.crime("cover-up after a raid", &["AFTER_THE_FACT"])
}
