//! A lot of a product: what it is, when it begins, and what its units and containers are called.

use crate::{
    calendar::{DAY, day_text, short_day},
    codes,
    dice::Dice,
    goods::{Class, Marking, Product},
    world::{Span, World},
};

/// A unit or container of one lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    Unit(u16),
    Case(u16),
    Pallet(u16),
}

/// How the units of a lot are named in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// GTIN and serial, or MA-UDI.
    Printed,
    /// Chinese trace code.
    TraceCode,
    /// Not at all: only amounts of the lot are told.
    AmountOnly,
}

/// A lot.
#[derive(Debug)]
pub(crate) struct Lot {
    pub(crate) number: u32,
    /// Index among the world's products.
    pub(crate) product: usize,
    /// When its first statement happens, µs.
    pub(crate) start: i64,
    /// When it was made, µs.
    pub(crate) made: i64,
    pub(crate) units: u16,
    pub(crate) named: Named,
}

/// The first lots are fixed, so that every trade has one of each kind that the examples need.
const FIRST: [(Class, i64); 4] =
    [(Class::Toxin, 2 * DAY), (Class::Filler, 3 * DAY), (Class::Console, 2 * DAY), (Class::Tip, 8 * DAY)];

// Their numbers.
pub(crate) const TOXINS: u32 = 0;
pub(crate) const FILLERS: u32 = 1;
pub(crate) const CONSOLES: u32 = 2;
pub(crate) const TIPS: u32 = 3;
/// How many there are.
pub(crate) const FIXED: u32 = FIRST.len() as u32;

impl Lot {
    /// Lot `number` of a trade: a function of seed and number alone.
    pub(crate) fn new(world: &World, number: u32) -> Self {
        let mut dice = Dice::new(world.plan().seed, u64::from(number) << 1);
        let class = FIRST.get(number as usize).map_or_else(|| draw_class(&mut dice), |(class, _)| *class);
        let product = draw_product(world, number, class, &mut dice);
        let start = begin(world.span(), number, class) + dice.between(0, DAY / 4);
        let (low, high) = world.sizes().units;
        let units = match class {
            Class::Console => world.sizes().consoles,
            _ => low + dice.below(high - low + 1),
        };
        let named = match class {
            Class::Toxin if number >= FIXED && dice.permille(300) => Named::TraceCode,
            Class::WaterLight if dice.permille(250) => Named::AmountOnly,
            _ => Named::Printed,
        };
        // At most a few hundred units.
        Self { number, product, start, made: start - dice.between(15, 70) * DAY, units: units as u16, named }
    }

    /// Lot number as printed.
    pub(crate) fn printed(&self, product: &Product) -> String {
        format!("{}{}{:04}", product.letter, short_day(self.made), self.number)
    }

    /// Canonical lot.
    pub(crate) fn text(&self, product: &Product) -> String {
        format!("lot:{}.{}", product.product(), self.printed(product))
    }

    /// Last day of use.
    pub(crate) fn expires(&self, product: &Product) -> String {
        day_text(self.made + product.shelf_days * DAY)
    }

    /// Canonical item.
    pub(crate) fn item(&self, product: &Product, code: Code) -> String {
        match code {
            Code::Case(n) => format!("sscc:{}", codes::sscc(1, self.number, n)),
            Code::Pallet(n) => format!("sscc:{}", codes::sscc(2, self.number, n)),
            Code::Unit(n) => self.unit(product, n),
        }
    }

    fn unit(&self, product: &Product, n: u16) -> String {
        match &product.marking {
            Marking::Gtin(_, number) if self.named == Named::TraceCode => {
                format!("cdtc:{}", codes::trace_code(*number, self.number, n))
            }
            Marking::Gtin(gtin, _) => format!("sgtin:{gtin}.{}", codes::serial(self.number, n)),
            Marking::Ma(di) => {
                let (made, lot) = (short_day(self.made), self.printed(product));
                format!("ma:{di}.M{made}.L{lot}.S{}", codes::serial(self.number, n))
            }
        }
    }
}

fn draw_class(dice: &mut Dice) -> Class {
    match dice.below(1_000) {
        0..400 => Class::Toxin,
        400..700 => Class::Filler,
        700..860 => Class::WaterLight,
        _ => Class::Tip,
    }
}

/// The first lot is of the imported toxin; every class has at least one product.
fn draw_product(world: &World, number: u32, class: Class, dice: &mut Dice) -> usize {
    let fit: Vec<usize> =
        world.products().iter().enumerate().filter(|(_, p)| p.class == class).map(|(i, _)| i).collect();
    if number < FIXED { fit[0] } else { dice.pick(&fit) }
}

/// Beginnings are spread evenly over the time of trade, whatever the number of lots: the golden ratio
/// never falls into step. Tips come when the consoles have arrived.
fn begin(span: Span, number: u32, class: Class) -> i64 {
    if let Some((_, after)) = FIRST.get(number as usize) {
        return span.begin + after;
    }
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let fraction = i128::from(u64::from(number).wrapping_mul(GOLDEN) >> 1);
    let first = span.begin + if class == Class::Tip { 8 } else { 2 } * DAY;
    let last = span.end - 10 * DAY;
    // A fraction of i64::MAX of the way from first to last.
    first + ((i128::from(last - first) * fraction) >> 63) as i64
}
