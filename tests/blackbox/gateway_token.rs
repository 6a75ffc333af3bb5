//! A signing key in a PKCS#11 token: SoftHSM, from Debian's package `softhsm2`.

use std::{fs, path::Path, process::Command};

use client::JsonError;
use proto::v1::{KeyUse, Role, RoleGrant, statement::Body};
use serde_json::json;

use crate::kit::{Place, Stage, lot, run_in, unit};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "271828";

/// A token with one Ed25519 key pair; its configuration file.
fn token(dir: &Path) -> String {
    fs::create_dir_all(dir.join("tokens")).unwrap();
    let config = dir.join("softhsm2.conf");
    let text =
        format!("directories.tokendir = {}\nobjectstore.backend = file\n", dir.join("tokens").display());
    fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap().to_owned();
    let made = |program: &str, args: &[&str]| {
        let done = run_in(Command::new(program).args(args).env("SOFTHSM2_CONF", &config));
        assert_eq!(done.code, Some(0), "{program} {args:?}: {done:?}");
    };
    made("softhsm2-util", &["--init-token", "--free", "--label", "erp", "--pin", PIN, "--so-pin", "314159"]);
    made(
        "pkcs11-tool",
        &[
            "--module",
            MODULE,
            "--token-label",
            "erp",
            "--login",
            "--pin",
            PIN,
            "--keypairgen",
            "--key-type",
            "EC:edwards25519",
            "--label",
            "bills",
        ],
    );
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_never_leaves_its_token_is_enrolled_and_signs_bills() {
    assert!(Path::new(MODULE).exists(), "install softhsm2 and opensc: scripts/install-deps does");
    let stage = Stage::set().await;
    let temp = tempfile::tempdir().unwrap();
    let config = token(temp.path());
    let pin_file = temp.path().join("pin");
    fs::write(&pin_file, format!("{PIN}\n")).unwrap();
    let maker = "org:Token Maker";
    let grant = RoleGrant { role: Role::Manufacturer as i32, ..RoleGrant::default() };
    stage.register_party(maker, grant).await;
    let key = format!(
        "[key.pkcs11]\nmodule = \"{MODULE}\"\ntoken = \"erp\"\nkey = \"bills\"\npin-file = \"{}\"",
        pin_file.display()
    );
    let actor = crate::kit::Actor::new(maker, stage.ledger());
    let mut place = Place::with_key(&temp.path().join("erp"), &stage, &actor, &key, "");
    place.env = vec![("SOFTHSM2_CONF".into(), config)];

    // A PIN that others can read is no PIN.
    permit(&pin_file, 0o644);
    let refused = run_in(place.command("key").arg("--json"));
    assert!(refused.code != Some(0) && refused.stderr.contains("chmod 600"), "{refused:?}");
    permit(&pin_file, 0o600);

    let shown = run_in(place.command("key").arg("--json")).ok();
    let enrol = client::statement_from_json(&shown["enrol"].to_string())
        .map_err(|e: JsonError| e.to_string())
        .unwrap();
    let Some(Body::EnrolKey(enrolment)) = enrol.body else { panic!("{enrol:?}") };
    assert_eq!(enrolment.uses, [KeyUse::Sign as i32]);
    assert_eq!(hex::encode(&enrolment.public_key), shown["public_key"].as_str().unwrap());
    stage.submit(&stage.root.sign(Body::EnrolKey(enrolment))).await;

    let gateway = place.start();
    let bill = json!({
        "number": "T-1", "type": 101, "time": "2026-01-12 08:30", "registration": "国药准字SJ20171003",
        "madeOn": "2026-01-10", "expiresOn": "2028-01-09",
        "lines": [{ "code": unit(1), "lot": lot() }, { "code": unit(2) }],
    });
    let (status, answer) = gateway.post("/v1/bills", bill.to_string().as_bytes());
    assert_eq!(status, 202, "{answer}");
    let landed = gateway.wait_for("T-1", "landed");
    assert_eq!(landed["entry"], stage.size().await - 1);
    assert_eq!(gateway.stop(), Some(0));

    // A wrong PIN and a wrong label are told apart, and no PIN is told to anybody.
    fs::write(&pin_file, "999999").unwrap();
    let wrong = run_in(place.command("key").arg("--json"));
    assert!(wrong.stderr.contains("check the PIN") && !wrong.stderr.contains("999999"), "{wrong:?}");
    fs::write(&pin_file, PIN).unwrap();
    let text = fs::read_to_string(&place.settings).unwrap();
    fs::write(&place.settings, text.replace("\"bills\"", "\"biils\"")).unwrap();
    let wrong = run_in(place.command("key").arg("--json"));
    assert!(wrong.stderr.contains("no Ed25519 key pair labelled"), "{wrong:?}");
    let size = stage.size().await;
    stage.end(size);
}

fn permit(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
