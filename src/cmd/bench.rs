//! `yuanliu bench`: one-item Ships, streamed over TLS from another process, every cost in one run.

mod costs;
mod figures;
mod machine;
mod plain;

use std::{
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use client::{Client, ConnectOptions, Outcome, SubmitEvent, SubmitOptions, Trust};
use futures::{StreamExt as _, stream};
use hdrhistogram::Histogram;
use proto::v1::SignedStatement;
use serde_json::json;
use sim::load::{Bills, Load};

use figures::judged;
use machine::{cpu_seconds, disk_bytes, peak_rss_mib, verify_strict_us};

use super::{
    ground::{Ground, Place, plan},
    runtime,
};
use crate::{child::ServerProcess, cli, exit, out::Out};

const ORIGIN: &str = "bench.yuanliu.example/log";
/// Statements of the peak phase by default, and in a quick run.
const STATEMENTS: usize = 1_000_000;
const QUICK: usize = 60_000;
/// Items of a large bill.
const LARGE: u16 = 3_500;
/// Small statements sent behind large ones.
const BEHIND: usize = 40;
/// Length of the phase at half of peak load.
const HALF_LOAD: Duration = Duration::from_secs(5);

/// Runs the command.
pub fn run(args: &cli::Bench, out: Out) -> Result<ExitCode> {
    let begin = Instant::now();
    let place = Place::of(args.data.as_deref())?;
    let data = place.path();
    if args.costs {
        return costs::run(data, args.statements, out);
    }
    let peak = args.statements.unwrap_or(if args.quick { QUICK } else { STATEMENTS });
    // The second phase takes as much again at the most: half the rate for a bounded time.
    let bench = Bench::set(data, peak + peak / 2 + BEHIND)?;
    let runtime = runtime()?;
    let report = runtime.block_on(bench.measure(data, peak, out))?;
    let plain = runtime.block_on(plain::measure(out))?;
    let strict = verify_strict_us(&bench.sample(200)?)?;
    let report = json!({
        "statements": report.statements,
        "statements_per_s": round(report.per_second, 0),
        "judged_per_s": round(report.judged_per_second, 0),
        // With all rules, until the last statement has been judged.
        "server_cpu_us_per_statement": round(report.cpu_us, 2),
        "rules_off_statements_per_s": round(plain.per_second, 0),
        "rules_off_cpu_us_per_statement": round(plain.cpu_us, 2),
        "rules_off_cpu_ratio": round(plain.cpu_us / strict, 2),
        "verify_strict_us": round(strict, 2),
        "cpu_ratio": round(report.cpu_us / strict, 2),
        "audit_cpu_us_per_entry": round(plain.audit_us, 2),
        // Entries audited a second by one core, by signatures that it checks strictly in a second.
        "audit_ratio": round(strict / plain.audit_us, 3),
        "ack_p50_ms": round(report.p50_ms, 2),
        "ack_p99_ms": round(report.p99_ms, 2),
        "ack_load_per_s": round(report.half_rate, 0),
        "bill_100_items_per_s": round(report.small_bills, 0),
        "bill_3500_items_per_s": round(report.large_bills, 0),
        "ack_behind_large_p50_ms": round(report.behind_p50_ms, 2),
        "ack_behind_large_p99_ms": round(report.behind_p99_ms, 2),
        "rss_mib": round(report.rss_mib, 1),
        "disk_bytes_per_statement": round(report.disk_bytes, 0),
        "seconds": round(begin.elapsed().as_secs_f64(), 1),
    });
    show(&report, out);
    Ok(ExitCode::SUCCESS)
}

fn show(report: &serde_json::Value, out: Out) {
    if out.json {
        return out.value(report);
    }
    for (key, value) in report.as_object().into_iter().flatten() {
        out.line(format!("{key}: {value}"));
    }
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

/// Whether the server judges what it records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rules {
    On,
    Off,
}

impl Rules {
    const fn setting(self) -> &'static str {
        match self {
            Self::On => "true",
            Self::Off => "false",
        }
    }
}

struct Bench {
    load: Arc<Load>,
    ledger: merkle::Hash,
}

