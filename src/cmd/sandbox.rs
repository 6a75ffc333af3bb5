//! `yuanliu demo --serve`: a running ledger to program against, with counterparties that ship to you and
//! confirm what you ship.

use std::{
    collections::VecDeque,
    fs,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use client::{
    Client, ConnectOptions, EntryRange, KeyFile, Outcome, Protection, Purpose, ReadSigner, SubmitEvent,
    SubmitOptions, Trust,
};
use futures::stream;
use merkle::Hash;
use proto::v1::SignedStatement;
use serde_json::{Value, json};
use sim::{Plan, Sandbox, World};
use statement::Statement;
use tokio::sync::mpsc;

use super::{
    ground::{Ground, Place},
    runtime,
};
use crate::{child::ServerProcess, cli, keys, out::Out};

const ORIGIN: &str = "sandbox.yuanliu.example/log";
/// Statements of the trade that lies behind.
const TRADE: usize = 2_000;
/// Ships of players that wait for their confirmation; further ones are confirmed when they are read again.
const MAX_WAITING: usize = 1_024;

/// Runs the command until Ctrl-C.
pub fn run(args: &cli::Demo, out: Out) -> Result<ExitCode> {
    let place = Place::of(args.data.as_deref())?;
    let data = place.path();
    let yard = Yard::set(args.seed, data, out)?;
    let server = ServerProcess::start(data, args.listen)?;
    runtime()?.block_on(yard.play(&server, data, args, out))?;
    server.stop()?;
    Ok(ExitCode::SUCCESS)
}

/// The ledger, and the world that plays on it.
struct Yard {
    plan: Plan,
    ledger: Hash,
}

impl Yard {
    fn set(seed: u64, data: &Path, out: Out) -> Result<Self> {
        out.note(out.pick("Making up a trade …", "正在生成模拟贸易……"));
        let Ground { plan, ledger, .. } = Ground::make(data, ORIGIN, seed, TRADE)?;
        Ok(Self { plan, ledger })
    }

    async fn play(&self, server: &ServerProcess, data: &Path, args: &cli::Demo, out: Out) -> Result<()> {
        let world = World::new(self.plan);
        let (party, key) = world.reader();
        KeyFile::create(&keys::folder(data).join("regulator.pem"), &key, Protection::Plain)?;
        let mut options = ConnectOptions::new(server.url(), Trust::File(server.ca.clone()));
        options.ledger = Some(self.ledger);
        let purpose = Purpose::Purpose("sandbox".into());
        options.reader = Some(ReadSigner::new(party.clone(), key, self.ledger, purpose));
        let client = Client::connect(options).await?;
        let trade: Vec<SignedStatement> = world.statements(self.ledger).map(|s| s.statement).collect();
        submit(&client, trade, out).await?;
        let sandbox = Sandbox::new(World::new(self.plan), self.ledger);
        self.invite(&sandbox, &party, server, data, out)?;
        let every = Duration::from_secs(u64::from(args.every));
        tokio::select! {
            ended = counterparties(&client, &sandbox, every, out) => ended,
            () = server::asked_to_end() => Ok(()),
        }
    }

    /// Says who may be played, and writes the same to `sandbox.json`.
    fn invite(
        &self,
        sandbox: &Sandbox,
        regulator: &str,
        server: &ServerProcess,
        data: &Path,
        out: Out,
    ) -> Result<()> {
        let folder = keys::folder(data);
        let mut players = Vec::new();
        for player in sandbox.players() {
            let file = folder.join(format!("{}.pem", player.role));
            KeyFile::create(&file, &player.key, Protection::Plain)?;
            players.push(json!({
                "role": player.role,
                "party": player.party,
                "name": player.name,
                "site": player.site,
                "key": file,
            }));
        }
        let facts = json!({
            "server": server.url(),
            "ca": server.ca,
            "ledger": hex::encode(self.ledger),
            "players": players,
            "customers": sandbox.customers().map(|(party, name)| json!({ "party": party, "name": name })).collect::<Vec<_>>(),
            "regulator": { "party": regulator, "key": folder.join("regulator.pem") },
        });
        let path = data.join("sandbox.json");
        fs::write(&path, facts.to_string()).with_context(|| format!("cannot write {}", path.display()))?;
        if out.json {
            out.value(&facts);
        } else {
            tell(&facts, &path, out);
        }
        Ok(())
    }
}

fn tell(facts: &Value, path: &Path, out: Out) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    out.line(out.pick(
        "The ledger runs. Goods arrive for you; what you ship is confirmed. Ctrl-C ends it.",
        "账本已运行：会有货物发给您，您的发货会被确认收货。Ctrl-C 结束。",
    ));
    out.line(format!("{}: {}", out.pick("facts for programs", "供程序读取"), path.display()));
    let connection = format!("--server {} --ca {}", text(&facts["server"]), text(&facts["ca"]));
    let named = |who: &Value| format!("{} ({})", text(&who["name"]), text(&who["party"]));
    let customers: Vec<String> = facts["customers"].as_array().into_iter().flatten().map(named).collect();
    out.line(format!("{}: {}", out.pick("ship to one of", "可发货给"), customers.join(", ")));
    for player in facts["players"].as_array().into_iter().flatten() {
        out.line(format!(
            "\n{}  {} ({})",
            text(&player["role"]),
            text(&player["name"]),
            text(&player["party"])
        ));
        let who = format!("{connection} --key {} --party {}", text(&player["key"]), text(&player["party"]));
        for command in ["desk inbound", "desk holdings", "desk submitted"] {
            out.line(format!("  yuanliu {command} {who}"));
        }
    }
}

