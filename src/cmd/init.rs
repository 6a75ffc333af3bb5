//! `yuanliu init`: keys, root authorities, entry 0.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use merkle::{Hash, SignerKey, SigningKey};
use prost::Message as _;
use proto::v1::{Genesis, RootAuthority, Settings};
use serde_json::json;

use super::connect::parse_party;
use crate::{cli, exit, keys, out::Out};

/// Runs the command.
pub fn run(args: &cli::Init, out: Out) -> Result<ExitCode> {
    let data = &args.data.data;
    if data.join("log").exists() {
        return Err(keys::occupied(data));
    }
    check(args)?;
    // Whole or not at all: who is interrupted, at a prompt for a passphrase for instance, begins again.
    let (id, genesis) = store::found(data, |ledger| make(ledger, args, out))?;
    tell(data, &hex::encode(id), &genesis, out);
    Ok(ExitCode::SUCCESS)
}

/// Makes keys and log of a ledger in `ledger`, which will be moved to where it is to be.
fn make(ledger: &Path, args: &cli::Init, out: Out) -> Result<(Hash, Genesis)> {
    let folder = keys::folder(ledger);
    keys::make_folder(&folder)?;
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|e| exit::machine("the system gives no random numbers", "系统无法提供随机数", e))?;

    let mut roots = Vec::with_capacity(args.roots.len());
    for (i, root) in args.roots.iter().enumerate() {
        roots.push(root_authority(root, i, args, &random, &folder, out)?);
    }
    let log = log_key(&args.origin, &folder, "log.key")?;
    let answer = log_key(&args.origin, &folder, "answer.key")?;
    let majority = u32::try_from(roots.len() / 2 + 1)?;
    let genesis = Genesis {
        origin: args.origin.clone(),
        random: random.to_vec(),
        log_key: log.verifier().to_string(),
        answer_key: answer.verifier().to_string(),
        witness_keys: Vec::new(),
        roots,
        threshold: args.threshold.unwrap_or(majority),
        settings: Some(Settings {
            max_id_age: statement::DEFAULT_MAX_ID_AGE,
            max_ahead: statement::DEFAULT_MAX_AHEAD,
        }),
        predecessor: None,
    };
    let now = jiff::Timestamp::now().as_microsecond();
    let id = ledger::Ledger::create(ledger, &genesis.encode_to_vec(), u64::try_from(now)?)?;
    Ok((id, genesis))
}

/// What can be wrong with the arguments, before any file is made.
fn check(args: &cli::Init) -> Result<()> {
    let mut parties: Vec<&str> = args
        .roots
        .iter()
        .map(|root| root.split_once('=').map_or(root.as_str(), |(party, _)| party))
        .collect();
    for party in &parties {
        parse_party("--root", party)?;
    }
    let count = parties.len();
    parties.sort_unstable();
    parties.dedup();
    if parties.len() < count || count > 16 {
        return Err(exit::usage(
            "--root: 1 to 16 root authorities, each named once",
            "--root：根主管部门须为 1 至 16 个，且不重复",
        ));
    }
    if args.threshold.is_some_and(|k| !(1..=count).contains(&(k as usize))) {
        return Err(exit::usage(
            format!("--threshold: must be 1 to {count}, the number of root authorities"),
            format!("--threshold：须为 1 至 {count}（根主管部门数）"),
        ));
    }
    new_log_key(&args.origin)?;
    Ok(())
}

fn root_authority(
    text: &str,
    i: usize,
    args: &cli::Init,
    random: &[u8; 32],
    folder: &Path,
    out: Out,
) -> Result<RootAuthority> {
    let (party, file) = text.split_once('=').map_or((text, None), |(p, f)| (p, Some(Path::new(f))));
    let parsed = parse_party("--root", party)?;
    let key: SigningKey = match file {
        Some(file) => keys::open(file, out)?,
        None => {
            let name = format!("root-{}.pem", i + 1);
            let shown = keys::folder(&args.data.data).join(&name);
            keys::make_for(&folder.join(name), &shown, args.no_passphrase, out)?
        }
    };
    Ok(client::root_authority(party, parsed.value(), &key, &args.origin, random))
}

fn new_log_key(origin: &str) -> Result<SignerKey> {
    SignerKey::new(origin, client::generate_key()?).map_err(|e| {
        exit::usage(format!("--origin {origin}: {e}"), format!("--origin {origin}：不能作日志名称（{e}）"))
    })
}

/// A new key of the log itself; its name in notes is the origin.
fn log_key(origin: &str, folder: &Path, file: &str) -> Result<SignerKey> {
    let key = new_log_key(origin)?;
    keys::write_log_key(&folder.join(file), &key)?;
    Ok(key)
}

fn tell(data: &Path, id: &str, genesis: &Genesis, out: Out) {
    let log_key = &genesis.log_key;
    let roots: Vec<&str> = genesis.roots.iter().map(|r| r.party.as_str()).collect();
    if out.json {
        out.value(
            &json!({ "ledger": id, "log_key": log_key, "roots": roots, "threshold": genesis.threshold }),
        );
        return;
    }
    out.line(format!("{}  {id}", out.pick("ledger id ", "账本标识")));
    out.line(format!("{}  {log_key}", out.pick("log key   ", "日志公钥")));
    out.line(format!(
        "{}  {} ({} / {})",
        out.pick("roots     ", "根主管部门"),
        roots.join(", "),
        genesis.threshold,
        roots.len()
    ));
    out.note(format!(
        "{} {}",
        out.pick(
            "Give the log key to whoever is to check answers. Move the root keys off this machine. Next:",
            "请将日志公钥交给需要核验的各方，并将根密钥移出本机。下一步："
        ),
        format_args!("yuanliu serve --data {}", data.display())
    ));
}