/// What was measured.
struct Measured {
    statements: u64,
    per_second: f64,
    /// Until rules had judged the last of them.
    judged_per_second: f64,
    cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
    half_rate: f64,
    /// Items a second in bills of 100, and of 3,500.
    small_bills: f64,
    large_bills: f64,
    /// Acknowledgement of a one-item bill sent right behind one of 3,500, over another connection.
    behind_p50_ms: f64,
    behind_p99_ms: f64,
    rss_mib: f64,
    disk_bytes: f64,
}

impl Bench {
    fn set(data: &Path, items: usize) -> Result<Self> {
        let Ground { world, ledger, .. } = Ground::make(data, ORIGIN, plan(1, 10_000))?;
        let load = Arc::new(Load::new(world, ledger, u32::try_from(items)?));
        Ok(Self { load, ledger })
    }

    fn sample(&self, n: u32) -> Result<Vec<SignedStatement>> {
        (0..n).map(|i| self.load.ship(i).context("no load")).collect()
    }

    /// Ships of a range, signed on two threads beforehand: signing is the clients' cost, not the server's.
    fn ships(&self, from: usize, to: usize) -> Result<Vec<SignedStatement>> {
        let middle = usize::midpoint(from, to);
        let half = |range: std::ops::Range<usize>| {
            let load = self.load.clone();
            std::thread::spawn(move || range.filter_map(|i| load.ship(i as u32)).collect::<Vec<_>>())
        };
        let (first, second) = (half(from..middle), half(middle..to));
        let joined = first.join().ok().zip(second.join().ok());
        let (mut ships, rest) = joined.context("a signing thread failed")?;
        ships.extend(rest);
        Ok(ships)
    }

    async fn begin(
        &self,
        data: &Path,
        rules: Rules,
        out: Out,
    ) -> Result<(ServerProcess, ConnectOptions, Client)> {
        let judges = ("YUANLIU_SERVER__FINDINGS__ENABLED", rules.setting());
        let server = ServerProcess::start_set(data, "127.0.0.1:0".parse()?, &[judges])?;
        let mut options = ConnectOptions::new(server.url(), Trust::File(server.ca.clone()));
        options.ledger = Some(self.ledger);
        let client = Client::connect(options.clone()).await?;
        out.note(out.pick("setting up …", "正在准备……"));
        let setup: Vec<_> = self.load.setup().map(|s| s.statement).collect();
        submit(&client, stream::iter(setup), SubmitOptions::default()).await?;
        Ok((server, options, client))
    }

    async fn measure(&self, data: &Path, peak: usize, out: Out) -> Result<Measured> {
        let (server, options, client) = self.begin(data, Rules::On, out).await?;
        let ships = self.ships(0, peak)?;

        out.note(out.pick("peak load …", "满负载……"));
        let disk = disk_bytes(data);
        let cpu = cpu_seconds(server.id())?;
        let seconds = at_peak(&client, ships).await?;
        let behind = Instant::now();
        judged(server.http).await?;
        let judged_s = behind.elapsed().as_secs_f64();
        let cpu_us = (cpu_seconds(server.id())? - cpu) * 1e6 / peak as f64;
        let per_second = peak as f64 / seconds;
        let disk_bytes = (disk_bytes(data) - disk) as f64 / peak as f64;

        out.note(out.pick("half load …", "半负载……"));
        let half_rate = per_second / 2.0;
        let paced = ((half_rate * HALF_LOAD.as_secs_f64()) as usize).min(peak / 2);
        let mut latency = histogram()?;
        let acknowledged = |time| record(&mut latency, time);
        half_load(&client, self.ships(peak, peak + paced)?, half_rate, acknowledged).await?;
        out.note(out.pick("bills of 100 and 3,500 items …", "100 与 3,500 物品的单据……"));
        let small_bills = self.bills(&client, Bills { count: 400, items: 100 }).await?;
        let large_bills = self.bills(&client, Bills { count: 24, items: LARGE }).await?;
        out.note(out.pick("small statements behind large ones …", "大单之后的小单……"));
        let other = Client::connect(options).await?;
        let behind =
            self.behind_large(&client, &other, self.ships(peak + paced, peak + paced + BEHIND)?).await?;
        let rss_mib = peak_rss_mib(server.id())?;
        server.stop()?;
        let ms = |quantile| latency.value_at_quantile(quantile) as f64 / 1e3;
        Ok(Measured {
            statements: peak as u64,
            per_second,
            judged_per_second: peak as f64 / (seconds + judged_s),
            cpu_us,
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            half_rate,
            small_bills,
            large_bills,
            behind_p50_ms: behind.value_at_quantile(0.5) as f64 / 1e3,
            behind_p99_ms: behind.value_at_quantile(0.99) as f64 / 1e3,
            rss_mib,
            disk_bytes,
        })
    }