/// Ships to the players now and then, and confirms what they ship, until something fails.
async fn counterparties(client: &Client, sandbox: &Sandbox, every: Duration, out: Out) -> Result<()> {
    let (sender, mut ships) = mpsc::channel(MAX_WAITING);
    let start = client.ledger().await?.size;
    let reading = follow(client, start, sender);
    let acting = async {
        let mut deliveries = tokio::time::interval(every);
        let mut waiting: VecDeque<(Instant, Statement)> = VecDeque::new();
        let (mut delivered, mut confirmed) = (0, 0);
        let mut tick = tokio::time::interval(Duration::from_millis(250));
        loop {
            tokio::select! {
                _ = deliveries.tick() => {
                    submit(client, sandbox.delivery(delivered, now()), out).await?;
                    delivered += 1;
                }
                Some(ship) = ships.recv(), if waiting.len() < MAX_WAITING => {
                    waiting.push_back((Instant::now(), ship));
                }
                _ = tick.tick() => {
                    // Goods take a moment to arrive.
                    let due = |(sent, _): &mut (Instant, Statement)| sent.elapsed() > Duration::from_secs(2);
                    while let Some((_, ship)) = waiting.pop_front_if(due) {
                        let receive = sandbox.confirmation(&ship, confirmed, now());
                        confirmed += 1;
                        submit(client, receive.into_iter().collect(), out).await?;
                    }
                }
            }
        }
    };
    tokio::select! {
        ended = reading => ended,
        ended = acting => ended,
    }
}

/// Reads what is recorded, from an entry on, for ever.
async fn follow(client: &Client, start: u64, found: mpsc::Sender<Statement>) -> Result<()> {
    let mut entries = client.entries(EntryRange { start, limit: 0, follow: true });
    while let Some(entry) = entries.next().await? {
        // The genesis, and nothing else the regulator sees, is no statement.
        let Ok(statement) = Statement::recorded(entry.payload) else { continue };
        if statement.kind() == statement::Kind::Ship && found.send(statement).await.is_err() {
            break;
        }
    }
    bail!("the server ended the list of entries")
}

fn now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

async fn submit(client: &Client, statements: Vec<SignedStatement>, out: Out) -> Result<()> {
    let summary = client
        .submit_stream(stream::iter(statements), SubmitOptions::default(), |event| {
            if let SubmitEvent::Settled(settled) = event
                && let Outcome::Refused(refusal) = settled.outcome
            {
                out.note(format!("{}: {} {:?}", refusal.reason, refusal.message, refusal.violations));
            }
        })
        .await?;
    if summary.refused > 0 {
        out.note(out.pick("a counterparty's statement was refused", "模拟对方的声明被拒"));
    }
    Ok(())
}
