//! `yuanliu demo --serve`: a running ledger to program against, with counterparties that ship to you and
//! confirm what you ship.
//!
//! On a directory that holds a sandbox it goes on with the same ledger, keys and counterparties.

mod counterparties;
mod kept;

use std::{fs, path::Path, process::ExitCode, time::Duration};

use anyhow::Result;
use client::{Client, ConnectOptions, KeyFile, Protection, Purpose, ReadSigner, Trust};
use merkle::{Hash, SigningKey};
use proto::v1::SignedStatement;
use serde_json::{Value, json};
use sim::{Sandbox, World};

use self::{
    counterparties::{Past, act, submit},
    kept::{Facts, Kept, clear_stale, ledger_of},
};
use super::{
    ground::{Ground, Place, plan},
    runtime,
};
use crate::{child::ServerProcess, cli, keys, out::Out};

const ORIGIN: &str = "sandbox.yuanliu.example/log";
/// Statements of the trade that lies behind.
const TRADE: usize = 2_000;

/// Runs the command until it is asked to end.
pub fn run(args: &cli::Demo, out: Out) -> Result<ExitCode> {
    let place = Place::of(args.data.as_deref())?;
    // Absolute: what the sandbox tells of its keys and certificate holds in any directory.
    let data = &std::path::absolute(place.path())?;
    clear_stale(data, out)?;
    let mut yard = Yard::set(args.seed, data, out)?;
    // A sandbox may have lain idle for months.
    let server = ServerProcess::start_with(data, args.listen, &["--accept-clock-jump"])?;
    runtime()?.block_on(async {
        let asked_to_end = server::asked_to_end();
        tokio::select! {
            // Ctrl-C reaches the server as well: its end is then no failure.
            biased;
            () = asked_to_end => Ok(()),
            ended = yard.play(&server, data, args, out) => ended,
        }
    })?;
    server.stop()?;
    Ok(ExitCode::SUCCESS)
}

/// The ledger, and the world that plays on it.
struct Yard {
    kept: Kept,
    ledger: Hash,
}

impl Yard {
    /// The sandbox that a directory holds, else a new one.
    fn set(seed: u64, data: &Path, out: Out) -> Result<Self> {
        if let Some(kept) = Kept::read(data)?
            && data.join("log").exists()
        {
            out.note(out.pick("Going on with the sandbox …", "正在继续已有的沙盒……"));
            return Ok(Self { kept, ledger: ledger_of(data)? });
        }
        if data.join("log").exists() {
            return Err(keys::occupied(data));
        }
        out.note(out.pick("Making up a trade …", "正在生成模拟贸易……"));
        keys::make_folder(&keys::folder(data))?;
        let kept = Kept::new(plan(seed, TRADE));
        // Before the ledger: there is none whose plan is not known.
        kept.write(data)?;
        let ledger = Ground::make(data, ORIGIN, kept.plan())?.ledger;
        Ok(Self { kept, ledger })
    }

    async fn play(&mut self, server: &ServerProcess, data: &Path, args: &cli::Demo, out: Out) -> Result<()> {
        let world = World::new(self.kept.plan());
        let (party, key) = world.reader();
        write_key(&keys::folder(data).join("regulator.pem"), &key)?;
        let mut options = ConnectOptions::new(server.url(), Trust::File(server.ca.clone()));
        options.ledger = Some(self.ledger);
        let purpose = Purpose::Purpose("sandbox".into());
        options.reader = Some(ReadSigner::new(party.clone(), key, self.ledger, purpose));
        let client = Client::connect(options).await?;
        if self.kept.trade_end == 0 {
            let trade: Vec<SignedStatement> = world.statements(self.ledger).map(|s| s.statement).collect();
            submit(&client, trade, out).await?;
            self.kept.trade_end = client.ledger().await?.size;
            self.kept.write(data)?;
        }
        let sandbox = Sandbox::new(World::new(self.kept.plan()), self.ledger);
        let past = Past::read(&client, &sandbox, self.kept.trade_end).await?;
        let _facts = self.invite(&sandbox, &party, server, data, out)?;
        act(&client, &sandbox, past, Duration::from_secs(u64::from(args.every)), out).await
    }

    /// Says who may be played, and writes the same to `sandbox.json`, which is there until the end.
    fn invite(
        &self,
        sandbox: &Sandbox,
        regulator: &str,
        server: &ServerProcess,
        data: &Path,
        out: Out,
    ) -> Result<Facts> {
        let folder = keys::folder(data);
        let mut players = Vec::new();
        for player in sandbox.players() {
            let file = folder.join(format!("{}.pem", player.role));
            write_key(&file, &player.key)?;
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
            "pid": std::process::id(),
            "ca": server.ca,
            "ledger": hex::encode(self.ledger),
            "players": players,
            "customers": sandbox.customers().map(|(party, name)| json!({ "party": party, "name": name })).collect::<Vec<_>>(),
            "regulator": { "party": regulator, "key": folder.join("regulator.pem") },
        });
        let published = Facts::publish(data, &facts)?;
        if out.json {
            out.value(&facts);
        } else {
            tell(&facts, published.path(), out);
        }
        Ok(published)
    }
}

/// Writes a key that the plan gives, unless its file is there from an earlier start.
fn write_key(path: &Path, key: &SigningKey) -> Result<()> {
    if !fs::exists(path)? {
        KeyFile::create(path, key, Protection::Plain)?;
    }
    Ok(())
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
