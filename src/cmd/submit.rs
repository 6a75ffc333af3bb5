//! `yuanliu sign` and `yuanliu submit`.

use std::{
    cell::RefCell,
    fs::File,
    io::{BufRead, BufReader, Cursor, Read},
    path::Path,
    process::ExitCode,
    rc::Rc,
};

use anyhow::{Context as _, Result};
use client::{Client, JsonLines, Outcome, Settled, Signer, SubmitEvent, SubmitOptions, Summary};
use futures::stream;
use indicatif::{ProgressBar, ProgressStyle};
use proto::v1::{Attachment, Receipt, Rejection, SignedStatement, Statement};
use serde_json::json;
use statement::{hex_text, kind_row};

use super::{attach, connect, runtime};
use crate::{
    cli, draw, exit,
    out::{Out, failed},
};

/// Byte order mark that some editors put before UTF-8.
const MARK: char = '\u{feff}';

type Statements = Box<dyn Iterator<Item = Result<SignedStatement>>>;

/// `yuanliu sign`: signed statements as JSON Lines.
pub fn sign(args: &cli::Sign, out: Out) -> Result<ExitCode> {
    let signer = runtime()?.block_on(signer(args, out))?;
    for signed in signed_files(args, &signer, Vec::new()) {
        out.value(&client::message_to_json("SignedStatement", &signed?)?);
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn signer(args: &cli::Sign, out: Out) -> Result<Signer> {
    let mut signer = connect::signer(&args.who, out).await?;
    if let Some(principal) = &args.on_behalf_of {
        signer = signer.on_behalf_of(principal);
    }
    if let Some(site) = &args.site {
        signer = signer.at_site(site);
    }
    Ok(signer)
}

/// `yuanliu submit`
pub fn run(args: &cli::Submit, out: Out) -> Result<ExitCode> {
    runtime()?.block_on(async {
        let client = connect::public(&args.sign.who, out).await?;
        let statements = if args.signed {
            ready_files(&args.sign.files)
        } else {
            let signer = signer(&args.sign, out).await?;
            let papers = if args.attach.is_empty() {
                Vec::new()
            } else {
                attach::upload(&connect::reader(&args.sign.who, out).await?, &args.attach, out).await?
            };
            signed_files(&args.sign, &signer, papers)
        };
        let summary = send(&client, statements, out).await?;
        if !out.json {
            out.note(format!(
                "{} {}, {} {}",
                summary.recorded,
                out.pick("recorded", "条已记录"),
                summary.refused,
                out.pick("refused", "条被拒"),
            ));
        } else if summary.refused > 0 {
            let all = summary.recorded + summary.refused;
            let message =
                format!("{} {} / {all}", out.pick("statements refused:", "被拒的声明："), summary.refused);
            out.value(&failed(json!({}), exit::REFUSED, "", &message));
        }
        Ok(if summary.refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) })
    })
}

/// Submits in order; stops at the first statement that cannot be read, after settling those before it.
async fn send(client: &Client, statements: Statements, out: Out) -> Result<Summary> {
    let broken = Rc::new(RefCell::new(None));
    let keep = broken.clone();
    let readable = statements
        .map_while(move |statement| statement.map_err(|error| keep.borrow_mut().replace(error)).ok());
    let bar = progress(out);
    let summary = client
        .submit_stream(stream::iter(readable), SubmitOptions::default(), |event| match event {
            SubmitEvent::Settled(settled) => {
                bar.suspend(|| tell(&settled, out));
                bar.inc(1);
            }
            SubmitEvent::Waiting { failure, delay, .. } => {
                bar.suspend(|| out.note(format!("{}; {:.1} s", failure.message, delay.as_secs_f32())));
            }
        })
        .await;
    bar.finish_and_clear();
    let summary = summary?;
    match broken.take() {
        Some(error) => Err(error),
        None => Ok(summary),
    }
}

fn progress(out: Out) -> ProgressBar {
    if out.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {pos} {per_sec}");
    style.map_or_else(|_| ProgressBar::hidden(), |style| ProgressBar::new_spinner().with_style(style))
}

fn tell(settled: &Settled, out: Out) {
    match &settled.outcome {
        Outcome::Recorded(receipt) => tell_receipt(settled, receipt, out),
        Outcome::Refused(rejection) => tell_refusal(settled, rejection, out),
    }
}

fn tell_receipt(settled: &Settled, receipt: &Receipt, out: Out) {
    let digest = hex_text(&merkle::sha256(&[&settled.statement.payload]));
    if out.json {
        out.value(&json!({
            "position": settled.position,
            "index": receipt.index,
            "recorded_at": receipt.recorded_at,
            "digest": digest,
            "leaf": hex_text(&receipt.leaf),
            "chain_before": hex_text(&receipt.chain_before),
            "chain": hex_text(&receipt.chain),
            "signatures_missing": receipt.signatures_missing,
            "recorded_before": receipt.recorded_before,
        }));
        return;
    }
    let statement = statement::Statement::recorded(settled.statement.payload.clone()).ok();
    let row = statement.as_ref().and_then(|s| kind_row(s.kind()));
    let kind = row.map_or("?", |row| out.pick(row.name, row.chinese));
    let mut line = format!(
        "{} {}  {}  {kind}",
        out.pick("entry", "条目"),
        receipt.index,
        draw::time(receipt.recorded_at)
    );
    if receipt.recorded_before {
        line += out.pick("  (recorded before)", "（先前已记录）");
    }
    if receipt.signatures_missing > 0 {
        let waits = out.pick("waits for further signatures:", "待会签：");
        line += &format!("  ({waits} {})", receipt.signatures_missing);
    }
    out.line(line);
}

