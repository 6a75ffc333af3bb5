//! How large a trade is.

/// How many of each kind take part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) abroad: usize,
    pub(crate) home: usize,
    pub(crate) importers: usize,
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) logistics: usize,
    pub(crate) carriers: usize,
    pub(crate) clinics: usize,
    /// Clinics with a radio-frequency console.
    pub(crate) consoles: usize,
    /// Fewest and most units of a lot.
    pub(crate) units: (usize, usize),
}

impl Sizes {
    /// A trade fit for about this many statements.
    pub(crate) const fn fit(statements: usize) -> Self {
        match statements {
            0..1_500 => Self {
                abroad: 1,
                home: 1,
                importers: 1,
                first: 1,
                second: 1,
                logistics: 1,
                carriers: 1,
                clinics: 4,
                consoles: 2,
                units: (6, 9),
            },
            1_500..10_000 => Self {
                abroad: 2,
                home: 2,
                importers: 1,
                first: 3,
                second: 4,
                logistics: 1,
                carriers: 2,
                clinics: 20,
                consoles: 8,
                units: (30, 60),
            },
            _ => Self {
                abroad: 3,
                home: 4,
                importers: 3,
                first: 6,
                second: 12,
                logistics: 3,
                carriers: 4,
                clinics: 60,
                consoles: 24,
                units: (160, 360),
            },
        }
    }
}
