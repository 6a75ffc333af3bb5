//! Tiles (C2SP `tlog-tiles`): a tree cut into stacks of 256 hashes, each with a path of its own.
//!
//! | resource | path | bytes |
//! | --- | --- | --- |
//! | tile *n* of level *l* | `tile/L/N`, partly filled `tile/L/N.p/W` | W × 32: roots of 256^l leaves each |
//! | entries *n* | `tile/entries/N`, partly filled `tile/entries/N.p/W` | W × (u16 length ‖ leaf) |
//!
//! *N* is written in groups of three digits, all but the last behind an `x`: 1,234,067 is `x001/x234/067`.
//! *W* is 1 to 255. A full tile has no suffix, and empty tiles do not exist.

use std::{cell::RefCell, fmt, str::FromStr};

use crate::hash::Hash;
use crate::proof::HashReader;
use crate::tree::{MAX_TREE_SIZE, root_of};

#[cfg(test)]
mod tests;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;

/// Highest level of a tile that a tree of [`MAX_TREE_SIZE`] leaves has.
pub const MAX_TILE_LEVEL: u8 = 7;

/// Levels of the tree in a tile.
const TILE_HEIGHT: u32 = TILE_WIDTH.ilog2();

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes of this level, 0 to [`MAX_TILE_LEVEL`].
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

/// The name of a tile. One that exists has a width of 1 to 256 and lies within the largest tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// A path is not that of a tile, or no tree has the tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile")]
pub struct TileIdError;

impl TileId {
    /// Tile `index` of a kind with `width` hashes or entries in it; `None` where no tree has it.
    #[must_use]
    pub fn new(kind: TileKind, index: u64, width: u16) -> Option<Self> {
        let this = Self { kind, index, width };
        let below = u128::from(index) * u128::from(TILE_WIDTH) + u128::from(width);
        let fits = this.level() <= MAX_TILE_LEVEL && (1..=TILE_WIDTH).contains(&u64::from(width));
        let most = MAX_TREE_SIZE.checked_shr(TILE_HEIGHT * u32::from(this.level())).unwrap_or(0);
        (fits && below <= u128::from(most)).then_some(this)
    }

    /// The tile of a kind that holds hash or entry `at`, as a tree of `size` leaves has it; `None` where that
    /// tree has no such hash in a tile.
    #[must_use]
    pub fn holding(kind: TileKind, at: u64, size: u64) -> Option<Self> {
        let level = match kind {
            TileKind::Hashes(level) if level <= MAX_TILE_LEVEL => level,
            TileKind::Hashes(_) => return None,
            TileKind::Entries => 0,
        };
        let there = size >> (TILE_HEIGHT * u32::from(level));
        let index = at / TILE_WIDTH;
        let width = there.checked_sub(index * TILE_WIDTH)?.min(TILE_WIDTH);
        (at < there).then(|| Self::new(kind, index, width as u16)).flatten()
    }

    /// What it holds.
    #[must_use]
    pub const fn kind(&self) -> TileKind {
        self.kind
    }

    /// Its place among those of its level.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Hashes or entries in it, 1 to 256.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether it is full, and so will never grow.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width as u64 == TILE_WIDTH
    }

    const fn level(&self) -> u8 {
        match self.kind {
            TileKind::Hashes(level) => level,
            TileKind::Entries => 0,
        }
    }

    /// Fewest leaves that a tree with this tile has.
    #[must_use]
    pub const fn needs(&self) -> u64 {
        // Cannot overflow: `new` has seen to it.
        (self.index * TILE_WIDTH + self.width as u64) << (TILE_HEIGHT * self.level() as u32)
    }
}

/// Formats the path, without a slash before it.
impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}")?,
            TileKind::Entries => f.write_str("tile/entries")?,
        }
        let digits = self.index.to_string();
        let digits = format!("{digits:0>width$}", width = digits.len().div_ceil(3) * 3);
        for (i, group) in digits.as_bytes().chunks(3).enumerate() {
            let more = if (i + 1) * 3 < digits.len() { "/x" } else { "/" };
            f.write_str(more)?;
            group.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))?;
        }
        match self.is_full() {
            true => Ok(()),
            false => write!(f, ".p/{}", self.width),
        }
    }
}

/// Reads a path, which has one spelling.
impl FromStr for TileId {
    type Err = TileIdError;

    fn from_str(path: &str) -> Result<Self, TileIdError> {
        let this = parse(path).ok_or(TileIdError)?;
        if this.to_string() != path {
            return Err(TileIdError);
        }
        Ok(this)
    }
}

fn parse(path: &str) -> Option<TileId> {
    let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes(level.parse().ok()?),
    };
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok()?),
        None => (rest, TILE_WIDTH as u16),
    };
    // Twenty digits of a u64 and their slashes.
    if index.len() > 32 || width > TILE_WIDTH as u16 || (width == TILE_WIDTH as u16 && rest.contains(".p/")) {
        return None;
    }
    let digits: String = index.chars().filter(|c| !matches!(c, 'x' | '/')).collect();
    TileId::new(kind, digits.parse().ok()?, width)
}

/// Reads tiles of one tree.
pub trait TileReader {
    /// Why a tile cannot be read.
    type Error;

    /// The hashes of a tile of hashes, as many as its width.
    ///
    /// # Errors
    /// It cannot be read.
    fn tile(&self, tile: TileId) -> Result<Vec<Hash>, Self::Error>;
}

/// Node hashes of a tree of `size` leaves out of its tiles. Each tile is read once, so one of these serves a
/// few proofs and is dropped: it keeps every tile it has read.
#[derive(Debug)]
pub struct TiledTree<R> {
    tiles: R,
    size: u64,
    read: RefCell<Vec<(TileId, Vec<Hash>)>>,
}

/// Why a node cannot be had from tiles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TiledError<E> {
    /// No tile of the tree holds it.
    #[error("the tree has no such node")]
    Absent,
    /// A tile has another number of hashes than its name says.
    #[error("{0} has {1} hashes")]
    Width(TileId, usize),
    /// It cannot be read.
    #[error("{0}")]
    Read(E),
}

impl<R: TileReader> TiledTree<R> {
    /// The tree over the first `size` leaves.
    pub const fn new(tiles: R, size: u64) -> Self {
        Self { tiles, size, read: RefCell::new(Vec::new()) }
    }

    /// Number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }
}

impl<R: TileReader> HashReader for TiledTree<R> {
    type Error = TiledError<R::Error>;

    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error> {
        let (tile_level, within) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let kind = u8::try_from(tile_level).map(TileKind::Hashes).map_err(|_| TiledError::Absent)?;
        let (first, count) = (index << within, 1usize << within);
        // The whole subtree must be there: its last hash is in the tile that its first is in.
        let last = first + count as u64 - 1;
        let tile = TileId::holding(kind, last, self.size).ok_or(TiledError::Absent)?;
        let mut read = self.read.borrow_mut();
        if !read.iter().any(|(id, _)| *id == tile) {
            let hashes = self.tiles.tile(tile).map_err(TiledError::Read)?;
            if hashes.len() != usize::from(tile.width()) {
                return Err(TiledError::Width(tile, hashes.len()));
            }
            read.push((tile, hashes));
        }
        let hashes = read.iter().find(|(id, _)| *id == tile).map(|(_, hashes)| hashes.as_slice());
        let start = (first % TILE_WIDTH) as usize;
        let hashes = hashes.and_then(|h| h.get(start..start + count)).ok_or(TiledError::Absent)?;
        Ok(root_of(hashes))
    }
}
