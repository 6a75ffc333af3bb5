//! `yuanliu gateway`: settings → key, ledger, outbox → wiring. What it does stands in the crate `gateway`.

mod order;

use std::{fs, path::Path, process::ExitCode, sync::Arc};

use anyhow::{Context as _, Result};
use client::{Client, ConnectOptions, PrivateKey as _, Trust, enrolment};
use gateway::{
    Gateway, Key, LedgerWire, OUTBOX_FILE, Order, Outbox, Remote, RemoteError, Settings, State as BillState,
    TokenKey, encode, private_dir, serve,
};
use merkle::Hash;
use proto::v1::{KeyUse, Statement, statement::Body};
use serde_json::{Value, json};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use super::{connect::SYSTEM_TRUST, keygen::parse_ledger, runtime};
use crate::{
    cli, exit, keys,
    lang::Lang,
    out::{Out, failed},
};

/// Folder of the largest checkpoint seen.
const SEEN: &str = "checkpoints";
/// Bills shown of one state.
const SHOWN: usize = 100;

/// Runs a command of the gateway.
pub fn run(args: cli::Gateway, out: Out) -> Result<ExitCode> {
    match args {
        cli::Gateway::Run { settings, ready_file } => start(&read(&settings)?, ready_file.as_deref(), out),
        cli::Gateway::Submit { settings, files } => submit(&read(&settings)?, &files, out),
        cli::Gateway::Status { settings, number } => status(&read(&settings)?, number.as_deref(), out),
        cli::Gateway::PutAside { settings, bill, reason } => {
            order::run(&read(&settings)?, bill, Order::PutAside(&reason), out)
        }
        cli::Gateway::Retry { settings, bill } => order::run(&read(&settings)?, bill, Order::TakeUp, out),
        cli::Gateway::GiveUp { settings, bill } => order::run(&read(&settings)?, bill, Order::GiveUp, out),
        cli::Gateway::Key(settings) => key(&read(&settings)?, out),
    }
}

fn read(args: &cli::GatewaySettings) -> Result<Settings> {
    Settings::read(&args.settings).map_err(|e| exit::usage(e.to_string(), format!("网关设置有误：{e}")))
}

fn options(settings: &Settings, out: Out) -> ConnectOptions {
    let trust = Trust::File(settings.ledger.ca.clone().unwrap_or_else(|| SYSTEM_TRUST.into()));
    ConnectOptions {
        memory: Some(settings.data.join(SEEN)),
        language: Some(out.pick("en", "zh")),
        ..ConnectOptions::new(settings.ledger.server.clone(), trust)
    }
}

fn open_key(settings: &Settings, out: Out) -> Result<Key> {
    if let Some(file) = &settings.key.file {
        return Ok(Key::File(keys::open(file, out)?));
    }
    let Some(token) = settings.key.pkcs11.clone() else {
        return Err(exit::usage("the settings name no key", "设置中未指明密钥"));
    };
    let pin = match &token.pin_file {
        Some(file) => gateway::read_pin(file)?,
        None => keys::pin(&token.token, out)?,
    };
    Ok(Key::Token(TokenKey::open(token, pin)?))
}

/// The ledger of the settings, else the one this outbox has been for, else the server's.
async fn ledger_id(settings: &Settings, outbox: Option<&Outbox>, out: Out) -> Result<Hash> {
    if let Some(id) = &settings.ledger.id {
        return parse_ledger(id);
    }
    if let Some(id) = outbox.map(|o| o.meta("ledger")).transpose()?.flatten() {
        return parse_ledger(&id);
    }
    let connecting = Client::connect(options(settings, out)).await;
    let client = connecting.with_context(|| {
        format!("ledger.id is not set and {} cannot be asked for it", settings.ledger.server)
    })?;
    Ok(client.ledger().await?.id)
}

