//! A ledger with witnesses: what it publishes, and what it refuses to sign after it was rolled back.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use merkle::{Checkpoint, Note, WitnessKey};

use crate::{
    kit::{Dice, Server, SimLedger, copy_dir, run_in, yuanliu},
    witness::{Place, Witness},
};

const PATIENCE: Duration = Duration::from_secs(60);

/// A server that goes by these witnesses.
fn start(
    ledger: &SimLedger,
    quorum: usize,
    witnesses: &[(&WitnessKey, SocketAddr)],
) -> Result<Server, String> {
    let mut text = format!("[server.witness]\nquorum = {quorum}\ninterval_ms = 100\n");
    for (key, address) in witnesses {
        text += &format!("[[server.witness.at]]\nurl = \"http://{address}\"\nkey = \"{key}\"\n");
    }
    let file = ledger.data.join("watched.toml");
    fs::write(&file, text).unwrap();
    let mut command = yuanliu();
    command.arg("serve").arg("--config").arg(file);
    Server::try_start(command, &ledger.data, SocketAddr::from(([127, 0, 0, 1], 0)))
}

/// The published checkpoint once it covers `entries`, and how many of the witnesses have cosigned it.
fn published(server: &Server, ledger: &SimLedger, keys: &[&WitnessKey], entries: u64) -> (u64, usize) {
    let begin = Instant::now();
    loop {
        let answer = server.get("/checkpoint");
        let text = answer.split_once("\r\n\r\n").map_or(answer.as_str(), |(_, body)| body);
        let note = Note::parse(text.as_bytes()).unwrap();
        let checkpoint = Checkpoint::open(&note, ledger.log.verifier()).unwrap();
        let cosigned = keys.iter().filter(|key| key.cosigned_at(&note).is_ok()).count();
        if checkpoint.size() >= entries && cosigned == keys.len() {
            return (checkpoint.size(), cosigned);
        }
        assert!(begin.elapsed() < PATIENCE, "size {}, {cosigned} cosignatures", checkpoint.size());
        thread::sleep(Duration::from_millis(20));
    }
}

fn log_of(data: &Path) -> String {
    fs::read_to_string(data.join("serve.log")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_quorum_has_cosigned_is_published_and_a_rolled_back_log_signs_nothing() {
    let mut dice = Dice::new("watched");
    let ledger = SimLedger::create(dice.roll(), 400);
    let log_key = ledger.log.verifier().to_string();
    let places = ["witness.example/1", "witness.example/2"].map(|name| Place::of(name, &log_key));
    let mut running: Vec<Witness> = places.iter().map(|place| place.start(&["--new"])).collect();
    let at: Vec<(&WitnessKey, SocketAddr)> =
        places.iter().zip(&running).map(|(place, witness)| (&place.key, witness.address)).collect();
    let keys: Vec<&WitnessKey> = at.iter().map(|(key, _)| *key).collect();

    let server = start(&ledger, 2, &at).unwrap();
    ledger.submit(&ledger.client(&server).await, 0..200).await;
    let (size, count) = published(&server, &ledger, &keys, 201);
    assert_eq!((size, count), (201, 2));
    assert!(server.get("/metrics").contains("yuanliu_cosignatures_total"));
    assert_eq!(server.stop(), 0);
    // Recorded times go with what the witnesses saw.
    let mut verify = yuanliu();
    verify.args(["verify", "--json", "--data"]).arg(&ledger.data);
    for key in &keys {
        verify.arg("--witness-key").arg(key.to_string());
    }
    let report = run_in(&mut verify).ok();
    assert_eq!(report["times"]["moments"], 2, "{report}");
    let backup = ledger.beside("backup");
    copy_dir(&ledger.data, &backup);

    // It comes up again with one of two: a quorum of two cannot have seen more than that one.
    let server = start(&ledger, 2, &at[..1]).map(Server::stop);
    assert!(server.is_err(), "a quorum of two with one witness is no setting");
    running[1].kill();
    let server = start(&ledger, 2, &at).unwrap();
    ledger.submit(&ledger.client(&server).await, 200..300).await;
    assert_eq!(server.stop(), 0);
    running[1] = places[1].start(&[]);
    let at: Vec<(&WitnessKey, SocketAddr)> =
        places.iter().zip(&running).map(|(place, witness)| (&place.key, witness.address)).collect();
    let server = start(&ledger, 2, &at).unwrap();
    ledger.submit(&ledger.client(&server).await, 300..400).await;
    assert_eq!(published(&server, &ledger, &keys, 401).0, 401);
    assert_eq!(server.stop(), 0);

    // Back to the copy: the witnesses have seen more, so it does not even start.
    fs::remove_dir_all(&ledger.data).unwrap();
    copy_dir(&backup, &ledger.data);
    let refused = start(&ledger, 2, &at).err().expect("a rolled-back log must not sign");
    assert!(
        refused.contains("entries were lost") && refused.contains("Nothing has been signed"),
        "{refused}"
    );
    assert!(log_of(&ledger.data).contains("401"), "{refused}");
    // Without witnesses it knows no better, and forks; then they are back.
    let server = Server::start(&ledger.data);
    let all = ledger.statements.len();
    ledger.submit(&ledger.client(&server).await, 200..all).await;
    assert_eq!(server.stop(), 0);
    let refused = start(&ledger, 2, &at).err().expect("a forked log must not sign");
    assert!(refused.contains("two histories") && refused.contains("Nothing has been signed"), "{refused}");
}

#[test]
fn settings_of_witnesses_that_cannot_be_are_refused_with_what_to_do() {
    let mut dice = Dice::new("watched settings");
    let ledger = SimLedger::create(dice.roll(), 1);
    let place = Place::of("witness.example/1", &ledger.log.verifier().to_string());
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let twice = start(&ledger, 1, &[(&place.key, nowhere), (&place.key, nowhere)]).err().unwrap();
    assert!(twice.contains("one witness counts once"), "{twice}");
    let quorum = start(&ledger, 2, &[(&place.key, nowhere)]).err().unwrap();
    assert!(quorum.contains("server.witness.quorum is 2"), "{quorum}");
}