    /// Items a second of Ships of many items, streamed.
    async fn bills(&self, client: &Client, bills: Bills) -> Result<f64> {
        let (setup, ships) = self.load.bills(bills);
        submit(client, stream::iter(setup), SubmitOptions::default()).await?;
        let items = ships.len() * usize::from(bills.items);
        let begin = Instant::now();
        submit(client, stream::iter(ships), SubmitOptions::default()).await?;
        Ok(items as f64 / begin.elapsed().as_secs_f64())
    }

    /// Latencies in µs of small statements, each sent when a large one has just been sent.
    async fn behind_large(
        &self,
        large: &Client,
        small: &Client,
        ships: Vec<SignedStatement>,
    ) -> Result<Histogram<u64>> {
        let large_bills = Bills { count: u32::try_from(ships.len())?, items: LARGE - 1 };
        let (setup, bills) = self.load.bills(large_bills);
        submit(large, stream::iter(setup), SubmitOptions::default()).await?;
        let mut latency = histogram()?;
        for (bill, ship) in bills.into_iter().zip(ships) {
            let first = large.submit(&bill);
            let second = async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                let begin = Instant::now();
                small.submit(&ship).await.map(|_| begin.elapsed())
            };
            let (first, second) = tokio::join!(first, second);
            first?;
            record(&mut latency, second?);
        }
        Ok(latency)
    }
}

/// Of µs.
fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 600_000_000, 3)?)
}

fn record(histogram: &mut Histogram<u64>, time: Duration) {
    histogram.saturating_record(time.as_micros() as u64);
}

/// Submits everything; any refusal ends the benchmark.
async fn submit(
    client: &Client,
    source: impl futures::Stream<Item = SignedStatement>,
    options: SubmitOptions,
) -> Result<()> {
    submit_timed(client, source, options, |_| {}).await
}

/// The same; tells how long each acknowledgement took, when it is there.
async fn submit_timed(
    client: &Client,
    source: impl futures::Stream<Item = SignedStatement>,
    options: SubmitOptions,
    mut acknowledged: impl FnMut(Duration),
) -> Result<()> {
    let mut refusal = None;
    client
        .submit_stream(source, options, |event| {
            if let SubmitEvent::Settled(settled) = event {
                acknowledged(settled.latency);
                if let Outcome::Refused(rejection) = settled.outcome {
                    refusal.get_or_insert(rejection);
                }
            }
        })
        .await?;
    match refusal {
        Some(r) => {
            let why = format!("{} {} {:?}", r.reason, r.message, r.violations);
            Err(exit::refused(format!("a statement was refused: {why}"), format!("有声明被拒：{why}")))
        }
        None => Ok(()),
    }
}

/// Seconds for all of them, as fast as they are taken.
async fn at_peak(client: &Client, ships: Vec<SignedStatement>) -> Result<f64> {
    let options = SubmitOptions { batch: 256, in_flight: 8, ..SubmitOptions::default() };
    let begin = Instant::now();
    submit(client, stream::iter(ships), options).await?;
    Ok(begin.elapsed().as_secs_f64())
}

/// Statements in ticks of 2 ms at a steady rate.
async fn half_load(
    client: &Client,
    ships: Vec<SignedStatement>,
    per_second: f64,
    acknowledged: impl FnMut(Duration),
) -> Result<()> {
    const TICK: Duration = Duration::from_millis(2);
    let per_tick = ((per_second * TICK.as_secs_f64()).round() as usize).max(1);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let chunks: Vec<Vec<SignedStatement>> = ships.chunks(per_tick).map(<[_]>::to_vec).collect();
    let source = stream::unfold((ticks, chunks.into_iter()), |(mut ticks, mut chunks)| async {
        ticks.tick().await;
        let chunk = chunks.next()?;
        Some((stream::iter(chunk), (ticks, chunks)))
    });
    let options = SubmitOptions { in_flight: 64, ..SubmitOptions::default() };
    submit_timed(client, source.flatten(), options, acknowledged).await
}