async fn open(settings: &Settings, out: Out) -> Result<Gateway> {
    private_dir(&settings.data).with_context(|| format!("cannot make {}", settings.data.display()))?;
    let outbox = Outbox::open(&settings.data.join(OUTBOX_FILE), settings.limits)?;
    let ledger = ledger_id(settings, Some(&outbox), out).await?;
    let key = open_key(settings, out)?;
    Ok(Gateway::new(settings.clone(), outbox, key, ledger)?)
}

fn start(settings: &Settings, ready_file: Option<&Path>, out: Out) -> Result<ExitCode> {
    let filter = EnvFilter::try_from_env("YUANLIU_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).json();
    logs.flatten_event(true).try_init().map_err(|e| anyhow::anyhow!("logs: {e}"))?;
    runtime()?.block_on(async {
        // Before anybody is told that it is ready: whoever is told may ask it to end at once.
        let end = server::asked_to_end();
        let gateway = Arc::new(open(settings, out).await?);
        let mut options = options(settings, out);
        options.ledger = Some(*gateway.signer().ledger());
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(async move {
            end.await;
            // Nobody listens any more where it has ended by itself.
            let _ = stop.send(true);
        });
        let mut told = Ok(());
        let running = serve(gateway, LedgerWire::new(options), stopped, |address| {
            tracing::info!(%address, "gateway listens");
            told = ready_file.map_or(Ok(()), |file| tell(file, &address.to_string()));
        });
        running.await.with_context(|| format!("gateway on {}", settings.listen))?;
        told
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Whoever waits for the file sees it whole or not at all.
fn tell(file: &Path, text: &str) -> Result<()> {
    let part = file.with_extension("part");
    fs::write(&part, text)?;
    fs::rename(&part, file).with_context(|| format!("cannot write {}", file.display()))
}

fn submit(settings: &Settings, files: &[std::path::PathBuf], out: Out) -> Result<ExitCode> {
    runtime()?.block_on(async {
        let mut good = true;
        let mut local = None;
        for file in files {
            let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            let is_json = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
            let answer = match hand_in(settings, &name, bytes.clone(), is_json).await {
                Err(error) if is_not_running(&error) => {
                    // The outbox takes it, and the gateway sends it once it runs.
                    let gateway = match &local {
                        Some(gateway) => gateway,
                        None => local.insert(open(settings, out).await?),
                    };
                    let reading = gateway.reading();
                    let input = if is_json { reading.json(&bytes) } else { reading.file(&bytes) };
                    serde_json::to_value(gateway.take(input, &name)?)?
                }
                answer => answer?,
            };
            good &= show_report(&name, &answer, out);
        }
        if out.json && !good {
            let why = out.pick("not everything was taken in", "未全部接收");
            out.value(&failed(json!({}), exit::REFUSED, "", why));
        }
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) })
    })
}

async fn hand_in(settings: &Settings, name: &str, bytes: Vec<u8>, json: bool) -> Result<Value> {
    let (status, answer) = Remote::find(&settings.data)?.file(name, bytes, json).await?;
    match status {
        200 | 202 | 409 | 422 => Ok(answer),
        _ => Err(not_taken(name, status, &answer)),
    }
}

/// Why the gateway that runs took nothing: whose turn it is follows from the status.
fn not_taken(name: &str, status: u16, answer: &Value) -> anyhow::Error {
    let why = |field: &str| answer["error"][field].as_str().unwrap_or_default();
    let (en, zh) = (format!("{name}: {}", why("message")), format!("{name}：{}", why("message_zh")));
    match status {
        503 => exit::unreachable(en, zh),
        500.. => exit::machine(name, name, why("message")),
        _ => exit::refused(en, zh),
    }
}

fn is_not_running(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(RemoteError::NotRunning(_)))
}

