//! Reading a run: lookups, proofs, all records in order.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use evidence::{PlacedRecord, RunProof};
use merkle::{CompactRange, Hash, TILE_WIDTH, TileId, TileKind, TileReader, TiledTree, inclusion_proof};
use statement::{RunRef, SubjectKey};

use crate::{HEADER_LEN, MAGIC, RECORD_LEN, Record, RunError};

/// A run that has been written. Reads take no lock: any thread may read at any time.
#[derive(Debug)]
pub struct RunFile {
    path: PathBuf,
    file: File,
    run: RunRef,
}

impl RunFile {
    /// Opens a run; reads its header and looks at its length, no more.
    ///
    /// # Errors
    /// It cannot be read, or is not a whole run.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let io = |source| RunError::Io { path: path.to_owned(), source };
        let damaged = |fault| RunError::Damaged { path: path.to_owned(), fault };
        let file = File::open(path).map_err(io)?;
        let mut header = [0; HEADER_LEN as usize];
        let length = file.metadata().map_err(io)?.len();
        if length < HEADER_LEN {
            return Err(damaged("it is too short for a run"));
        }
        file.read_exact_at(&mut header, 0).map_err(io)?;
        let rest = header.strip_prefix(&MAGIC).ok_or_else(|| damaged("it is not a run of this version"))?;
        let (numbers, root) = rest.split_at(24);
        let number = |i: usize| numbers[i..i + 8].iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
        let root = root.try_into().map_err(|_| damaged("it is too short for a run"))?;
        let run = RunRef { start: number(0), end: number(8), subjects: number(16), root };
        let expected =
            (run.subjects < 1 << 48).then(|| HEADER_LEN + tiles_at(run.subjects) + tiles_len(run.subjects));
        if run.start >= run.end || expected != Some(length) {
            return Err(damaged("its length is not that of so many subjects"));
        }
        Ok(Self { path: path.to_owned(), file, run })
    }

    /// What a seal says of it.
    #[must_use]
    pub const fn run(&self) -> &RunRef {
        &self.run
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn io(&self, source: std::io::Error) -> RunError {
        RunError::Io { path: self.path.clone(), source }
    }

    pub(crate) fn damaged(&self, fault: &'static str) -> RunError {
        RunError::Damaged { path: self.path.clone(), fault }
    }

    /// Records from place `first` on.
    fn read(&self, first: u64, count: usize) -> Result<Vec<Record>, RunError> {
        let mut bytes = vec![0; count * RECORD_LEN];
        let at = HEADER_LEN + first * RECORD_LEN as u64;
        self.file.read_exact_at(&mut bytes, at).map_err(|e| self.io(e))?;
        Ok(bytes.as_chunks().0.iter().map(Record::decode).collect())
    }

    fn record(&self, at: u64) -> Result<Record, RunError> {
        let mut bytes = [0; RECORD_LEN];
        self.file.read_exact_at(&mut bytes, HEADER_LEN + at * RECORD_LEN as u64).map_err(|e| self.io(e))?;
        Ok(Record::decode(&bytes))
    }

    /// The place of a subject: `Ok` where it stands, `Err` where it would. Subjects are hashes, so a guess by
    /// proportion comes close at once; a bisection ends what guesses do not.
    fn place(&self, subject: &SubjectKey) -> Result<Result<u64, u64>, RunError> {
        const GUESSES: u32 = 8;
        let (mut low, mut high) = (0, self.run.subjects);
        let (mut below, mut above) = (0u128, 1 << 64);
        let wanted = u128::from(prefix(subject));
        let mut guesses = 0;
        while low < high {
            let middle = if guesses < GUESSES && (below..above).contains(&wanted) {
                let part = (wanted - below) * u128::from(high - low) / (above - below);
                low + u64::try_from(part).unwrap_or(0).min(high - low - 1)
            } else {
                low + (high - low) / 2
            };
            guesses += 1;
            let found = self.record(middle)?.subject;
            match found.0.cmp(&subject.0) {
                std::cmp::Ordering::Equal => return Ok(Ok(middle)),
                std::cmp::Ordering::Less => (low, below) = (middle + 1, prefix(&found).into()),
                std::cmp::Ordering::Greater => (high, above) = (middle, u128::from(prefix(&found)) + 1),
            }
        }
        Ok(Err(low))
    }

    /// The record of a subject.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn get(&self, subject: &SubjectKey) -> Result<Option<Record>, RunError> {
        match self.place(subject)? {
            Ok(at) => self.record(at).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Proof that the run has a subject with its state, or that it does not have it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn prove(&self, subject: &SubjectKey) -> Result<RunProof, RunError> {
        let tree = TiledTree::new(self, self.run.subjects);
        let path = |at| {
            inclusion_proof(&tree, at, self.run.subjects)
                .map_err(|_| self.damaged("its tiles cannot be read"))
        };
        let placed = |at| {
            let record = self.record(at)?.committed().encode();
            Ok::<_, RunError>(PlacedRecord { at, record, proof: path(at)? })
        };
        Ok(match self.place(subject)? {
            Ok(at) => RunProof::Present { state: self.record(at)?.state, at, proof: path(at)? },
            Err(at) => RunProof::Absent {
                left: at.checked_sub(1).map(placed).transpose()?,
                right: (at < self.run.subjects).then(|| placed(at)).transpose()?,
            },
        })
    }

    pub(crate) fn sync(&self) -> Result<(), RunError> {
        self.file.sync_all().map_err(|e| self.io(e))
    }

    /// All records in order, through a buffer of their own.
    ///
    /// # Errors
    /// The file cannot be opened again.
    pub fn records(&self) -> Result<Records, RunError> {
        let mut file = File::open(&self.path).map_err(|e| self.io(e))?;
        file.seek(SeekFrom::Start(HEADER_LEN)).map_err(|e| self.io(e))?;
        let reader = BufReader::with_capacity(1 << 16, file);
        Ok(Records { path: self.path.clone(), reader, left: self.run.subjects })
    }

    /// Re-derives the root from the records, and checks their order.
    ///
    /// # Errors
    /// What does not fit; reading failed.
    pub fn check(&self) -> Result<(), RunError> {
        let mut tree = CompactRange::new();
        let mut before: Option<SubjectKey> = None;
        for record in self.records()? {
            let record = record?;
            if before.is_some_and(|b| b >= record.subject) {
                return Err(self.damaged("its subjects do not ascend"));
            }
            before = Some(record.subject);
            tree.append(record.committed().leaf_hash());
        }
        match tree.root() == self.run.root {
            true => Ok(()),
            false => Err(self.damaged("its records do not have its root")),
        }
    }
}

/// First eight bytes of a subject as a number.
fn prefix(subject: &SubjectKey) -> u64 {
    subject.0[..8].iter().fold(0, |n, byte| n << 8 | u64::from(*byte))
}

/// Bytes of the records.
const fn tiles_at(subjects: u64) -> u64 {
    subjects * RECORD_LEN as u64
}

/// Bytes of the hashes of full tiles, of all levels.
const fn tiles_len(subjects: u64) -> u64 {
    let (mut hashes, mut level) = (0, subjects / TILE_WIDTH);
    while level > 0 {
        hashes += level;
        level /= TILE_WIDTH;
    }
    hashes * 32
}

impl TileReader for &RunFile {
    type Error = RunError;

    fn tile(&self, tile: TileId) -> Result<Vec<Hash>, RunError> {
        let first = tile.index() * TILE_WIDTH;
        let TileKind::Hashes(level @ 1..) = tile.kind() else {
            let records = self.read(first, tile.width().into())?;
            return Ok(records.iter().map(|record| record.committed().leaf_hash()).collect());
        };
        let (mut skip, mut hashes) = (0, self.run.subjects / TILE_WIDTH);
        for _ in 1..level {
            skip += hashes;
            hashes /= TILE_WIDTH;
        }
        let at = HEADER_LEN + tiles_at(self.run.subjects) + (skip + first) * 32;
        let mut bytes = vec![0; usize::from(tile.width()) * 32];
        self.file.read_exact_at(&mut bytes, at).map_err(|e| self.io(e))?;
        Ok(bytes.as_chunks().0.to_vec())
    }
}

/// Records of a run in order. After an error it ends.
#[derive(Debug)]
pub struct Records {
    path: PathBuf,
    reader: BufReader<File>,
    left: u64,
}

impl Iterator for Records {
    type Item = Result<Record, RunError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut bytes = [0; RECORD_LEN];
        match self.reader.read_exact(&mut bytes) {
            Ok(()) => Some(Ok(Record::decode(&bytes))),
            Err(source) => {
                self.left = 0;
                Some(Err(RunError::Io { path: self.path.clone(), source }))
            }
        }
    }
}
