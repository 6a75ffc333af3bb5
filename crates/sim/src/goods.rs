//! What is traded: products with their registrations.

use proto::v1::Quantity;

use crate::{
    calendar::CHINA,
    cast::{Cast, Who},
    codes,
};

/// What a product is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Toxin,
    Filler,
    WaterLight,
    Console,
    Tip,
}

impl Class {
    /// Code in the registration.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Toxin => "toxin",
            Self::Filler => "filler",
            Self::WaterLight => "water-light",
            Self::Console => "rf-console",
            Self::Tip => "rf-tip",
        }
    }
}

/// How its units are marked.
#[derive(Debug)]
pub(crate) enum Marking {
    /// GTIN and serial; the number is that of Chinese trace codes, used on some lots instead.
    Gtin(String, u32),
    /// MA-UDI with this device identifier.
    Ma(String),
}

/// A product.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) class: Class,
    pub(crate) registration: &'static str,
    pub(crate) name: &'static str,
    pub(crate) model: &'static str,
    pub(crate) marking: Marking,
    /// Holder of the registration.
    pub(crate) holder: Who,
    /// Agent in China, for makers abroad.
    pub(crate) agent: Option<Who>,
    /// In whose name it is commissioned, packed and first shipped.
    pub(crate) maker: Who,
    /// Who signs that.
    pub(crate) hand: Who,
    /// Country of origin.
    pub(crate) origin: &'static str,
    /// Local time at the plant, minutes from UTC.
    pub(crate) offset: i32,
    /// 0 for drugs.
    pub(crate) device_class: u32,
    /// Storage, m°C.
    pub(crate) storage: (i32, i32),
    pub(crate) units_per_code: u32,
    /// Content of one vial or piece.
    pub(crate) label: Option<(u64, &'static str)>,
    pub(crate) single_use: bool,
    /// 0 = not limited.
    pub(crate) maximum_uses: u64,
    pub(crate) shelf_days: i64,
    pub(crate) per_case: usize,
    /// First letter of lot numbers.
    pub(crate) letter: char,
}

impl Product {
    /// Canonical product text.
    pub(crate) fn product(&self) -> String {
        match &self.marking {
            Marking::Gtin(gtin, _) => format!("gtin:{gtin}"),
            Marking::Ma(di) => format!("ma:{}", di.replace('.', "%2E")),
        }
    }

    /// Content of one vial or piece; one piece where the label tells none.
    pub(crate) fn content(&self) -> Quantity {
        let (amount, unit) = self.label.unwrap_or((1, "piece"));
        Quantity { amount, unit: unit.to_owned() }
    }
}

/// A toxin; the starting point of every product.
fn drug() -> Product {
    Product {
        class: Class::Toxin,
        registration: "",
        name: "注射用A型肉毒毒素",
        model: "100U/瓶,3瓶/盒",
        marking: Marking::Gtin(String::new(), 0),
        holder: 0,
        agent: None,
        maker: 0,
        hand: 0,
        origin: "CN",
        offset: CHINA,
        device_class: 0,
        storage: (2_000, 8_000),
        units_per_code: 3,
        label: Some((100, "U")),
        single_use: true,
        maximum_uses: 0,
        shelf_days: 1_095,
        per_case: 10,
        letter: 'B',
    }
}

/// A filler; the starting point of every device.
fn device() -> Product {
    Product {
        class: Class::Filler,
        name: "注射用修饰透明质酸钠凝胶",
        model: "1.0mL/支",
        device_class: 3,
        storage: (2_000, 25_000),
        units_per_code: 1,
        label: Some((1_000, "uL")),
        shelf_days: 730,
        per_case: 20,
        letter: 'F',
        ..drug()
    }
}

/// A product made abroad, with who speaks for its maker.
fn imported(cast: &Cast, i: usize, product: Product) -> Product {
    let (holder, agent) = (cast.abroad[i], cast.agents[i]);
    let own_keys = cast.member(holder).system.is_some();
    let maker = if own_keys { holder } else { agent };
    let origin = cast.member(holder).country;
    let offset = if origin == "KR" { 540 } else { 60 };
    Product { holder, agent: Some(agent), maker, hand: agent, origin, offset, ..product }
}

fn domestic(cast: &Cast, i: usize, product: Product) -> Product {
    let maker = cast.home[i % cast.home.len()];
    Product { holder: maker, maker, hand: maker, ..product }
}

/// All products that this cast makes, the imported toxin first.
pub(crate) fn products(cast: &Cast) -> Vec<Product> {
    let gtin = |n: u32| Marking::Gtin(codes::gtin(1_000 + n), 10_000 + n);
    let mut all =
        vec![imported(cast, 0, Product { registration: "国药准字SJ20219901", marking: gtin(1), ..drug() })];
    if cast.abroad.len() > 1 {
        all.push(imported(
            cast,
            1,
            Product { registration: "国药准字SJ20229902", marking: gtin(2), letter: 'M', ..drug() },
        ));
    }
    if cast.abroad.len() > 2 {
        all.push(imported(
            cast,
            2,
            Product { registration: "国械注进20213139903", marking: gtin(3), letter: 'E', ..device() },
        ));
    }
    if cast.home.len() > 2 {
        all.push(domestic(
            cast,
            2,
            Product { registration: "国药准字S20209904", marking: gtin(4), letter: 'S', ..drug() },
        ));
    }
    all.extend(domestic_devices(cast));
    all
}

fn domestic_devices(cast: &Cast) -> [Product; 4] {
    let gtin = |n: u32| Marking::Gtin(codes::gtin(2_000 + n), 20_000 + n);
    let filler = Product {
        registration: "国械注准20203139905",
        marking: Marking::Ma("MA.156.M0.952001.HAG10001".to_owned()),
        ..device()
    };
    let water = Product {
        class: Class::WaterLight,
        registration: "国械注准20223149906",
        name: "注射用透明质酸钠溶液",
        model: "2.5mL/瓶",
        marking: gtin(6),
        label: Some((2_500, "uL")),
        letter: 'W',
        ..device()
    };
    let console = Product {
        class: Class::Console,
        registration: "国械注准20223099907",
        name: "射频治疗仪",
        model: "RF-100",
        marking: gtin(7),
        storage: (5_000, 40_000),
        label: None,
        single_use: false,
        shelf_days: 2_920,
        letter: 'R',
        ..device()
    };
    let tip = Product {
        class: Class::Tip,
        registration: "国械注准20223099908",
        name: "射频治疗仪用治疗头",
        model: "RF-100-T9",
        marking: gtin(8),
        storage: (5_000, 40_000),
        label: Some((900, "shot")),
        single_use: false,
        maximum_uses: 900,
        shelf_days: 1_095,
        letter: 'T',
        ..device()
    };
    [domestic(cast, 1, filler), domestic(cast, 3, water), domestic(cast, 0, console), domestic(cast, 0, tip)]
}
