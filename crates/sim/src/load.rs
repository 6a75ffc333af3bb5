//! Load for benchmarks: bills of one item each over goods commissioned beforehand.

use merkle::Hash;
use proto::v1::{Commission, Ship, SignedStatement, statement::Body};

use crate::{
    calendar::{CHINA, DAY, HOUR, day_text, short_day},
    cast::Who,
    codes,
    goods::{Marking, Product},
    pen::{Head, Signed},
    register::registrations,
    world::World,
};

/// Items of one Commission.
const PER_COMMISSION: u32 = 500;
/// Lots of the load are numbered from here on, beyond any trade's.
const FIRST_LOT: u32 = 90_000_000;
/// Lots of bills of many items.
const BILL_LOT: u32 = 95_000_000;

/// Bills of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bills {
    /// How many, at most 100,000.
    pub count: u32,
    /// Items of each, at most 4,000.
    pub items: u16,
}

/// `n` items in the hands of their makers, and one Ship for each, in random order of items.
///
/// [`setup`](Self::setup) must be recorded first. [`ship`](Self::ship) depends on nothing but its index:
/// call it from any number of threads.
#[derive(Debug)]
pub struct Load {
    world: World,
    ledger: Hash,
    /// Number of items.
    items: u32,
    /// Products marked with GTIN and serial.
    products: Vec<usize>,
    /// Who may be shipped to.
    buyers: Vec<Who>,
}

impl Load {
    /// A load of `n` items (at most 10⁹) for a ledger. The world gives parties, keys and products; its
    /// own trade is not used, so plan it small in statements if its size does not matter.
    #[must_use]
    pub fn new(world: World, ledger: Hash, n: u32) -> Self {
        let marked = |product: &Product| matches!(product.marking, Marking::Gtin(..));
        let products =
            world.products().iter().enumerate().filter(|(_, p)| marked(p)).map(|(i, _)| i).collect();
        let cast = world.cast();
        let buyers = [&cast.importers[..], &cast.first, &cast.second, &cast.clinics].concat();
        Self { world, ledger, items: n.min(1_000_000_000), products, buyers }
    }