fn tell_refusal(settled: &Settled, rejection: &Rejection, out: Out) {
    let violations: Vec<_> = rejection
        .violations
        .iter()
        .map(|v| json!({ "field": v.field, "description": v.description }))
        .collect();
    if out.json {
        out.value(&json!({
            "position": settled.position,
            "refused": rejection.reason,
            "message": rejection.message,
            "violations": violations,
        }));
        return;
    }
    let nth = settled.position + 1;
    out.note(format!(
        "{} {nth}: {} — {}",
        out.pick("statement", "声明"),
        rejection.reason,
        rejection.message
    ));
    for v in &rejection.violations {
        out.note(format!("    {}: {}", v.field, v.description));
    }
}

/// Statements of files, signed one by one as they are asked for; each names these documents too.
fn signed_files(args: &cli::Sign, signer: &Signer, papers: Vec<Attachment>) -> Statements {
    let signer = signer.clone();
    let files = args.files.clone();
    Box::new(files.into_iter().flat_map(move |file| {
        let (signer, papers) = (signer.clone(), papers.clone());
        let name = file.display().to_string();
        read(&file).map(move |statement| {
            let signed = statement.and_then(|mut s| {
                s.header.get_or_insert_default().attachments.extend(papers.iter().cloned());
                Ok(signer.sign(s)?)
            });
            signed.with_context(|| name.clone())
        })
    }))
}

/// A file of one statement (`.json`, or anything whose first line is not a JSON value by itself), or of one
/// a line.
pub(super) fn read(file: &Path) -> Box<dyn Iterator<Item = Result<Statement>>> {
    if file.extension().is_some_and(|e| e == "json") {
        return one(whole(file));
    }
    match lines(file) {
        Ok(reader) => read_lines(reader),
        Err(error) => one(Err(error)),
    }
}

/// A file that cannot be opened or read.
fn unreadable(error: std::io::Error) -> anyhow::Error {
    if error.kind() == std::io::ErrorKind::InvalidData {
        return exit::refused("not UTF-8", "不是 UTF-8 编码");
    }
    exit::machine("cannot be read", "无法读取", error)
}

fn one(text: Result<String>) -> Box<dyn Iterator<Item = Result<Statement>>> {
    Box::new(std::iter::once(text.and_then(|t| Ok(client::statement_from_json(&t)?))))
}

fn read_lines(mut reader: Box<dyn BufRead>) -> Box<dyn Iterator<Item = Result<Statement>>> {
    let mut start = String::new();
    if let Err(error) = (&mut reader).take(client::MAX_LINE as u64).read_line(&mut start) {
        return one(Err(unreadable(error)));
    }
    let first = start.strip_prefix(MARK).unwrap_or(&start);
    let is_lines = first.trim().is_empty() || serde_json::from_str::<serde::de::IgnoredAny>(first).is_ok();
    let all = Cursor::new(start).chain(reader);
    if is_lines {
        return Box::new(JsonLines::new(all).map(|s| s.map_err(anyhow::Error::from)));
    }
    one(bounded(all))
}

/// A file of at most one longest line.
fn whole(file: &Path) -> Result<String> {
    bounded(File::open(file).map_err(unreadable)?)
}

fn bounded(reader: impl Read) -> Result<String> {
    let mut text = String::new();
    reader.take(client::MAX_LINE as u64 + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() > client::MAX_LINE {
        return Err(too_long());
    }
    Ok(text)
}

fn too_long() -> anyhow::Error {
    let most = client::MAX_LINE;
    exit::refused(format!("longer than {most} bytes"), format!("超过 {most} 字节"))
}

/// Lines that are not empty, each of bounded length.
fn bounded_lines(mut reader: Box<dyn BufRead>) -> impl Iterator<Item = Result<String>> {
    std::iter::from_fn(move || {
        loop {
            let mut line = String::new();
            match (&mut reader).take(client::MAX_LINE as u64 + 1).read_line(&mut line) {
                Ok(0) => return None,
                Ok(_) if line.len() > client::MAX_LINE => {
                    return Some(Err(too_long()));
                }
                Ok(_) if line.trim_start_matches(MARK).trim().is_empty() => {}
                Ok(_) => return Some(Ok(line)),
                Err(e) => return Some(Err(unreadable(e))),
            }
        }
    })
}

fn lines(file: &Path) -> Result<Box<dyn BufRead>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    Ok(Box::new(BufReader::new(File::open(file).map_err(unreadable)?)))
}

/// Signed statements as `yuanliu sign` prints them.
fn ready_files(files: &[std::path::PathBuf]) -> Statements {
    let files = files.to_vec();
    Box::new(files.into_iter().flat_map(|file| {
        let name = file.display().to_string();
        let lines: Box<dyn Iterator<Item = Result<SignedStatement>>> = match lines(&file) {
            Ok(reader) => Box::new(bounded_lines(reader).map(|line| Ok(client::signed_from_json(&line?)?))),
            Err(error) => Box::new(std::iter::once(Err(error))),
        };
        lines.map(move |statement| statement.with_context(|| name.clone()))
    }))
}