/// Says what became of a file; whether all of it is good.
fn show_report(name: &str, report: &Value, out: Out) -> bool {
    let list = |field: &str| report[field].as_array().cloned().unwrap_or_default();
    let (bills, faults) = (list("bills"), list("faults"));
    let good = faults.is_empty() && bills.iter().all(|b| b["outcome"] != "conflict");
    if out.json {
        out.value(&json!({ "file": name, "bills": bills, "faults": faults }));
        return good;
    }
    for bill in &bills {
        let what = match bill["outcome"].as_str() {
            Some("new") => out.pick("accepted", "已接收"),
            Some("same") => out.pick("was here already", "先前已接收"),
            _ => out.pick("NOT accepted: number taken by other content", "未接收：单号已被其他内容占用"),
        };
        out.line(format!("{what}  {}", bill_line(bill, out)));
    }
    for fault in &faults {
        let message = fault[out.pick("message", "message_zh")].as_str().unwrap_or_default();
        let column = fault["column"].as_str().unwrap_or_default();
        // Of the file as a whole: no line.
        match fault["line"].as_u64() {
            Some(0) | None if column.is_empty() => out.line(format!("{name}: {message}")),
            _ => out.line(format!("{name}:{} {column}: {message}", fault["line"])),
        }
    }
    good
}

