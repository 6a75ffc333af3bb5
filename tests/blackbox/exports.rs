//! Evidence bundles out of a real ledger, from a server and from a directory, checked by whoever has only the file.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use client::{KeyFile, Protection};
use proto::v1::statement::Body;
use serde_json::Value;

use crate::kit::{Dice, Done, Server, SimLedger, run, run_in, yuanliu};

fn sealing(data: &Path) -> Server {
    let file = data.join("sealing.toml");
    std::fs::write(&file, "[ledger]\nseal_entries = 100\n").unwrap();
    let mut command = yuanliu();
    command.env("YUANLIU_LEDGER__SEAL_INTERVAL_MS", "100").arg("serve").arg("--config").arg(file);
    Server::try_start(command, data, SocketAddr::from(([127, 0, 0, 1], 0))).unwrap()
}

/// Somebody with a key file who may see everything, and what to trust.
pub struct Office {
    key: PathBuf,
    party: String,
    trust: Vec<String>,
}

impl Office {
    pub fn of(ledger: &SimLedger) -> Self {
        let key = ledger.data.join("office.pem");
        KeyFile::create(&key, &ledger.reader.1, Protection::Plain).unwrap();
        let trust =
            ["--ledger", &hex::encode(ledger.ledger), "--log-key", &ledger.log.verifier().to_string()];
        Self { key, party: ledger.reader.0.clone(), trust: trust.map(str::to_owned).to_vec() }
    }

    pub fn export(&self, place: &[&str], about: [&str; 2], file: &Path) -> Done {
        let mut command = yuanliu();
        command.args(["evidence", "export", "--json", "--purpose", "test", "--party", &self.party, "--key"]);
        command.arg(&self.key).args(place).args(about).arg("-o").arg(file);
        run_in(&mut command)
    }

    pub fn verify(&self, file: &Path) -> Done {
        self.verify_with(file, &[])
    }

    pub fn verify_with(&self, file: &Path, more: &[&str]) -> Done {
        run(self.arguments(file, more))
    }

    /// Of `evidence verify`, by what it trusts.
    pub fn arguments(&self, file: &Path, more: &[&str]) -> Vec<String> {
        let args = ["evidence".to_owned(), "verify".into(), file.display().to_string()];
        let more = more.iter().map(ToString::to_string);
        args.into_iter().chain(self.trust.iter().cloned()).chain(more).collect()
    }
}

/// A shipped unit of the trade, the bill it went with, and the lot of some other.
fn questions(ledger: &SimLedger) -> [(&'static str, String); 6] {
    let (mut item, mut bill, mut lot) = (String::new(), String::new(), String::new());
    for signed in &ledger.statements {
        let statement: proto::v1::Statement =
            prost::Message::decode(signed.statement.payload.as_ref()).unwrap();
        let header = statement.header.unwrap();
        match statement.body.unwrap() {
            Body::Commission(b) if lot.is_empty() => lot = b.lot,
            Body::Ship(b) if item.is_empty() && !header.business_key.is_empty() => {
                item = b.items.first().cloned().unwrap_or_default();
                let actor = if header.on_behalf_of.is_empty() { header.party } else { header.on_behalf_of };
                bill = statement::bill_text(&actor, &header.business_key).unwrap();
            }
            _ => {}
        }
    }
    [
        ("--item", item),
        ("--lot", lot),
        ("--document", bill),
        ("--about-party", ledger.reader.0.clone()),
        ("--entry", "7".into()),
        ("--absent", "sgtin:09521234567899.NEVER-SEEN".into()),
    ]
}

pub fn wait_for_seal(server: &Server, entries: usize) {
    let begin = Instant::now();
    loop {
        let metrics = server.get("/metrics");
        let lag = metrics.lines().find_map(|l| l.strip_prefix("yuanliu_seal_lag_entries "));
        let size = metrics.lines().find_map(|l| l.strip_prefix("yuanliu_log_size "));
        let number = |text: Option<&str>| text.and_then(|t| t.trim().parse::<f64>().ok());
        if let (Some(lag), Some(size)) = (number(lag), number(size))
            && size - lag > entries as f64
        {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "no seal in 30 s");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_of_a_server_and_of_its_directory_prove_themselves() {
    let mut dice = Dice::new("exports");
    let ledger = SimLedger::create(dice.roll(), 700);
    let office = Office::of(&ledger);
    let server = sealing(&ledger.data);
    ledger.submit(&ledger.client(&server).await, 0..ledger.statements.len()).await;
    wait_for_seal(&server, ledger.statements.len());
    let (url, ca) = (server.url(), server.ca.display().to_string());
    let online = ["--server", &url, "--ca", &ca];
    let questions = questions(&ledger);
    let mut verdicts: Vec<Value> = Vec::new();
    for (flag, text) in &questions {
        let file = ledger.beside(&format!("online{flag}"));
        let told = office.export(&online, [flag, text], &file).ok();
        assert_eq!(told["text"], **text);
        let verdict = office.verify(&file).ok();
        assert_eq!((&verdict["verdict"], &verdict["completeness"]), (&"proven".into(), &"operator".into()));
        verdicts.push(verdict);
        // Spoilt anywhere, it proves nothing.
        let mut bytes = std::fs::read(&file).unwrap();
        let at = dice.between(0, bytes.len());
        bytes[at] ^= 1;
        let spoilt = ledger.beside("spoilt");
        std::fs::write(&spoilt, bytes).unwrap();
        assert_eq!(office.verify(&spoilt).code, Some(1), "{flag}: byte {at}");
    }
    let again = office.export(&online, ["--item", &questions[0].1], &ledger.beside("online--item"));
    assert_eq!(again.code, Some(2), "evidence is never overwritten: {again:?}");
    let odd = office.export(&online, ["--item", "09521234567899"], &ledger.beside("odd"));
    assert!(odd.code == Some(2) && odd.stderr.contains("canonical"), "{odd:?}");
    assert_eq!(server.stop(), 0);

    let data = ledger.data.display().to_string();
    for ((flag, text), online) in questions.iter().zip(&verdicts) {
        let file = ledger.beside(&format!("offline{flag}"));
        office.export(&["--data", &data], [flag, text], &file).ok();
        let verdict = office.verify(&file).ok();
        for field in ["verdict", "query", "covered"] {
            assert_eq!(verdict[field], online[field], "{flag} {field}");
        }
    }
    ledger.verify();
}
