//! `yuanliu validate`: everything that is wrong with statements, and nothing recorded.

use std::process::ExitCode;

use anyhow::Result;
use proto::v1::{FieldViolation, SignedStatement, ValidateStatementRequest, ValidateStatementResponse};
use serde_json::json;

use super::{
    connect, runtime,
    statements::{At, Place, read},
    submit::signer,
};
use crate::{
    cli, exit, lang,
    out::{Out, failed},
};

/// Warnings of a statement that people are shown.
const MAX_WARNINGS: usize = 20;

/// Runs the command.
pub fn run(args: &cli::Sign, out: Out) -> Result<ExitCode> {
    runtime()?.block_on(async {
        // Nothing is signed: a signed statement could be recorded. The read token tells who asks.
        let client = connect::reader(&args.who, out).await?;
        let signer = signer(args, out).await?;
        let (mut sound, mut faulty) = (0, 0);
        for statement in read(&args.files) {
            let (place, statement) = match statement {
                Ok(found) => found,
                Err(at) if at.is_refusal() => {
                    tell_unread(&at, out);
                    faulty += 1;
                    continue;
                }
                Err(at) => return Err(at.into()),
            };
            let payload = match signer.draft(statement) {
                Ok(payload) => payload,
                Err(error) => match At::new(place, error.into()) {
                    // Of another signer, or what cannot be signed: those that follow may be sound.
                    at if at.is_refusal() => {
                        tell_unread(&at, out);
                        faulty += 1;
                        continue;
                    }
                    at => return Err(at.into()),
                },
            };
            let statement = Some(SignedStatement { payload, ..SignedStatement::default() });
            let request = ValidateStatementRequest { statement };
            let answer = client.validate_statement(request).await?;
            tell(&place, &answer, out)?;
            if answer.admissible { sound += 1 } else { faulty += 1 }
        }
        let sum = format!(
            "{sound} {}, {faulty} {}",
            out.pick("would be recorded", "条可记录"),
            out.pick("would be refused", "条会被拒"),
        );
        if !out.json {
            out.note(sum);
        } else if faulty > 0 {
            out.value(&failed(json!({}), exit::REFUSED, "", &sum));
        }
        Ok(if faulty == 0 { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) })
    })
}

/// What is no statement of this signer.
fn tell_unread(at: &At, out: Out) {
    let told = exit::Told::of(at.cause(), out.lang);
    let message = lang::causes(at.cause(), out.lang);
    if out.json {
        out.value(&failed(at.place.told(json!({})), told.code, &told.reason, &message));
    } else {
        out.line(format!("{}: {message}", at.place.text(out.lang)));
    }
}

fn tell(place: &Place, answer: &ValidateStatementResponse, out: Out) -> Result<()> {
    if out.json {
        out.value(&client::message_to_json("ValidateStatementResponse", answer)?);
        return Ok(());
    }
    let verdict = match (answer.admissible, answer.reviewed) {
        (true, _) => out.pick("would be recorded", "可记录").to_owned(),
        (false, true) => format!("{} {}", answer.violations.len(), out.pick("faults", "处问题")),
        (false, false) => format!(
            "{} {}",
            answer.violations.len(),
            out.pick(
                "faults; not checked against the ledger: the signature does not count",
                "处问题；签名无效，未对照账本检查"
            )
        ),
    };
    out.line(format!("{}: {verdict}", place.text(out.lang)));
    answer.violations.iter().for_each(|v| line(v, "✖", out));
    let (shown, more) = answer.warnings.split_at(answer.warnings.len().min(MAX_WARNINGS));
    shown.iter().for_each(|v| line(v, "!", out));
    if !more.is_empty() {
        out.line(format!(
            "  ! {} {}",
            more.len(),
            out.pick("more warnings (--json lists them)", "条其他提示（见 --json）")
        ));
    }
    if answer.truncated {
        out.line(out.pick("    and more", "    以及更多"));
    }
    Ok(())
}

fn line(v: &FieldViolation, mark: &str, out: Out) {
    out.line(format!("  {mark} {}: {} [{}]", v.field, v.description, v.reason));
    if !v.remedy.is_empty() {
        out.line(format!("      {}", v.remedy));
    }
}
