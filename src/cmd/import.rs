//! `yuanliu import-lot` and `import-lots`: what customs ask of imports.

use std::{fmt::Write as _, process::ExitCode};

use anyhow::Result;
use proto::v1::{
    CustomsDecision, ImportAnswer, ImportCheck, ImportLeg, ImportLotSummary, ImportState, ImportVerdict,
    ListImportLotsRequest, Quantity, VerifyImportLotRequest, VerifyImportLotResponse,
};
use serde_json::json;

use super::{connect, runtime};
use crate::{
    cli,
    draw::{self, Names},
    exit,
    out::Out,
};

/// Rows asked for at a time.
const PAGE: u32 = 1_000;

/// `yuanliu import-lot`. Exit code 1 where something keeps the goods from release.
pub fn lot(args: &cli::ImportLot, out: Out) -> Result<ExitCode> {
    let number = args.declaration.strip_prefix("decl:").unwrap_or(&args.declaration);
    let request = VerifyImportLotRequest { declaration: format!("decl:{number}") };
    let answer = runtime()?.block_on(async {
        let client = connect::reader(&args.connection, out).await?;
        anyhow::Ok(client.verify_import_lot(request).await?)
    })?;
    if args.draft {
        let draft = answer.draft.as_ref().ok_or_else(|| {
            exit::usage("customs have decided for good: there is no draft", "海关已作最终决定，无决定草稿")
        })?;
        out.value(&statement(draft)?);
        return Ok(ExitCode::SUCCESS);
    }
    if out.json {
        out.value(&client::message_to_json("VerifyImportLotResponse", &answer)?);
    } else {
        out.line(page(&answer, out)?);
    }
    let clear = answer.verdict() == ImportVerdict::Clear;
    Ok(if clear { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The decision as a file that can be signed.
fn statement(draft: &CustomsDecision) -> Result<serde_json::Value> {
    Ok(json!({ "customsDecision": client::message_to_json("CustomsDecision", draft)? }))
}

/// The officer's page.
fn page(answer: &VerifyImportLotResponse, out: Out) -> Result<String> {
    let names = Names::new(&answer.names);
    let mut text = head(answer, &names, out);
    let checks = [
        out.pick("check", "核查"),
        out.pick("answer", "结论"),
        out.pick("found", "情况"),
        out.pick("entries", "条目"),
    ];
    let rows = answer.checks.iter().map(|check| check_row(check, answer.lots.len() > 1, out));
    let _ = writeln!(text, "{}", draw::table(checks, rows));
    let lines = [
        out.pick("line", "项"),
        out.pick("lot", "批"),
        out.pick("packages", "箱数"),
        out.pick("quantity", "数量"),
        out.pick("HS code", "商品编码"),
        out.pick("origin", "原产国"),
        out.pick("made, expires", "生产、有效期至"),
    ];
    let rows = answer.lines.iter().map(|line| {
        let dates = answer.lots.iter().find(|lot| lot.lot == line.lot);
        let dates = dates.map(|lot| format!("{}, {}", lot.made_on, lot.expires_on));
        [
            line.number.to_string(),
            line.lot.clone(),
            line.items.len().to_string(),
            line.quantity.as_ref().map(amount).unwrap_or_default(),
            line.hs.clone(),
            line.origin.clone(),
            dates.unwrap_or_default(),
        ]
    });
    let _ = writeln!(text, "{}", draw::table(lines, rows));
    text.push_str(&way(answer, &names, out));
    if let Some(draft) = &answer.draft {
        text.push_str(&advice(draft, &answer.declaration, out)?);
    }
    Ok(text.trim_end().to_owned())
}

fn head(answer: &VerifyImportLotResponse, names: &Names, out: Out) -> String {
    let source = answer.source.clone().unwrap_or_default();
    let all = |parties: &[String]| parties.iter().map(|party| names.of(party)).collect::<Vec<_>>().join("; ");
    let mut rows = vec![
        (out.pick("declaration", "报关单"), answer.declaration.clone()),
        (out.pick("verdict", "结论"), verdict(answer, out)),
        (out.pick("state", "状态"), state(answer.state(), out).to_owned()),
        (out.pick("declared", "申报时间"), draw::time(answer.declared_at)),
        (out.pick("importer", "进口单位"), names.of(&source.importer)),
        (out.pick("broker", "报关单位"), source.broker.clone()),
        (out.pick("consignor", "境外发货人"), source.consignor.clone()),
        (out.pick("stated by", "赋码主体"), all(&source.makers)),
        (out.pick("holder", "注册证持有人"), all(&source.holders)),
        (out.pick("agent", "境内代理人"), all(&source.agents)),
        (out.pick("waybill", "运单"), source.waybill.clone()),
        (out.pick("dispatched from", "启运国"), source.dispatched_from.clone()),
    ];
    if !source.broker.is_empty() {
        rows[5].1 = names.of(&source.broker);
    }
    if !source.consignor.is_empty() {
        rows[6].1 = names.of(&source.consignor);
    }
    let mut text = String::new();
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "{name}{}{value}", out.pick(": ", "："));
    }
    if answer.truncated {
        let words = out.pick(
            "More is recorded about it than one answer reads: nothing counts as clear.",
            "相关记录超出单次查询范围：不得视为无问题。",
        );
        let _ = writeln!(text, "{words}");
    }
    text
}

fn verdict(answer: &VerifyImportLotResponse, out: Out) -> String {
    let named = |wanted: ImportAnswer| {
        let checks = answer.checks.iter().filter(|check| check.answer() == wanted);
        checks
            .map(|check| out.pick(&check.title, &check.title_zh))
            .collect::<Vec<_>>()
            .join(out.pick("; ", "；"))
    };
    let (failed, missing) = (named(ImportAnswer::Fail), named(ImportAnswer::Missing));
    let word = match answer.verdict() {
        ImportVerdict::Unspecified => return "?".to_owned(),
        ImportVerdict::Clear => return out.pick("CLEAR: nothing keeps it", "可放行：无阻碍事项").to_owned(),
        ImportVerdict::Incomplete => out.pick("INCOMPLETE", "资料不全"),
        ImportVerdict::Blocked => out.pick("BLOCKED", "不可放行"),
    };
    let parts = [(out.pick("failed", "不符"), failed), (out.pick("missing", "缺失"), missing)];
    let parts = parts.into_iter().filter(|(_, what)| !what.is_empty());
    let parts: Vec<String> =
        parts.map(|(name, what)| format!("{name}{}{what}", out.pick(": ", "："))).collect();
    format!("{word}  {}", parts.join("  "))
}

fn check_row(check: &ImportCheck, with_lots: bool, out: Out) -> [String; 4] {
    let (mut found, mut entries) = (Vec::new(), Vec::new());
    for note in &check.notes {
        let mark = if note.answer == check.answer { "" } else { answer(note.answer(), out) };
        let lot =
            if with_lots && !note.lot.is_empty() { format!("{}: ", short(&note.lot)) } else { String::new() };
        let facts = out.pick(&note.facts, &note.facts_zh);
        found.push(format!("{lot}{facts} {mark}").trim_end().to_owned());
        entries.push(note.entries.iter().map(u64::to_string).collect::<Vec<_>>().join(", "));
    }
    if check.left_out > 0 {
        found.push(format!("… +{}", check.left_out));
    }
    [
        out.pick(&check.title, &check.title_zh).to_owned(),
        answer(check.answer(), out).to_owned(),
        found.join("\n"),
        entries.join("\n"),
    ]
}

/// The number of a lot alone, as it is printed.
fn short(lot: &str) -> &str {
    lot.rsplit('.').next().unwrap_or(lot)
}

const fn answer(answer: ImportAnswer, out: Out) -> &'static str {
    match answer {
        ImportAnswer::Unspecified => "?",
        ImportAnswer::NotApplicable => out.pick("– not asked", "– 不适用"),
        ImportAnswer::Pass => out.pick("✓ pass", "✓ 符合"),
        ImportAnswer::Missing => out.pick("○ MISSING", "○ 缺失"),
        ImportAnswer::Fail => out.pick("✗ FAIL", "✗ 不符"),
    }
}

