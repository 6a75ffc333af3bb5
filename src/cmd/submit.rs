//! `yuanliu sign` and `yuanliu submit`.

use std::{cell::RefCell, collections::VecDeque, pin::pin, process::ExitCode, thread, time::Duration};

use anyhow::Result;
use client::{Client, Outcome, Settled, Signer, SubmitError, SubmitEvent, SubmitOptions, Summary};
use futures::{Stream, StreamExt as _, future, stream};
use indicatif::{ProgressBar, ProgressStyle};
use proto::v1::{FieldViolation, Receipt, SignedStatement};
use serde_json::{Value, json};
use statement::{Reason, hex_text, kind_row};
use tokio::sync::{mpsc, oneshot};

use super::{
    attach, connect, finding, runtime,
    statements::{At, Found, Place, read_and_sign, read_signed, waits},
};
use crate::{
    cli, draw, exit,
    lang::{self, Lang},
    out::{Out, failed},
};

/// Longest wait for what is on its way when asked to end; asked once more, none.
const LAST_ANSWERS: Duration = Duration::from_secs(10);
/// Most statements that wait between a thread that reads standard input and the connection.
const READ_AHEAD: usize = 256;

/// `yuanliu sign`: signed statements as JSON Lines.
pub fn sign(args: &cli::Sign, out: Out) -> Result<ExitCode> {
    let signer = runtime()?.block_on(signer(args, out))?;
    for signed in read_and_sign(&args.files, &signer, Vec::new()) {
        let (_, signed) = signed?;
        out.value(&client::message_to_json("SignedStatement", &signed)?);
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
        let files = &args.sign.files;
        let statements = if args.signed {
            read_signed(files)
        } else {
            let signer = signer(&args.sign, out).await?;
            let papers = if args.attach.is_empty() {
                Vec::new()
            } else {
                attach::upload(&connect::reader(&args.sign.who, out).await?, &args.attach, out).await?
            };
            read_and_sign(files, &signer, papers)
        };
        let statements =
            if waits(files) { from_thread(statements) } else { stream::iter(statements).boxed() };
        let options = SubmitOptions {
            findings_wait: Duration::from_millis(args.findings_wait.into()),
            ..SubmitOptions::default()
        };
        let (tally, ended) = send(&client, statements, options, out).await;
        if let Err(error) = ended {
            tally.tell_early_end(args.signed, out);
            return Err(error);
        }
        tally.tell_end(out);
        Ok(if tally.refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) })
    })
}

/// Statements as they come, with their places.
type Source = stream::BoxStream<'static, Result<(Place, SignedStatement), At>>;

/// Reads on a thread of its own, so that what has been read is sent, and a signal heard, while it waits.
fn from_thread(statements: Found<SignedStatement>) -> Source {
    let (give, mut take) = mpsc::channel(READ_AHEAD);
    // Ends with its input, with the connection, or with the process.
    thread::spawn(move || statements.into_iter().try_for_each(|statement| give.blocking_send(statement)));
    stream::poll_fn(move |cx| take.poll_recv(cx)).boxed()
}

/// How far a submission has come.
#[derive(Default)]
struct Tally {
    recorded: u64,
    /// By the server, or here before they were sent.
    refused: u64,
    /// Places of those under way, in order; no more than the client keeps under way.
    under_way: VecDeque<Place>,
    /// Of these, at the end, those whose answers did not come.
    unknown: usize,
    /// The statement read last.
    last: Option<Place>,
    /// What ended the reading, with its place.
    broken: Option<At>,
}

