//! `yuanliu gateway put-aside`, `retry` and `give-up`: what people do to single bills.

use std::{
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use gateway::{Order, OutboxError, Remote, Settings, Which};
use serde_json::Value;

use super::{bill_line, is_not_running, outbox};
use crate::{cli, cmd::runtime, exit, out::Out};

/// Has it done by the gateway that runs, else in its outbox; only what the ledger said last, which no outbox keeps,
/// allows a bill to be given up.
pub fn run(settings: &Settings, bill: cli::GatewayBill, order: Order<'_>, out: Out) -> Result<ExitCode> {
    if matches!(order, Order::PutAside(reason) if reason.trim().is_empty()) {
        return Err(exit::usage("--reason is empty", "--reason 为空"));
    }
    let which = &Which { number: bill.number, kind: bill.kind, principal: bill.principal };
    let bill = runtime()?.block_on(async {
        match ask_for(settings, which, order).await {
            Err(error) if is_not_running(&error) => in_outbox(settings, which, order),
            answer => answer,
        }
    })?;
    if out.json {
        out.value(&bill);
    } else {
        out.line(bill_line(&bill, out));
    }
    Ok(ExitCode::SUCCESS)
}

/// The same where no gateway runs.
fn in_outbox(settings: &Settings, which: &Which, order: Order<'_>) -> Result<Value> {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?;
    let done = match order {
        Order::PutAside(reason) => outbox(settings)?.put_aside(which, reason, now),
        Order::TakeUp => outbox(settings)?.take_up(which, now),
        Order::GiveUp => {
            return Err(exit::usage(
                "no gateway runs: only one that has asked the ledger knows that it refuses the bill; start it, or put the bill aside",
                "网关未运行：须由运行中的网关确认账本已拒收该单据，方可放弃；请启动网关，或先搁置该单据",
            ));
        }
    };
    match done {
        Ok(record) => Ok(serde_json::to_value(record)?),
        Err(error @ (OutboxError::NoSuchBill(_) | OutboxError::Several(..))) => {
            Err(exit::refused(error.to_string(), error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks the gateway that runs; the bill as it is now.
async fn ask_for(settings: &Settings, which: &Which, order: Order<'_>) -> Result<Value> {
    let (status, answer) = Remote::find(&settings.data)?.order(which, order).await?;
    if status == 200 {
        return Ok(answer["bills"][0].clone());
    }
    let why = |field: &str| answer["error"][field].as_str().unwrap_or_default();
    Err(exit::refused(why("message"), why("message_zh")))
}
