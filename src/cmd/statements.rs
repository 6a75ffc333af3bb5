//! Statements in files, one to a file or one to a line, each with its place.

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use client::Signer;
use proto::v1::{Attachment, SignedStatement, Statement};
use serde_json::Value;

use crate::{exit, lang::Lang};

/// Byte order mark that some editors put before UTF-8.
const MARK: char = '\u{feff}';

/// What stands for standard input among files.
const STDIN: &str = "-";

/// Where a statement stands in what was given.
#[derive(Clone, Debug)]
pub struct Place {
    /// How many came before it, in all files.
    pub nth: u64,
    /// The file, as it was named.
    pub file: Arc<str>,
    /// Line, from 1; 0 where the file is one statement.
    pub line: usize,
}

impl Place {
    /// For people.
    pub fn text(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.to_string(),
            Lang::Zh => self.to_chinese(),
        }
    }

    /// For programs: added to what they are told of the statement.
    pub fn told(&self, mut report: Value) -> Value {
        report["position"] = self.nth.into();
        report["file"] = (*self.file).into();
        if self.line > 0 {
            report["line"] = self.line.into();
        }
        report
    }

    /// In Chinese, as `Display` is in English.
    pub fn to_chinese(&self) -> String {
        if self.line == 0 { self.file.to_string() } else { format!("{} 第 {} 行", self.file, self.line) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line == 0 { Ok(()) } else { write!(f, ": line {}", self.line) }
    }
}

/// What is wrong with the statement at a place.
#[derive(Debug, thiserror::Error)]
#[error("{place}")]
pub struct At {
    /// Where.
    pub place: Place,
    /// What.
    #[source]
    cause: anyhow::Error,
}

impl At {
    pub const fn new(place: Place, cause: anyhow::Error) -> Self {
        Self { place, cause }
    }

    /// Whether it is the statement's fault: those that follow may be sound.
    pub fn is_refusal(&self) -> bool {
        exit::code(&self.cause) == exit::REFUSED
    }

    /// What is wrong, without the place.
    pub const fn cause(&self) -> &anyhow::Error {
        &self.cause
    }
}

/// Statements, or why there is none at a place; after a file that cannot be read nothing of it follows.
pub type Found<T> = Box<dyn Iterator<Item = Result<(Place, T), At>> + Send>;

/// A text that should be a statement, with its line (0 = it is the whole file).
type Texts = Box<dyn Iterator<Item = (usize, Result<String>)> + Send>;

/// Statements of files in JSON Lines (`.jsonl`, or anything of whose first two lines one is a JSON value by
/// itself) or JSON.
pub fn read(files: &[PathBuf]) -> Found<Statement> {
    found(files, texts, |text| Ok(client::statement_from_json(text)?))
}

/// Signed statements as `yuanliu sign` prints them.
pub fn read_signed(files: &[PathBuf]) -> Found<SignedStatement> {
    found(files, |file| lines_of(open(file)), |text| Ok(client::signed_from_json(text)?))
}

/// Statements of files, signed one by one as they are asked for; each names these documents too.
pub fn read_and_sign(files: &[PathBuf], signer: &Signer, papers: Vec<Attachment>) -> Found<SignedStatement> {
    let signer = signer.clone();
    found(files, texts, move |text| {
        let mut statement = client::statement_from_json(text)?;
        statement.header.get_or_insert_default().attachments.extend(papers.iter().cloned());
        Ok(signer.sign(statement)?)
    })
}

/// Whether one of the files is standard input, for which one may have to wait.
pub fn waits(files: &[PathBuf]) -> bool {
    files.iter().any(|file| file.as_os_str() == STDIN)
}

fn found<T: 'static>(
    files: &[PathBuf],
    texts: impl Fn(&Path) -> Texts + Send + 'static,
    mut make: impl FnMut(&str) -> Result<T> + Send + 'static,
) -> Found<T> {
    let files = files.to_vec();
    let all = files.into_iter().flat_map(move |file| {
        let name: Arc<str> = file.display().to_string().into();
        texts(&file).map(move |(line, text)| (name.clone(), line, text))
    });
    Box::new((0..).zip(all).map(move |(nth, (file, line, text))| {
        let place = Place { nth, file, line };
        match text.and_then(|text| make(&text)) {
            Ok(made) => Ok((place, made)),
            Err(cause) => Err(At { place, cause: of_a_line(cause, line) }),
        }
    }))
}