/// Submits in order. A statement that cannot be signed is refused like one that the server refuses; a file
/// that cannot be read ends it, after what was read before is settled.
async fn send(client: &Client, statements: Source, options: SubmitOptions, out: Out) -> (Tally, Result<()>) {
    let tally = RefCell::new(Tally::default());
    let bar = progress(out);
    let (stop, stopped) = oneshot::channel::<()>();
    let readable = readable(statements, &tally, &bar, out).take_until(stopped);
    let submission = client.submit_stream(readable, options, |event| match event {
        SubmitEvent::Settled(settled) => {
            let place = tally.borrow_mut().settle(&settled);
            bar.suspend(|| tell(place.as_ref(), &settled, out));
            bar.inc(1);
        }
        SubmitEvent::Waiting { failure, delay, .. } => {
            bar.suspend(|| out.note(lang::waiting(&failure, delay, out.lang)));
        }
    });
    let ended = settle(submission, stop).await;
    bar.finish_and_clear();
    let mut tally = tally.into_inner();
    tally.unknown = tally.under_way.len();
    let broken = tally.broken.take();
    if let Some(at) = &broken {
        tally.under_way.push_back(at.place.clone());
    }
    (tally, ended.and_then(|()| broken.map_or(Ok(()), |at| Err(at.into()))))
}

/// Waits for a submission. Asked to end, nothing further is sent; what was is waited for, so that it can be said what
/// was recorded.
async fn settle(
    submission: impl Future<Output = Result<Summary, SubmitError>>,
    stop: oneshot::Sender<()>,
) -> Result<()> {
    let mut submission = pin!(submission);
    tokio::select! {
        summary = &mut submission => return summary.map(drop).map_err(anyhow::Error::from),
        () = server::asked_to_end() => {}
    }
    // Nobody listens where everything has been sent already.
    let _ = stop.send(());
    tokio::select! {
        summary = &mut submission => summary.map_err(anyhow::Error::from).and(Err(exit::interrupted())),
        () = server::asked_to_end() => Err(exit::interrupted()),
        () = tokio::time::sleep(LAST_ANSWERS) => Err(exit::interrupted()),
    }
}

/// The statements that can be sent; the others are told of and counted here.
fn readable(
    statements: Source,
    tally: &RefCell<Tally>,
    bar: &ProgressBar,
    out: Out,
) -> impl Stream<Item = SignedStatement> {
    let sorted = statements.map(move |statement| match statement {
        Ok((place, signed)) => {
            let mut tally = tally.borrow_mut();
            tally.last = Some(place.clone());
            tally.under_way.push_back(place);
            Some(Some(signed))
        }
        Err(at) if at.is_refusal() => {
            bar.suspend(|| tell_unsent(&at, out));
            bar.inc(1);
            let mut tally = tally.borrow_mut();
            tally.refused += 1;
            tally.last = Some(at.place);
            Some(None)
        }
        Err(at) => {
            tally.borrow_mut().broken = Some(at);
            None
        }
    });
    sorted
        .take_while(|sorted| future::ready(sorted.is_some()))
        .filter_map(|sorted| future::ready(sorted.flatten()))
}

impl Tally {
    /// Counts the next statement under way as settled; its place.
    fn settle(&mut self, settled: &Settled) -> Option<Place> {
        match settled.outcome {
            Outcome::Recorded(_) => self.recorded += 1,
            Outcome::Refused(_) => self.refused += 1,
        }
        self.under_way.pop_front()
    }

    fn counts(&self, out: Out) -> String {
        let (recorded, refused) = (self.recorded, self.refused);
        match out.lang {
            Lang::En => format!("{recorded} recorded, {refused} refused"),
            Lang::Zh => format!("{recorded} 条已记录，{refused} 条被拒"),
        }
    }

    /// All was settled.
    fn tell_end(&self, out: Out) {
        if !out.json {
            out.note(self.counts(out));
        } else if self.refused > 0 {
            let all = self.recorded + self.refused;
            let message =
                format!("{} {} / {all}", out.pick("statements refused:", "被拒的声明："), self.refused);
            out.value(&failed(json!({}), exit::REFUSED, "", &message));
        }
    }

