//! `yuanliu evidence`: files that prove themselves, checked without a network.

mod export;

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Result;
use evidence::{
    bundle::{self, Defect, Trust, Verdict, Witness},
    fraud::{FraudVerdict, verify_fraud},
    report,
};
use merkle::VerifierKey;

use super::{
    authorities::{trusted, witness_key},
    keygen::parse_ledger,
};
use crate::{
    cli,
    exit::{self, REFUSED},
    lang::Lang,
    out::{Out, failed},
};

/// `yuanliu evidence …`
pub fn run(command: &cli::Evidence, out: Out) -> Result<ExitCode> {
    match command {
        cli::Evidence::Export(args) => export::run(args, out),
        cli::Evidence::Verify(args) => verify(args, out),
    }
}

/// Checks a bundle or a fraud proof, and says what it proves.
fn verify(args: &cli::EvidenceVerify, out: Out) -> Result<ExitCode> {
    let file = read(&args.file)?;
    let log_key = log_key(&args.log_key)?;
    // A fraud proof is bare JSON that says what it is first; a bundle lies in an envelope.
    if file.starts_with(br#"{"kind":"#) {
        return Ok(tell_fraud(verify_fraud(&file, &log_key), out));
    }
    let found = bundle::verify(&file, &trust(args, log_key)?);
    if let (Ok(verdict), Some(path)) = (&found, &args.report) {
        write_new(path, report::html(verdict, &file).as_bytes())?;
    }
    Ok(tell(found, out))
}

fn tell(found: Result<Verdict, Defect>, out: Out) -> ExitCode {
    match found {
        Ok(verdict) if out.json => out.value(&verdict.to_json()),
        Ok(verdict) => verdict.lines().iter().for_each(|line| out.line(out.lang.of_words(line))),
        Err(defect) => return refuse(&defect, out),
    }
    ExitCode::SUCCESS
}

fn tell_fraud(found: Result<FraudVerdict, Defect>, out: Out) -> ExitCode {
    match found {
        Ok(verdict) if out.json => out.value(&verdict.json),
        Ok(verdict) => out.line(out.lang.of_words(&verdict.words)),
        Err(defect) => return refuse(&defect, out),
    }
    ExitCode::SUCCESS
}

fn refuse(defect: &Defect, out: Out) -> ExitCode {
    let (part, why) = (defect.part.as_str(), &defect.words);
    let told = match out.lang {
        Lang::En => format!("refused ({part}): {}. Nothing in the file is to be believed.", why.english()),
        Lang::Zh => format!("不成立（{part}）：{}。文件内容均不足为信。", why.chinese()),
    };
    if out.json {
        out.value(&failed(defect.to_json(), REFUSED, "DEFECT", &told));
    }
    out.note(told);
    ExitCode::from(REFUSED)
}

fn trust(args: &cli::EvidenceVerify, log_key: VerifierKey) -> Result<Trust> {
    let Some(ledger) = &args.ledger else {
        return Err(exit::usage(
            "--ledger is needed to check a bundle: the ledger id as you were told it by somebody you trust",
            "核验证据包须用 --ledger 给出账本标识，以您从可信方得知的为准",
        ));
    };
    let plain = args.witness_key.iter().map(|key| (key, false));
    let keys = plain.chain(args.auditor_key.iter().map(|key| (key, true)));
    let mut witnesses: Vec<Witness> = Vec::new();
    for (text, auditing) in keys {
        let key = witness_key(text)?;
        if witnesses.iter().any(|w| w.key.public() == key.public()) {
            return Err(exit::usage(
                format!("the witness key {text} is given twice"),
                format!("见证方公钥 {text} 重复给出"),
            ));
        }
        witnesses.push(Witness { key, auditing });
    }
    let quorum = args.quorum.unwrap_or(witnesses.len());
    Ok(Trust {
        ledger: parse_ledger(ledger)?,
        log_key,
        witnesses,
        quorum,
        authorities: trusted(&args.tsa_root)?,
        max_age: args.max_age.map(|seconds| seconds.saturating_mul(1_000_000)),
        now: u64::try_from(jiff::Timestamp::now().as_microsecond()).unwrap_or(0),
    })
}

fn log_key(text: &str) -> Result<VerifierKey> {
    text.parse().map_err(|e| {
        exit::usage(
            format!("--log-key: {e}; `yuanliu checkpoint --vkey` prints it"),
            format!("--log-key：{e}；可用 `yuanliu checkpoint --vkey` 输出"),
        )
    })
}

/// The file, as far as one may be long.
fn read(path: &Path) -> Result<Vec<u8>> {
    let name = path.display();
    let fault = |e| exit::machine(format!("cannot read {name}"), format!("无法读取 {name}"), e);
    let mut file = Vec::new();
    let most = bundle::MAX_FILE as u64 + 1;
    File::open(path).and_then(|f| f.take(most).read_to_end(&mut file)).map_err(fault)?;
    Ok(file)
}

pub(super) fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    let name = path.display();
    let fault = |e| exit::machine(format!("cannot write {name}"), format!("无法写入 {name}"), e);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(fault)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(fault)
}
