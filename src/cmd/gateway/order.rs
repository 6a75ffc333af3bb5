//! `yuanliu gateway put-aside` and `retry`: what people do to single bills.

use std::{
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use gateway::{OutboxError, Remote, Settings, Which};
use serde_json::Value;

use super::{bill_line, is_not_running, outbox};
use crate::{cli, cmd::runtime, exit, out::Out};

/// Puts a bill aside, for a reason, or takes it up again: in the gateway that runs, else in its outbox.
pub fn run(settings: &Settings, bill: cli::GatewayBill, reason: Option<&str>, out: Out) -> Result<ExitCode> {
    if reason.is_some_and(|reason| reason.trim().is_empty()) {
        return Err(exit::usage("--reason is empty", "--reason 为空"));
    }
    let which = &Which { number: bill.number, kind: bill.kind, principal: bill.principal };
    let bill = runtime()?.block_on(async {
        match ask_for(settings, which, reason).await {
            Err(error) if is_not_running(&error) => {
                let outbox = outbox(settings)?;
                let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?;
                let done = match reason {
                    Some(reason) => outbox.put_aside(which, reason, now),
                    None => outbox.take_up(which, now),
                };
                match done {
                    Ok(record) => Ok(serde_json::to_value(record)?),
                    Err(error @ (OutboxError::NoSuchBill(_) | OutboxError::Several(..))) => {
                        Err(exit::refused(error.to_string(), error.to_string()))
                    }
                    Err(error) => Err(error.into()),
                }
            }
            answer => answer,
        }
    })?;
    if out.json {
        out.value(&bill);
    } else {
        out.line(bill_line(&bill));
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks the gateway that runs; the bill as it is now.
async fn ask_for(settings: &Settings, which: &Which, reason: Option<&str>) -> Result<Value> {
    let (status, answer) = Remote::find(&settings.data)?.order(which, reason).await?;
    if status == 200 {
        return Ok(answer["bills"][0].clone());
    }
    let why = answer["error"]["message"].as_str().unwrap_or_default();
    Err(exit::refused(why, why))
}