const fn state(state: ImportState, out: Out) -> &'static str {
    match state {
        ImportState::Unspecified => "?",
        ImportState::Declared => out.pick("declared", "已申报"),
        ImportState::Filed => out.pick("filing under way", "备案中"),
        ImportState::Cleared => out.pick("cleared by the drug authority", "已备案"),
        ImportState::ClearanceRefused => out.pick("clearance refused", "不予通关"),
        ImportState::Released => out.pick("released", "已放行"),
        ImportState::Partial => out.pick("released in part", "部分放行"),
        ImportState::Held => out.pick("held", "扣留"),
        ImportState::Refused => out.pick("refused", "不予放行"),
        ImportState::Returned => out.pick("sent back", "退运"),
        ImportState::Seized => out.pick("seized", "没收"),
        ImportState::Destroyed => out.pick("destroyed", "销毁"),
        ImportState::Bonded => out.pick("in bond", "入区"),
        ImportState::BondedExit => out.pick("out of bond", "出区"),
    }
}

fn amount(quantity: &Quantity) -> String {
    format!("{} {}", quantity.amount, quantity.unit)
}

/// How the lots came.
fn way(answer: &VerifyImportLotResponse, names: &Names, out: Out) -> String {
    let source = answer.source.clone().unwrap_or_default();
    let mut text = String::new();
    for leg in &source.legs {
        let mark = if leg.arrived_at == 0 { "◐" } else { "●" };
        let _ = writeln!(text, "  {mark} {}  →  {}", names.of(&leg.sender), names.of(&leg.addressee));
        let _ = writeln!(text, "  │   {}", detail(leg, names, out).join(" · "));
    }
    if !source.bonded_by.is_empty() {
        let entries: Vec<String> = source.bonded_by.iter().map(u64::to_string).collect();
        let name = out.pick("into or out of bond by entries", "进出保税区条目");
        let _ = writeln!(text, "  {name} {}", entries.join(", "));
    }
    if source.truncated {
        let _ = writeln!(text, "  …");
    }
    text
}