/// Of one line of many it is the place that says which.
fn of_a_line(mut error: anyhow::Error, line: usize) -> anyhow::Error {
    if line > 0
        && let Some(json) = error.downcast_mut::<client::JsonError>()
    {
        json.line = 0;
    }
    error
}

fn texts(file: &Path) -> Texts {
    if file.extension().is_some_and(|e| e == "json") {
        return one(open(file).and_then(bounded));
    }
    if file.extension().is_some_and(|e| e == "jsonl") {
        return lines_of(open(file));
    }
    let mut reader = match open(file) {
        Ok(reader) => reader,
        Err(error) => return one(Err(error)),
    };
    let mut start = Vec::new();
    let is_lines = match begins_with_a_value(&mut reader, &mut start) {
        Ok(is_lines) => is_lines,
        Err(error) => return one(Err(unreadable(error))),
    };
    let all: Box<dyn BufRead + Send> = Box::new(Cursor::new(start).chain(reader));
    if is_lines { lines_of(Ok(all)) } else { one(bounded(all)) }
}

/// Whether the first line that is not empty, or the second, is a JSON value by itself: one damaged line does not
/// make one statement of all. Keeps what it reads, at most one longest line each.
fn begins_with_a_value(reader: &mut impl BufRead, start: &mut Vec<u8>) -> io::Result<bool> {
    let mut told = 0;
    while told < 2 && start.len() < client::MAX_LINE {
        let from = start.len();
        if reader.by_ref().take(client::MAX_LINE as u64).read_until(b'\n', start)? == 0 {
            // Nothing but empty lines are no lines.
            return Ok(told == 0);
        }
        let line = std::str::from_utf8(start.get(from..).unwrap_or_default()).unwrap_or("?");
        let line = line.strip_prefix(MARK).unwrap_or(line).trim();
        if serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok() {
            return Ok(true);
        }
        told += usize::from(!line.is_empty());
    }
    Ok(false)
}

/// A file that cannot be opened or read.
fn unreadable(error: io::Error) -> anyhow::Error {
    exit::machine("cannot be read", "无法读取", error)
}

fn one(text: Result<String>) -> Texts {
    Box::new(std::iter::once((0, text)))
}

/// All of a file of at most one longest line.
fn bounded(reader: impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    reader.take(client::MAX_LINE as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > client::MAX_LINE {
        return Err(too_long());
    }
    utf8(bytes)
}

fn too_long() -> anyhow::Error {
    let most = client::MAX_LINE;
    exit::refused(format!("longer than {most} bytes"), format!("超过 {most} 字节"))
}

fn utf8(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| exit::refused("not UTF-8", "不是 UTF-8 编码"))
}

/// Lines that are not empty, each of bounded length. What is wrong with one says nothing of the next; an
/// error of the machine ends them.
fn lines_of(reader: Result<Box<dyn BufRead + Send>>) -> Texts {
    let mut reader = match reader {
        Ok(reader) => reader,
        Err(error) => return one(Err(error)),
    };
    let (mut number, mut ended) = (0, false);
    Box::new(std::iter::from_fn(move || {
        while !ended {
            number += 1;
            match line(&mut reader) {
                Ok(None) => ended = true,
                Ok(Some(Ok(text))) if text.trim_start_matches(MARK).trim().is_empty() => {}
                Ok(Some(text)) => return Some((number, text)),
                Err(error) => {
                    ended = true;
                    return Some((number, Err(unreadable(error))));
                }
            }
        }
        None
    }))
}

/// The next line; `None` at the end. One that is too long is passed over to its end.
fn line(reader: &mut impl BufRead) -> io::Result<Option<Result<String>>> {
    let mut bytes = Vec::new();
    if reader.by_ref().take(client::MAX_LINE as u64 + 1).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if bytes.len() <= client::MAX_LINE {
        return Ok(Some(utf8(bytes)));
    }
    if bytes.last() != Some(&b'\n') {
        reader.skip_until(b'\n')?;
    }
    Ok(Some(Err(too_long())))
}

fn open(file: &Path) -> Result<Box<dyn BufRead + Send>> {
    if file.as_os_str() == STDIN {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    Ok(Box::new(BufReader::new(File::open(file).map_err(unreadable)?)))
}