    /// It ended before all was settled: how far it came, and how to go on.
    fn tell_early_end(&self, signed: bool, out: Out) {
        let next = self.under_way.front();
        let unknown = self.unknown;
        if out.json {
            let next = next.map(|place| place.told(json!({})));
            let last = self.last.as_ref().map(|place| place.told(json!({})));
            out.value(&json!({
                "recorded": self.recorded, "refused": self.refused, "unknown": unknown, "next": next, "last_read": last
            }));
            return;
        }
        let next = match (next, &self.last) {
            (Some(next), _) => format!("{} {}", out.pick("next is", "下一条："), next.text(out.lang)),
            (None, Some(last)) => {
                format!("{} {}", out.pick("next is what follows", "下一条在此之后："), last.text(out.lang))
            }
            (None, None) => out.pick("next is the first", "下一条：第一条").to_owned(),
        };
        let advice = if signed {
            out.pick("the same file may be submitted again safely", "可放心再次提交同一文件")
        } else {
            out.pick(
                "to repeat safely, sign first: `yuanliu sign`, then `submit --signed`",
                "如需可放心重复提交，请先用 `yuanliu sign` 签名，再用 `submit --signed` 提交",
            )
        };
        let sep = out.pick("; ", "；");
        let unknown = match (unknown, out.lang) {
            (0, _) => String::new(),
            (n, Lang::En) => {
                format!("{sep}{n} from there on may have been recorded, their answers did not come")
            }
            (n, Lang::Zh) => format!("{sep}其后 {n} 条可能已记录，但未收到应答"),
        };
        out.note(format!("{}{sep}{next}{unknown}{sep}{advice}", self.counts(out)));
    }
}

fn progress(out: Out) -> ProgressBar {
    if out.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {pos} {per_sec}");
    style.map_or_else(|_| ProgressBar::hidden(), |style| ProgressBar::new_spinner().with_style(style))
}

fn tell(place: Option<&Place>, settled: &Settled, out: Out) {
    match &settled.outcome {
        Outcome::Recorded(receipt) => tell_receipt(place, settled, receipt, out),
        Outcome::Refused(r) => tell_refusal(place, &r.reason, &r.message, &r.violations, out),
    }
}

/// A statement that was refused here, before it was sent.
fn tell_unsent(at: &At, out: Out) {
    let told = exit::Told::of(at.cause(), out.lang);
    // The fields follow, each with its fault.
    let reason = Reason::ALL.iter().find(|r| r.as_str() == told.reason && !told.violations.is_empty());
    let message = match reason {
        Some(reason) => out.pick(reason.english(), reason.chinese()).to_owned(),
        None => lang::causes(at.cause(), out.lang),
    };
    tell_refusal(Some(&at.place), &told.reason, &message, &told.violations, out);
}

fn with_place(place: Option<&Place>, report: Value) -> Value {
    match place {
        Some(place) => place.told(report),
        None => report,
    }
}

fn tell_receipt(place: Option<&Place>, settled: &Settled, receipt: &Receipt, out: Out) {
    let digest = hex_text(&merkle::sha256(&[&settled.statement.payload]));
    if out.json {
        let mut told = json!({
                "index": receipt.index,
                "recorded_at": receipt.recorded_at,
                "digest": digest,
                "leaf": hex_text(&receipt.leaf),
                "chain_before": hex_text(&receipt.chain_before),
                "chain": hex_text(&receipt.chain),
                "signatures_missing": receipt.signatures_missing,
            "recorded_before": receipt.recorded_before,
        });
        if receipt.judged {
            let findings = receipt.findings.iter().map(|f| client::message_to_json("Finding", f));
            // What cannot be said as JSON is none of this version's findings.
            told["findings"] = findings.flatten().collect();
        }
        out.value(&with_place(place, told));
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
    for finding in &receipt.findings {
        out.note(finding::text(finding, &draw::Names::new(&[]), out));
    }
}

fn tell_refusal(place: Option<&Place>, reason: &str, message: &str, violations: &[FieldViolation], out: Out) {
    if out.json {
        let violations: Vec<_> =
            violations.iter().map(|v| json!({ "field": v.field, "description": v.description })).collect();
        let report = json!({ "refused": reason, "message": message, "violations": violations });
        out.value(&with_place(place, report));
        return;
    }
    let place = place.map(|p| p.text(out.lang)).unwrap_or_default();
    out.note(format!("{place}: {reason} — {message}"));
    for v in violations {
        out.note(format!("    {}: {}", v.field, v.description));
    }
}