fn detail(leg: &ImportLeg, names: &Names, out: Out) -> Vec<String> {
    let entries = [leg.entry].into_iter().chain(leg.received_by.iter().copied());
    let entries: Vec<String> = entries.map(|entry| entry.to_string()).collect();
    let amounts: Vec<String> = leg.quantities.iter().map(amount).collect();
    let mut parts = vec![
        format!("{} → {}", draw::time(leg.departed_at), draw::time(leg.arrived_at)),
        short(&leg.lot).to_owned(),
        if leg.items > 0 {
            format!("{} {}", leg.items, out.pick("codes", "码"))
        } else {
            amounts.join(", ")
        },
        if leg.carrier.is_empty() { String::new() } else { names.of(&leg.carrier) },
        leg.waybill.clone(),
        if leg.bonded { out.pick("bonded", "保税").to_owned() } else { String::new() },
        format!("{} {}", out.pick("entries", "条目"), entries.join(", ")),
    ];
    parts.retain(|part| !part.is_empty());
    parts
}

/// What to do with the draft.
fn advice(draft: &CustomsDecision, declaration: &str, out: Out) -> Result<String> {
    let outcome = statement(draft)?;
    let outcome = outcome["customsDecision"]["outcome"].as_str().unwrap_or_default().to_owned();
    let number = declaration.trim_start_matches("decl:");
    let held = draft.outcome == proto::v1::CustomsOutcome::Held as i32
        || draft.outcome == proto::v1::CustomsOutcome::Partial as i32;
    let basis =
        if held { out.pick(" Fill in legalBasis.", "请填写 legalBasis（法律依据）。") } else { "" };
    Ok(match out.lang {
        crate::lang::Lang::En => format!(
            "Draft of the decision: {outcome}, over the importer's lines; compare them with the goods.{basis}\n  \
             yuanliu import-lot {number} --draft > decision.json; yuanliu submit decision.json\n"
        ),
        crate::lang::Lang::Zh => format!(
            "决定草稿：{outcome}，各项取自申报，请与实货核对。{basis}\n  \
             yuanliu import-lot {number} --draft > decision.json; yuanliu submit decision.json\n"
        ),
    })
}