    /// Number of Ships.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.items
    }

    /// Whether there is nothing to ship.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// What must be recorded first, in this order: registration, then the Commission of all items.
    pub fn setup(&self) -> impl Iterator<Item = Signed> + '_ {
        let commissions = (0..self.items.div_ceil(PER_COMMISSION)).filter_map(|lot| self.commission(lot));
        registrations(&self.world, &self.ledger).into_iter().chain(commissions)
    }

    /// The Ship of index `i` modulo [`len`](Self::len); nothing for an empty load.
    #[must_use]
    pub fn ship(&self, i: u32) -> Option<SignedStatement> {
        let i = i.checked_rem(self.items)?;
        let item = self.scattered(i);
        let lot = item / PER_COMMISSION;
        let product = self.product(lot);
        let end = self.world.span().end;
        // The second half of the last day but one, in order of index.
        let at = end - DAY + i64::from(i) * (12 * HOUR) / i64::from(self.items);
        let buyer =
            self.buyers[codes::serial(i, 1).bytes().map(usize::from).sum::<usize>() % self.buyers.len()];
        let buyer = self.world.cast().member(buyer);
        let body = Body::Ship(Ship {
            items: vec![self.item(product, item)],
            addressee: buyer.id.clone(),
            ship_to: buyer.site.clone(),
            reason: "sale".to_owned(),
            ..Ship::default()
        });
        self.sign(product, at, format!("CK{}-{i:09}", short_day(at)), (FIRST_LOT, i), body)
            .map(|signed| signed.statement)
    }

    /// Ships of many items each, and the Commissions that must be recorded before them, one for each bill.
    #[must_use]
    pub fn bills(&self, bills: Bills) -> (Vec<SignedStatement>, Vec<SignedStatement>) {
        let (mut setup, mut ships) = (Vec::new(), Vec::new());
        for n in 0..bills.count.min(100_000) {
            // A lot of its own for every bill of every size.
            let number = n * 4_096 + u32::from(bills.items);
            let lot = BILL_LOT + number;
            let product = self.product(n);
            let Marking::Gtin(gtin, _) = &product.marking else { continue };
            let serial = |i| format!("sgtin:{gtin}.{}{}", bills.items, codes::serial(lot, i));
            let items: Vec<String> = (0..bills.items).map(serial).collect();
            let end = self.world.span().end;
            let (made, at) = (end - 2 * DAY, end - DAY + i64::from(n));
            let buyer = self.world.cast().member(self.buyers[n as usize % self.buyers.len()]);
            let place = |kind| (BILL_LOT + kind, number);
            let key = |prefix| format!("{prefix}{}-{}-{n:09}", short_day(at), bills.items);
            let commission = Body::Commission(self.commission_of(product, items.clone(), lot));
            let ship = Body::Ship(Ship {
                items,
                addressee: buyer.id.clone(),
                ship_to: buyer.site.clone(),
                reason: "sale".to_owned(),
                ..Ship::default()
            });
            setup.extend(self.sign(product, made, key("FM"), place(0), commission));
            ships.extend(self.sign(product, at, key("CK"), place(1), ship));
        }
        let bare = |signed: Vec<Signed>| signed.into_iter().map(|s| s.statement).collect();
        (bare(setup), bare(ships))
    }

    /// A fixed permutation of the items: an odd multiplication and a shift within the next power of two,
    /// walked until it falls below their number (twice on average, at most).
    fn scattered(&self, i: u32) -> u32 {
        let mask = self.items.next_power_of_two() - 1;
        let half = (32 - mask.leading_zeros()).div_ceil(2);
        let mut x = i;
        loop {
            for factor in [0x9e37_79b1_u32, 0x85eb_ca6b, 0xc2b2_ae35] {
                x = x.wrapping_mul(factor) & mask;
                x ^= x.checked_shr(half).unwrap_or(0);
            }
            if x < self.items {
                return x;
            }
        }
    }

    fn product(&self, lot: u32) -> &Product {
        &self.world.products()[self.products[lot as usize % self.products.len()]]
    }

    fn item(&self, product: &Product, item: u32) -> String {
        let Marking::Gtin(gtin, _) = &product.marking else { return String::new() };
        // The remainder is below the size of a Commission.
        let serial = codes::serial(FIRST_LOT + item / PER_COMMISSION, (item % PER_COMMISSION) as u16);
        format!("sgtin:{gtin}.{serial}")
    }

    fn commission(&self, lot: u32) -> Option<Signed> {
        let product = self.product(lot);
        let first = lot * PER_COMMISSION;
        let last = first.saturating_add(PER_COMMISSION).min(self.items);
        let end = self.world.span().end;
        let at = end - 2 * DAY;
        let items = (first..last).map(|item| self.item(product, item)).collect();
        let body = Body::Commission(self.commission_of(product, items, lot));
        self.sign(product, at, format!("FM{}-{lot:09}", short_day(at)), (FIRST_LOT + 1, lot), body)
    }

    fn commission_of(&self, product: &Product, items: Vec<String>, lot: u32) -> Commission {
        let made = self.world.span().end - 40 * DAY;
        Commission {
            items,
            lot: format!("lot:{}.{}{}{lot:07}", product.product(), product.letter, short_day(made)),
            quantity: None,
            registration: product.registration.to_owned(),
            made_on: day_text(made),
            expires_on: day_text(made + product.shelf_days * DAY),
            units_per_code: product.units_per_code,
            market: "CN".to_owned(),
            opening_stock: false,
        }
    }

    /// Signs in the name of a product's maker.
    fn sign(
        &self,
        product: &Product,
        at: i64,
        business_key: String,
        place: (u32, u32),
        body: Body,
    ) -> Option<Signed> {
        let key = self.world.cast().member(product.hand).system.as_ref()?;
        let head = Head {
            actor: product.maker,
            hand: product.hand,
            at: Some(product.holder),
            occurred: at,
            upload: at,
            offset: CHINA,
            business_key,
            attachments: Vec::new(),
            place,
            key,
        };
        Some(self.world.pen(&self.ledger).sign(head, body, "load"))
    }
}
