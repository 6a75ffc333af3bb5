//! `yuanliu demo`: a made-up trade through the real server, a crash half-way, and what is left of it.

mod judged;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use client::{
    Client, ConnectOptions, EntryRange, KeyFile, Outcome, Protection, Purpose, ReadSigner, SubmitEvent,
    SubmitOptions, Trust,
};
use futures::stream;
use indicatif::ProgressBar;
use merkle::{Hash, SigningKey};
use proto::v1::{Entry, GetItemRequest, Receipt, SignedStatement, TraceFlowRequest, TraceSourceRequest};
use serde_json::{Value, json};
use sim::{Crime, Examples, World};

use super::{
    audit::{Expected, TimeTrust, directory, directory::Scratch},
    ground::{Ground, Place, plan},
    runtime,
};
use crate::{
    child::ServerProcess,
    cli,
    draw::{self, Names},
    exit, keys, lang,
    out::Out,
};

const ORIGIN: &str = "demo.yuanliu.example/log";
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Runs the command.
pub fn run(args: &cli::Demo, out: Out) -> Result<ExitCode> {
    let begin = Instant::now();
    let place = Place::of(args.data.as_deref())?;
    let data = place.path();
    let stage = Stage::set(args, data, out)?;
    let run = runtime()?.block_on(stage.play(data, out))?;
    let known = (Expected::default(), &TimeTrust::default());
    let verified = directory::check(data, Scratch::Passing(None), known, out)?;
    let lost = run.lost;
    let ok = verified.is_sound() && lost == 0 && run.twice == 0;
    let report = json!({
        "statements": run.acknowledged,
        "refused": run.refused,
        "entries": verified.entries,
        "acknowledged_before_kill": run.before_kill,
        "lost_after_kill": lost,
        "recorded_twice": run.twice,
        "verified": verified.is_sound(),
        "root": hex::encode(verified.root),
        "chain": hex::encode(verified.chain),
        "ledger": hex::encode(stage.ledger),
        "log_key": stage.log_key,
        "reader": stage.reader.0,
        "example_item": stage.examples.toxin,
        "example_filler": stage.examples.filler,
        "example_console": stage.examples.console,
        "traces": run.traces,
        "findings": run.findings,
        "seconds": (begin.elapsed().as_secs_f64() * 10.0).round() / 10.0,
    });
    if out.json {
        out.value(&report);
    } else {
        tell(&report, out);
    }
    if !ok {
        return Err(exit::refused("the demo found a defect", "演示发现缺陷"));
    }
    if !args.once {
        stage.linger(data, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The ledger and who plays on it.
struct Stage {
    world: std::cell::Cell<Option<World>>,
    ledger: Hash,
    log_key: String,
    examples: Examples,
    reader: (String, SigningKey),
}

/// What came of it.
struct Played {
    acknowledged: u64,
    refused: u64,
    before_kill: usize,
    lost: u64,
    twice: u64,
    traces: Value,
    findings: Value,
}

impl Stage {
    fn set(args: &cli::Demo, data: &Path, out: Out) -> Result<Self> {
        out.note(out.pick("Making up a trade …", "正在生成模拟贸易……"));
        let Ground { world, ledger, log_key, .. } =
            Ground::make(data, ORIGIN, plan(args.seed, args.statements))?;
        let reader = world.reader();
        KeyFile::create(&keys::folder(data).join("reader.pem"), &reader.1, Protection::Plain)?;
        let examples = world.example_items();
        Ok(Self { world: std::cell::Cell::new(Some(world)), ledger, log_key, examples, reader })
    }

    async fn connect(&self, server: &ServerProcess) -> Result<Client> {
        let mut options = ConnectOptions::new(server.url(), Trust::File(server.ca.clone()));
        let (party, key) = self.reader.clone();
        options.ledger = Some(self.ledger);
        options.reader = Some(ReadSigner::new(party, key, self.ledger, Purpose::Purpose("demo".into())));
        Ok(Client::connect(options).await?)
    }

    async fn play(&self, data: &Path, out: Out) -> Result<Played> {
        let mut server = ServerProcess::start(data, ANY_PORT)?;
        let client = self.connect(&server).await?;
        let Some(world) = self.world.take() else { bail!("played already") };
        let (statements, truth) = told(world, self.ledger);
        judged::write(&truth, &data.join("crimes.json"))?;
        let half = statements.len() / 2;
        out.note(format!(
            "{} {}",
            statements.len(),
            out.pick("statements over gRPC with TLS …", "条声明经 TLS gRPC 提交……")
        ));

        let bar = if out.json { ProgressBar::hidden() } else { ProgressBar::new(statements.len() as u64) };
        let mut receipts: Vec<Receipt> = Vec::with_capacity(statements.len());
        let mut refused = 0;
        let mut before_kill = 0;
        let mut crash = Ok(());
        let dead = tokio::sync::Notify::new();
        let submission = client.submit_stream(stream::iter(statements), SubmitOptions::default(), |event| {
            let settled = match event {
                SubmitEvent::Settled(settled) => settled,
                SubmitEvent::Waiting { failure, delay, .. } => {
                    return out.note(lang::waiting(&failure, delay, out.lang));
                }
            };
            bar.inc(1);
            match settled.outcome {
                Outcome::Recorded(receipt) => receipts.push(receipt),
                Outcome::Refused(rejection) => {
                    refused += 1;
                    out.note(format!(
                        "{}: {} {:?}",
                        rejection.reason, rejection.message, rejection.violations
                    ));
                }
            }
            if before_kill == 0 && receipts.len() >= half {
                before_kill = receipts.len();
                crash = crash_and_restart(&mut server, data, out);
                if crash.is_err() {
                    dead.notify_one();
                }
            }
        });
        // Nobody will answer again where the server did not come back: that is told at once.
        let submitted = tokio::select! {
            biased;
            () = dead.notified() => None,
            submitted = submission => Some(submitted),
        };
        bar.finish_and_clear();
        crash?;
        submitted.transpose()?;
        let (lost, twice) = missing(&client, &receipts).await?;
        let traces = self.traces(&client, out).await?;
        let findings = judged::judged(&client, &truth).await?;
        server.stop()?;
        Ok(Played {
            acknowledged: receipts.len() as u64,
            refused,
            before_kill,
            lost,
            twice,
            traces,
            findings,
        })
    }

    /// The three examples, to their source and to where they are.
    async fn traces(&self, client: &Client, out: Out) -> Result<Value> {
        let mut all = Vec::new();
        for item in [&self.examples.toxin, &self.examples.filler, &self.examples.console] {
            let source = client.trace_source(TraceSourceRequest { item: item.clone(), limit: 0 }).await?;
            let flow = client.trace_flow(TraceFlowRequest { item: item.clone(), limit: 0 }).await?;
            let state = client.get_item(GetItemRequest { item: item.clone() }).await?;
            if !out.json {
                let names = Names::new(&source.names);
                out.line(format!("\n{} {item}", out.pick("Source of", "追源：")));
                out.line(draw::path(&source.hops, &names, out.lang).trim_end());
                out.line(format!("{} {item}", out.pick("Where it is:", "去向：")));
                out.line(draw::places(&flow.places, &Names::new(&flow.names), out.lang));
            }
            let status = state.item.map(|i| i.status().as_str_name().to_string());
            all.push(json!({
                "item": item,
                "hops": source.hops.len(),
                "origins": source.origins,
                "places": flow.places.len(),
                "status": status,
            }));
        }
        Ok(all.into())
    }

    /// Serves on until Ctrl-C.
    fn linger(&self, data: &Path, out: Out) -> Result<()> {
        let server = ServerProcess::start(data, ANY_PORT)?;
        let flags = format!(
            "--server {} --ca {} --key {} --party {}",
            server.url(),
            server.ca.display(),
            keys::folder(data).join("reader.pem").display(),
            self.reader.0,
        );
        out.note(
            out.pick(
                "\nThe server goes on; Ctrl-C ends it. Try:",
                "\n服务器继续运行，Ctrl-C 结束。可以试试：",
            ),
        );
        for command in ["item", "history", "trace source", "trace flow"] {
            out.note(format!("  yuanliu {command} '{}' {flags}", self.examples.toxin));
        }
        runtime()?.block_on(async { server::asked_to_end().await });
        server.stop()
    }
}

/// As many statements as were asked for, the last of them crimes, and the truth about these.
fn told(world: World, ledger: Hash) -> (Vec<SignedStatement>, Vec<Crime>) {
    let crimes = world.crimes(ledger);
    let mut all: Vec<_> = world.statements(ledger).map(|s| s.statement).collect();
    all.truncate(all.len().saturating_sub(crimes.statements.len()));
    all.extend(crimes.statements.into_iter().map(|s| s.statement));
    (all, crimes.truth)
}

/// SIGKILL in full flow; the client notices, waits, and goes on where it has no receipt.
fn crash_and_restart(server: &mut ServerProcess, data: &Path, out: Out) -> Result<()> {
    server.kill()?;
    out.note(out.pick(
        "Server killed (SIGKILL) half-way; starting it again …",
        "服务器中途被强制终止（SIGKILL），正在重启……",
    ));
    let address = server.address;
    // The port may take a moment to be free again.
    for _ in 0..50 {
        match ServerProcess::start(data, address) {
            Ok(new) => {
                *server = new;
                return Ok(());
            }
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
    *server = ServerProcess::start(data, address)?;
    Ok(())
}

/// Counts receipts whose entry is not in the log as it was acknowledged, and statements that have more than
/// one entry, or an entry with more than one receipt.
async fn missing(client: &Client, receipts: &[Receipt]) -> Result<(u64, u64)> {
    let mut wanted: BTreeMap<u64, &Receipt> = BTreeMap::new();
    let mut twice = 0;
    for receipt in receipts {
        twice += u64::from(wanted.insert(receipt.index, receipt).is_some());
    }
    let mut seen = BTreeSet::new();
    let mut entries = client.entries(EntryRange { start: 0, limit: 0, follow: false });
    while let Some(entry) = entries.next().await? {
        let same = wanted.get(&entry.index).is_some_and(|r| r.leaf == entry.leaf && r.chain == entry.chain);
        if same {
            wanted.remove(&entry.index);
        }
        twice += u64::from(is_repeat(&mut seen, &entry));
    }
    Ok((wanted.len() as u64, twice))
}

/// Whether an entry before had the party and id of this one's statement, which no two may share.
fn is_repeat(seen: &mut BTreeSet<(String, Vec<u8>)>, entry: &Entry) -> bool {
    // The genesis holds no statement.
    let Ok(statement) = statement::Statement::recorded(entry.payload.clone()) else { return false };
    let header = statement.header();
    !seen.insert((header.party.clone(), header.id.to_vec()))
}

fn tell(report: &Value, out: Out) {
    let rows = [
        ("statements", out.pick("statements acknowledged", "已确认声明")),
        ("entries", out.pick("entries in the log", "日志条目")),
        ("acknowledged_before_kill", out.pick("acknowledged before SIGKILL", "强制终止前已确认")),
        ("lost_after_kill", out.pick("of these lost", "其中丢失")),
        ("recorded_twice", out.pick("recorded twice", "重复记录")),
        ("verified", out.pick("whole log verified", "全账本校验通过")),
        ("root", out.pick("root", "根哈希")),
        ("ledger", out.pick("ledger id", "账本标识")),
        ("log_key", out.pick("log key", "日志公钥")),
        ("reader", out.pick("reader", "查询主体")),
        ("example_item", out.pick("example item", "示例物品")),
        ("seconds", out.pick("seconds", "用时（秒）")),
    ];
    out.line("");
    let found = &report["findings"];
    out.line(format!(
        "{}: {} / {}, {} {}",
        out.pick("crimes told, of what had to be found", "所报违法情节、应发现者中已发现"),
        found["crimes"],
        found["recall"],
        out.pick("of grave findings true", "严重提示中属实"),
        found["precision_high"],
    ));
    for (key, name) in rows {
        let value = &report[key];
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        out.line(format!("{name}: {text}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_at_two_entries_is_a_repeat() {
        let world = World::new(sim::Plan { seed: 1, statements: 300, end_at: 1_800_000_000_000_000 });
        let statements: Vec<_> = world.statements([7; 32]).map(|s| s.statement.payload).collect();
        let mut seen = BTreeSet::new();
        let mut at = |index, payload| is_repeat(&mut seen, &Entry { index, payload, ..Entry::default() });
        assert!(!at(0, b"genesis"[..].into()) && !at(1, b"genesis"[..].into()), "no statements");
        for (index, payload) in (2..).zip(&statements) {
            assert!(!at(index, payload.clone()), "{index}");
        }
        assert!(at(9_999, statements[3].clone()));
    }
}