/// A bill in one line.
fn bill_line(bill: &Value, out: Out) -> String {
    let text = |field: &str| bill[field].as_str().unwrap_or_default();
    let state = text("state");
    let why = match state {
        "aside" => text("reason").to_owned(),
        "refused" => format!("{}: {}", text("reason"), text("message")),
        _ => text("message").to_owned(),
    };
    let entry = bill["entry"].as_u64().map(|e| format!("{} {e}", out.pick("entry", "条目")));
    let parts = [
        bill["seq"].to_string(),
        out.pick(text("kind"), text("title")).to_owned(),
        text("number").to_owned(),
        state_name(state, out).to_owned(),
        entry.unwrap_or_default(),
        why,
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

/// A state in the language of the person.
fn state_name(state: &str, out: Out) -> &str {
    let chinese = BillState::NAMES.iter().zip(BillState::CHINESE).find(|(name, _)| **name == state);
    out.pick(state, chinese.map_or(state, |(_, chinese)| chinese))
}

fn status(settings: &Settings, number: Option<&str>, out: Out) -> Result<ExitCode> {
    let (bills, health) = runtime()?.block_on(async {
        match ask(settings, number).await {
            Err(error) if is_not_running(&error) => look(settings, number),
            answer => answer,
        }
    })?;
    if let Some(number) = number
        && bills.is_empty()
    {
        return Err(exit::refused(
            format!("there is no bill {number} here: hand it in, or check the number"),
            format!("没有单据 {number}：请先提交，或核对单号"),
        ));
    }
    if out.json {
        out.value(&json!({ "bills": bills, "health": health }));
        return Ok(ExitCode::SUCCESS);
    }
    bills.iter().for_each(|bill| out.line(bill_line(bill, out)));
    if number.is_none() {
        // The landed ones among them, which are counted and not listed.
        let count = |state: &&'static str| format!("{} {}", state_name(state, out), health["bills"][*state]);
        out.line(BillState::NAMES.iter().map(count).collect::<Vec<_>>().join(out.pick(", ", "，")));
        for state in unlanded().filter(|state| health["bills"][*state].as_u64() > Some(SHOWN as u64)) {
            let state = state_name(state, out);
            out.line(match out.lang {
                Lang::En => {
                    format!("only the first {SHOWN} that are {state} are shown; GET /v1/bills gives all")
                }
                Lang::Zh => format!("“{state}”仅列出前 {SHOWN} 张，全部见 GET /v1/bills"),
            });
        }
    }
    told_of_lane(&health, out);
    Ok(ExitCode::SUCCESS)
}

/// Says what stops the bills that wait.
fn told_of_lane(health: &Value, out: Out) {
    if health["running"] == false {
        out.note(out.pick(
            "no gateway runs, so nothing is sent: start it with `yuanliu gateway run`",
            "网关未运行，不会发送：请用 `yuanliu gateway run` 启动",
        ));
    }
    let lane = &health["lane"];
    if let Some(why) = lane["waitingFor"].as_str().filter(|why| !why.is_empty()) {
        let attention = lane["attention"] == true;
        let title = if attention {
            out.pick("needs attention", "需要处理")
        } else {
            out.pick("waits", "等待中")
        };
        out.note(format!("{title}: {why}"));
    }
    for bill in lane["overtaken"].as_array().into_iter().flatten() {
        let text = |field: &str| bill[field].as_str().unwrap_or_default();
        out.note(format!(
            "{}: {} {}: {}",
            out.pick("needs attention", "需要处理"),
            bill["seq"],
            text("number"),
            text("why")
        ));
    }
}

/// The states of a bill that has not landed.
fn unlanded() -> impl Iterator<Item = &'static str> {
    BillState::NAMES.into_iter().filter(|name| *name != "landed")
}

/// Asks the gateway that runs.
async fn ask(settings: &Settings, number: Option<&str>) -> Result<(Vec<Value>, Value)> {
    let remote = Remote::find(&settings.data)?;
    let (_, health) = remote.health().await?;
    let mut bills = Vec::new();
    let queries = match number {
        Some(number) => vec![format!("/{}", encode(number))],
        None => unlanded().map(|state| format!("?state={state}&limit={SHOWN}")).collect(),
    };
    for query in queries {
        let (_, answer) = remote.bills(&query).await?;
        bills.extend(answer["bills"].as_array().cloned().unwrap_or_default());
    }
    Ok((bills, health))
}

/// The outbox on this data directory, where there is one.
fn kept(settings: &Settings) -> Result<Option<Outbox>> {
    let path = settings.data.join(OUTBOX_FILE);
    Ok(if path.exists() { Some(Outbox::open(&path, settings.limits)?) } else { None })
}

/// The outbox of a gateway that does not run.
fn outbox(settings: &Settings) -> Result<Outbox> {
    kept(settings)?.ok_or_else(|| {
        exit::refused(
            format!("there is no outbox in {}", settings.data.display()),
            format!("{} 中没有发件箱", settings.data.display()),
        )
    })
}

/// Looks into the outbox of one that does not run.
fn look(settings: &Settings, number: Option<&str>) -> Result<(Vec<Value>, Value)> {
    let outbox = outbox(settings)?;
    let bills = match number {
        Some(number) => outbox.find(number)?,
        None => {
            let mut bills = Vec::new();
            for state in unlanded() {
                bills.extend(outbox.list(Some(state), 0, SHOWN)?.bills);
            }
            bills
        }
    };
    let bills = bills.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    Ok((bills, json!({ "running": false, "bills": outbox.counts()? })))
}

fn key(settings: &Settings, out: Out) -> Result<ExitCode> {
    let key = open_key(settings, out)?;
    // A gateway that runs has it to itself; the server knows as well.
    let outbox = kept(settings).ok().flatten();
    let ledger = runtime()?.block_on(ledger_id(settings, outbox.as_ref(), out))?;
    let body = enrolment(&key, &ledger, settings.bills.party.as_str(), &[KeyUse::Sign])?;
    let statement = Statement { header: None, body: Some(Body::EnrolKey(body)) };
    let enrol = client::statement_to_json(&statement)?;
    let public = hex::encode(key.public().as_bytes());
    if out.json {
        out.value(&json!({ "public_key": public, "enrol": enrol }));
        return Ok(ExitCode::SUCCESS);
    }
    // Only the statement goes to standard output: `yuanliu gateway key … > enrol.json`.
    out.line(serde_json::to_string_pretty(&enrol)?);
    out.note(format!("{} {public}", out.pick("public key ", "公钥")));
    Ok(ExitCode::SUCCESS)
}
