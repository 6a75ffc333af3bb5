//! A log as it is published (C2SP `tlog-tiles`): what anybody can check who may not read contents.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use anyhow::Result;
use audit::{
    Defect, Fault, LeafAuditor, LeafPosition, Seen, TimeCheck, TimeFindings, bundle_leaves, check_tile,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use merkle::{Checkpoint, CompactRange, Hash, TILE_WIDTH, TileId, TileKind, VerifierKey, leaf_hash, root_of};
use serde::{Deserialize, Serialize};
use statement::Leaf;
use witness::feed::{Link, LinkOptions};

use super::expected::Expected;
use crate::exit;

/// Connections at a time.
const AT_ONCE: usize = 4;
/// File in the state's folder.
const STATE: &str = "leaves.json";

/// What leaves, tiles and checkpoint came to.
#[derive(Debug)]
pub struct Published {
    /// Leaves checked, by this run and those that it went on from.
    pub entries: u64,
    /// Of them, those that an earlier run had checked.
    pub resumed: u64,
    /// Root over them.
    pub root: Hash,
    /// The newest checkpoint published.
    pub note: String,
    /// The first thing that does not fit.
    pub defect: Option<Defect>,
    /// Times that do not go with those of witnesses.
    pub times: TimeFindings,
}

/// Where a run has come to, for later ones.
#[derive(Serialize, Deserialize)]
struct Kept {
    log_key: String,
    tree: String,
    recorded_at: u64,
    note: String,
}

/// Where a log is published.
pub struct Site {
    url: String,
    links: Vec<Link>,
}

impl Site {
    pub fn new(url: &str, ca: Option<&Path>) -> Result<Self> {
        let options = LinkOptions { ca: ca.map(Into::into), ..LinkOptions::new(url) };
        let links: Result<Vec<Link>, _> = (0..AT_ONCE).map(|_| Link::new(&options)).collect();
        let links = links.map_err(|e| exit::usage(e.to_string(), format!("{url}：地址有误：{e}")))?;
        Ok(Self { url: url.to_owned(), links })
    }

    /// The newest checkpoint, which the log's key must have signed.
    pub async fn checkpoint(&self, key: &VerifierKey) -> Result<(Checkpoint, String)> {
        let bytes = self.get(0, "/checkpoint").await?;
        let note = String::from_utf8_lossy(&bytes).into_owned();
        let checkpoint = evidence::open_checkpoint(&note, key).map_err(|e| {
            let url = &self.url;
            exit::refused(
                format!("{url}/checkpoint: not signed by the log's key: {e}"),
                format!("{url}/checkpoint：并非以日志公钥所签：{e}"),
            )
        })?;
        Ok((checkpoint, note))
    }

    async fn get(&self, place: usize, path: &str) -> Result<Vec<u8>> {
        let unreachable = |why: &dyn std::fmt::Display| {
            let url = &self.url;
            exit::unreachable(format!("{url}{path}: {why}"), format!("{url}{path}：{why}"))
        };
        let link = &self.links[place % self.links.len()];
        let mut tries = 0;
        loop {
            tries += 1;
            match link.get(path).await {
                Ok((200, body)) => return Ok(body.to_vec()),
                Ok((404, _)) => {
                    let url = &self.url;
                    return Err(exit::refused(
                        format!("{url}{path} is not there, though the checkpoint covers it"),
                        format!("{url}{path} 不存在，而检查点涵盖它"),
                    ));
                }
                Ok((status, _)) if tries == 3 => return Err(unreachable(&format_args!("status {status}"))),
                Err(error) if tries == 3 => return Err(unreachable(&error)),
                _ => tokio::time::sleep(std::time::Duration::from_millis(250 * tries)).await,
            }
        }
    }

    async fn tile(&self, place: usize, tile: TileId) -> Result<Vec<u8>> {
        self.get(place, &format!("/{tile}")).await
    }

    /// A bundle and the tile of its hashes.
    async fn bundle(&self, number: u64, size: u64) -> Result<(u64, Vec<u8>, Vec<u8>)> {
        let place = number as usize;
        let first = number * TILE_WIDTH;
        let of = |kind| TileId::holding(kind, first, size).ok_or_else(|| anyhow::anyhow!("no such tile"));
        let (entries, hashes) = (of(TileKind::Entries)?, of(TileKind::Hashes(0))?);
        Ok((number, self.tile(place, entries).await?, self.tile(place, hashes).await?))
    }
}

/// Checks everything that is published, from where an earlier run has left its state, if there is a folder for it.
pub async fn check(
    site: &Site,
    key: &VerifierKey,
    expected: &mut Expected,
    (seen, max_lag): (impl Fn(u64, &str) -> Vec<Seen>, u64),
    state: Option<&Path>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Published> {
    let (checkpoint, note) = site.checkpoint(key).await?;
    let kept = state.map(|dir| load(dir, key)).transpose()?.flatten();
    let mut moments = seen(checkpoint.size(), &note);
    let (position, kept) = kept.unzip();
    if let (Some(position), Some(note)) = (&position, &kept) {
        moments.extend(seen(position.tree.size(), note));
    }
    let auditor = LeafAuditor::resume(position.unwrap_or_default());
    let (resumed, before) = (auditor.size(), auditor.position().tree.clone());
    let mut walk = Walk {
        site,
        size: checkpoint.size(),
        levels: vec![Level::from(resumed / TILE_WIDTH)],
        times: TimeCheck::new(moments, max_lag),
        auditor,
    };
    let ended = match grown(resumed, &walk.auditor, &checkpoint) {
        Ok(()) => walk.all(expected, progress).await?,
        Err(defect) => Err(defect),
    };
    let defect = match ended {
        Err(defect) => Some(defect),
        Ok(()) if walk.auditor.root() == *checkpoint.root() => None,
        Ok(()) => Some(walk.other_root(&before).await?),
    };
    if let (None, Some(dir)) = (&defect, state) {
        save(dir, key, walk.auditor.position(), &note)?;
    }
    let (entries, root) = (walk.auditor.size(), walk.auditor.root());
    Ok(Published { entries, resumed, root, note, defect, times: walk.times.finish() })
}

/// Whether the log can have grown from what was checked before.
fn grown(resumed: u64, auditor: &LeafAuditor, checkpoint: &Checkpoint) -> Result<(), Defect> {
    let size = checkpoint.size();
    if size < resumed {
        return Err(Defect { index: size, fault: Fault::Cut(resumed) });
    }
    if size == resumed && auditor.root() != *checkpoint.root() {
        return Err(Defect { index: size.saturating_sub(1), fault: Fault::Replaced });
    }
    Ok(())
}

/// The hashes in the open tile of a level, from number `first` of the level on: the first of the tile, or the first
/// that this run has derived.
struct Level {
    first: u64,
    hashes: Vec<Hash>,
}

impl Level {
    const fn from(first: u64) -> Self {
        Self { first, hashes: Vec::new() }
    }
}

struct Walk<'s> {
    site: &'s Site,
    size: u64,
    /// Levels 1, 2, …
    levels: Vec<Level>,
    times: TimeCheck,
    auditor: LeafAuditor,
}

impl Walk<'_> {
    async fn all(
        &mut self,
        expected: &mut Expected,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Result<(), Defect>> {
        let (site, size) = (self.site, self.size);
        if self.auditor.size() == size {
            return Ok(Ok(()));
        }
        let numbers = self.auditor.size() / TILE_WIDTH..size.div_ceil(TILE_WIDTH);
        let mut bundles = stream::iter(numbers).map(|number| site.bundle(number, size)).buffered(AT_ONCE);
        while let Some((number, entries, hashes)) = bundles.try_next().await? {
            let root = match self.bundle(number, &entries, &hashes, expected) {
                Err(defect) => return Ok(Err(defect)),
                Ok(root) => root,
            };
            progress(self.auditor.size(), size);
            if let Some(root) = root
                && let Err(defect) = self.raise(root).await?
            {
                return Ok(Err(defect));
            }
        }
        self.open_tiles().await
    }

    /// The root over a bundle that is full.
    fn bundle(
        &mut self,
        number: u64,
        entries: &[u8],
        hashes: &[u8],
        expected: &mut Expected,
    ) -> Result<Option<Hash>, Defect> {
        let first = number * TILE_WIDTH;
        let width = (self.size - first).min(TILE_WIDTH) as u16;
        let leaves = bundle_leaves(entries, first, width)?;
        let mut derived = Vec::with_capacity(leaves.len());
        for (index, leaf) in (first..).zip(&leaves) {
            if index < self.auditor.size() {
                // Was checked before; that it is still the same, the root tells.
                derived.push(leaf_hash(leaf));
                continue;
            }
            derived.push(self.auditor.check(leaf)?);
            if index == 0 && expected.ledger().is_some_and(|ledger| *ledger != derived[0]) {
                return Err(Defect {
                    index,
                    fault: Fault::Genesis("it is of another ledger than expected".into()),
                });
            }
            if let Ok(leaf) = Leaf::decode(leaf) {
                self.times.entry(index, leaf.recorded_at);
            }
            expected.look_at(self.auditor.size(), || self.auditor.root());
        }
        check_tile(0, first, &derived, hashes)?;
        Ok((derived.len() as u64 == TILE_WIDTH).then(|| root_of(&derived)))
    }

    /// Takes the root over a full tile into the level above, and compares what fills up.
    async fn raise(&mut self, root: Hash) -> Result<Result<(), Defect>> {
        let mut root = root;
        for at in 0.. {
            if self.levels.len() == at {
                // The tile below that has just filled up ends there.
                let first = (self.levels[at - 1].first / TILE_WIDTH).saturating_sub(1);
                self.levels.push(Level::from(first));
            }
            let level = &mut self.levels[at];
            level.hashes.push(root);
            if !(level.first + level.hashes.len() as u64).is_multiple_of(TILE_WIDTH) {
                return Ok(Ok(()));
            }
            if let Err(defect) = self.compare(at).await? {
                return Ok(Err(defect));
            }
            let level = &mut self.levels[at];
            let (whole, hashes) = (level.first.is_multiple_of(TILE_WIDTH), std::mem::take(&mut level.hashes));
            level.first += hashes.len() as u64;
            if !whole {
                // The beginning of this tile was derived by an earlier run.
                return Ok(Ok(()));
            }
            root = root_of(&hashes);
        }
        Ok(Ok(()))
    }

    /// Compares the open tile of a level (counted from level 1) with the published one.
    async fn compare(&self, at: usize) -> Result<Result<(), Defect>> {
        let Level { first, hashes } = &self.levels[at];
        if hashes.is_empty() {
            return Ok(Ok(()));
        }
        let number = at as u8 + 1;
        let Some(tile) = TileId::holding(TileKind::Hashes(number), *first, self.size) else {
            return Ok(Ok(()));
        };
        let served = self.site.tile(at, tile).await?;
        let skipped = (first % TILE_WIDTH) as usize * size_of::<Hash>();
        Ok(check_tile(number, *first, hashes, served.get(skipped..).unwrap_or_default()))
    }

    async fn open_tiles(&self) -> Result<Result<(), Defect>> {
        for at in 0..self.levels.len() {
            if let Err(defect) = self.compare(at).await? {
                return Ok(Err(defect));
            }
        }
        Ok(Ok(()))
    }

    /// Leaves and tiles go together, and the checkpoint with neither: either it was signed for another tree, or what
    /// an earlier run has checked is not there any more.
    async fn other_root(&self, kept: &CompactRange) -> Result<Defect> {
        if let Some(index) = self.first_replaced(kept).await? {
            return Ok(Defect { index, fault: Fault::Replaced });
        }
        let fault = Fault::Checkpoint("it was signed for another root".into());
        Ok(Defect { index: self.size.saturating_sub(1), fault })
    }

    /// The first entry of the first subtree over the leaves checked before that the published tiles have otherwise.
    async fn first_replaced(&self, kept: &CompactRange) -> Result<Option<u64>> {
        let mut start = 0;
        for node in kept.nodes() {
            let height = (kept.size() - start).ilog2();
            let level = (height / 8) as u8;
            let (first, count) = (start >> (8 * u32::from(level)), 1usize << (height % 8));
            let Some(tile) = TileId::holding(TileKind::Hashes(level), first, self.size) else {
                return Ok(None);
            };
            let served = self.site.tile(0, tile).await?;
            let (hashes, _) = served.as_chunks::<32>();
            let from = (first % TILE_WIDTH) as usize;
            if hashes.get(from..from + count).is_none_or(|hashes| root_of(hashes) != *node) {
                return Ok(Some(start));
            }
            start += 1 << height;
        }
        Ok(None)
    }
}

/// What an earlier run has left: where it stood, and the checkpoint that it held against it.
fn load(dir: &Path, key: &VerifierKey) -> Result<Option<(LeafPosition, String)>> {
    let file = dir.join(STATE);
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(disk("read", "读取", &file, e)),
    };
    let damaged = |why: String| {
        let name = file.display();
        exit::usage(
            format!("{name}: {why}; move it away to begin anew"),
            format!("{name}：{why}；如须重新开始，请移走该文件"),
        )
    };
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|e| damaged(e.to_string()))?;
    let range = hex::decode(&kept.tree).ok().and_then(|bytes| CompactRange::from_bytes(&bytes).ok());
    let signed = evidence::open_checkpoint(&kept.note, key).map_err(|e| damaged(e.to_string()))?;
    let fits = |tree: &CompactRange| (tree.size(), tree.root()) == (signed.size(), *signed.root());
    match range.filter(fits).filter(|_| kept.log_key == key.to_string()) {
        Some(tree) => Ok(Some((LeafPosition { tree, recorded_at: kept.recorded_at }, kept.note))),
        None => Err(damaged("it is of another log, or damaged".into())),
    }
}

fn save(dir: &Path, key: &VerifierKey, position: &LeafPosition, note: &str) -> Result<()> {
    let kept = Kept {
        log_key: key.to_string(),
        tree: hex::encode(position.tree.to_bytes()),
        recorded_at: position.recorded_at,
        note: note.to_owned(),
    };
    let (file, draft) = (dir.join(STATE), dir.join("leaves.new"));
    let write = || {
        fs::create_dir_all(dir)?;
        let mut draft_file = fs::File::create(&draft)?;
        draft_file.write_all(serde_json::to_string(&kept)?.as_bytes())?;
        draft_file.sync_all()?;
        fs::rename(&draft, &file)
    };
    write().map_err(|e: io::Error| disk("write", "写入", &file, e))
}

fn disk(english: &str, chinese: &str, file: &Path, error: io::Error) -> anyhow::Error {
    let name = file.display();
    exit::machine(format!("cannot {english} {name}"), format!("无法{chinese} {name}"), error)
}