const fn asked_for(state: cli::ImportState) -> ImportState {
    match state {
        cli::ImportState::Declared => ImportState::Declared,
        cli::ImportState::Filed => ImportState::Filed,
        cli::ImportState::Cleared => ImportState::Cleared,
        cli::ImportState::ClearanceRefused => ImportState::ClearanceRefused,
        cli::ImportState::Released => ImportState::Released,
        cli::ImportState::Partial => ImportState::Partial,
        cli::ImportState::Held => ImportState::Held,
        cli::ImportState::Refused => ImportState::Refused,
        cli::ImportState::Returned => ImportState::Returned,
        cli::ImportState::Seized => ImportState::Seized,
        cli::ImportState::Destroyed => ImportState::Destroyed,
        cli::ImportState::Bonded => ImportState::Bonded,
        cli::ImportState::BondedExit => ImportState::BondedExit,
    }
}

/// `yuanliu import-lots`
pub fn lots(args: &cli::ImportLots, out: Out) -> Result<ExitCode> {
    let asked = ListImportLotsRequest {
        page_size: if args.limit == 0 { PAGE } else { args.limit.min(PAGE) },
        office: args.office.clone(),
        port: args.port.clone(),
        states: args.state.iter().map(|state| asked_for(*state) as i32).collect(),
        min_age_days: args.older_than,
        ..ListImportLotsRequest::default()
    };
    let (rows, names, more) = runtime()?.block_on(async {
        let client = connect::reader(&args.connection, out).await?;
        let (mut rows, mut names, mut page_token) = (Vec::new(), Vec::new(), String::new());
        loop {
            let request = ListImportLotsRequest { page_token, ..asked.clone() };
            let page = client.list_import_lots(request).await?;
            rows.extend(page.lots);
            names.extend(page.names);
            page_token = page.next_page_token;
            let enough = args.limit != 0 && rows.len() >= args.limit as usize;
            if page_token.is_empty() || enough {
                let more = !page_token.is_empty() || (enough && rows.len() > args.limit as usize);
                return anyhow::Ok((rows, names, more));
            }
        }
    })?;
    let rows = if args.limit == 0 { &rows[..] } else { &rows[..rows.len().min(args.limit as usize)] };
    if out.json {
        for row in rows {
            out.value(&client::message_to_json("ImportLotSummary", row)?);
        }
    } else {
        let names = Names::new(&names);
        let head = [
            out.pick("declaration", "报关单"),
            out.pick("state", "状态"),
            out.pick("age, days", "已过天数"),
            out.pick("declared", "申报时间"),
            out.pick("importer", "进口单位"),
            out.pick("port", "口岸"),
            out.pick("lots", "批"),
            out.pick("entry", "条目"),
        ];
        out.line(draw::table(head, rows.iter().map(|row| summary(row, &names, out))));
    }
    if more {
        out.note(out.pick("There is more; raise --limit.", "尚有更多；请提高 --limit。"));
    }
    Ok(ExitCode::SUCCESS)
}

fn summary(row: &ImportLotSummary, names: &Names, out: Out) -> [String; 8] {
    let named = u32::try_from(row.lots.len()).unwrap_or(u32::MAX);
    let mut lots: Vec<String> = row.lots.iter().map(|lot| short(lot).to_owned()).collect();
    if row.lot_count > named {
        lots.push(format!("+{}", row.lot_count - named));
    }
    let bonded = if row.bonded { out.pick(" (into bond)", "（保税）") } else { "" };
    let unsure = if row.truncated { " ?" } else { "" };
    [
        row.declaration.trim_start_matches("decl:").to_owned(),
        format!("{}{bonded}{unsure}", state(row.state(), out)),
        row.age_days.to_string(),
        draw::time(row.declared_at),
        names.of(&row.importer),
        row.ports.join(", "),
        lots.join(", "),
        row.index.to_string(),
    ]
}
