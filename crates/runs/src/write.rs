//! Writing a run, record by record.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use merkle::{CompactRange, Hash, TILE_WIDTH, root_of};
use statement::RunRef;

use crate::{HEADER_LEN, MAGIC, Record, RunError};

/// When a file must be safe from power loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// As soon as it has its name.
    Now,
    /// Never, or when [`Book::keep`](crate::Book::keep) says so: it lies where a crash lets everything be made anew.
    Later,
}

/// Bytes after which what has been written goes to the disk. All at once at the end, it would hold up whoever syncs
/// another file of the same file system meanwhile: the log.
const SYNC_BYTES: usize = 2 << 20;

/// A run that is being written. Dropped before [`finish`](Self::finish), it leaves a draft, which the next writer
/// of the same name replaces.
#[derive(Debug)]
pub struct RunWriter {
    path: PathBuf,
    draft: PathBuf,
    file: BufWriter<File>,
    range: (u64, u64),
    durability: Durability,
    /// Bytes since the last sync.
    unsynced: usize,
    last: Option<Record>,
    tree: CompactRange,
    /// Leaf hashes since the last full tile.
    open: Vec<Hash>,
    /// Hashes of full tiles, by level from 1 on.
    levels: Vec<Vec<Hash>>,
}

impl RunWriter {
    /// Begins the run over entries from `start` to `end`, which will lie at `path`.
    ///
    /// # Errors
    /// The range is empty, or the draft cannot be written.
    pub fn create(path: &Path, (start, end): (u64, u64), durability: Durability) -> Result<Self, RunError> {
        if start >= end {
            return Err(RunError::Input("its range is empty"));
        }
        let draft = path.with_extension("draft");
        let io = |source| RunError::Io { path: draft.clone(), source };
        let mut file = BufWriter::with_capacity(1 << 16, File::create(&draft).map_err(io)?);
        file.write_all(&[0; HEADER_LEN as usize]).map_err(io)?;
        Ok(Self {
            path: path.to_owned(),
            draft,
            file,
            range: (start, end),
            durability,
            unsynced: 0,
            last: None,
            tree: CompactRange::new(),
            open: Vec::with_capacity(TILE_WIDTH as usize),
            levels: Vec::new(),
        })
    }

    /// Adds the next record.
    ///
    /// # Errors
    /// Its subject is not above the one before, its last entry not in the range, or writing failed.
    pub fn push(&mut self, record: &Record) -> Result<(), RunError> {
        self.push_leaf(record, record.committed().leaf_hash())
    }

    /// As [`push`](Self::push), where the hash of the record's leaf is known.
    pub(crate) fn push_leaf(&mut self, record: &Record, hash: Hash) -> Result<(), RunError> {
        if self.last.as_ref().is_some_and(|last| last.subject >= record.subject) {
            return Err(RunError::Input("its subjects do not ascend"));
        }
        if !(self.range.0..self.range.1).contains(&record.state.last) || record.state.count == 0 {
            return Err(RunError::Input("a state lies outside of its range"));
        }
        self.write(&record.encode()).map_err(|source| RunError::Io { path: self.draft.clone(), source })?;
        self.last = Some(*record);
        self.tree.append(hash);
        self.open.push(hash);
        if self.open.len() == TILE_WIDTH as usize {
            self.close_tile();
        }
        Ok(())
    }

    fn write(&mut self, record: &[u8]) -> io::Result<()> {
        self.file.write_all(record)?;
        self.unsynced += record.len();
        if self.unsynced < SYNC_BYTES || self.durability == Durability::Later {
            return Ok(());
        }
        self.unsynced = 0;
        self.file.flush()?;
        self.file.get_ref().sync_data()
    }

    fn close_tile(&mut self) {
        let mut root = root_of(&self.open);
        self.open.clear();
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(root);
            if !hashes.len().is_multiple_of(TILE_WIDTH as usize) {
                return;
            }
            root = root_of(&hashes[hashes.len() - TILE_WIDTH as usize..]);
        }
    }

    /// Ends the run: whole under its name, and durable if that was asked for, when this returns. Gives what a seal says of it.
    ///
    /// # Errors
    /// Writing failed; nothing lies under the name that did not before.
    pub fn finish(mut self) -> Result<RunRef, RunError> {
        let (start, end) = self.range;
        let run = RunRef { start, end, subjects: self.tree.size(), root: self.tree.root() };
        let mut write = || {
            for hashes in &self.levels {
                self.file.write_all(hashes.as_flattened())?;
            }
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&MAGIC)?;
            for number in [start, end, run.subjects] {
                self.file.write_all(&number.to_be_bytes())?;
            }
            self.file.write_all(&run.root)?;
            self.file.flush()?;
            if self.durability == Durability::Later {
                return fs::rename(&self.draft, &self.path);
            }
            self.file.get_ref().sync_all()?;
            fs::rename(&self.draft, &self.path)?;
            // The name is durable when its folder is.
            File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()
        };
        write().map_err(|source| RunError::Io { path: self.path.clone(), source })?;
        Ok(run)
    }
}
