//! `yuanliu desk dossier`: the papers of a lot.

use std::process::ExitCode;

use anyhow::Result;
use client::ClientError;
use proto::v1::{GetLotDossierRequest, GetLotDossierResponse, StatementKind};

use super::ask;
use crate::{
    cli,
    draw::{self, Names},
    out::Out,
};

/// Runs the command.
pub(super) fn run(connection: &cli::Connection, lot: &str, item: &str, out: Out) -> Result<ExitCode> {
    let request = GetLotDossierRequest { lot: lot.to_owned(), item: item.to_owned() };
    let answer = ask(connection, out, async |client| client.get_lot_dossier(request).await);
    let answer = answer.inspect_err(|error| {
        if item.is_empty() && is_not_found(error) {
            out.note(out.pick(
                "If you only ever had single items of this lot, name one of them: --item ITEM",
                "如仅经手过该批的单件物品，请指定其中一件：--item 物品",
            ));
        }
    })?;
    if out.json {
        out.value(&client::message_to_json("GetLotDossierResponse", &answer)?);
        return Ok(ExitCode::SUCCESS);
    }
    draw_dossier(&answer, out);
    Ok(ExitCode::SUCCESS)
}

fn is_not_found(error: &anyhow::Error) -> bool {
    let failure = error.downcast_ref::<ClientError>().and_then(ClientError::failure);
    failure.is_some_and(|failure| failure.reason == "NOT_FOUND")
}

fn draw_dossier(d: &GetLotDossierResponse, out: Out) {
    let names = Names::new(&d.names);
    let held: Vec<String> = d.held_by.iter().map(u64::to_string).collect();
    let facts = [
        (out.pick("lot", "批"), d.lot.clone()),
        (out.pick("product", "产品"), d.product.clone()),
        (out.pick("commissioned by", "赋码方"), names.of(&d.maker)),
        (out.pick("made on", "生产日期"), d.made_on.clone()),
        (out.pick("expires on", "有效期至"), d.expires_on.clone()),
        (out.pick("held or recalled by entries", "暂停或召回条目"), held.join(", ")),
    ];
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        out.line(format!("{name}: {value}"));
    }
    let head = [
        out.pick("paper", "资料"),
        out.pick("number", "编号"),
        out.pick("by", "出具方"),
        out.pick("valid or decided", "有效期或结论"),
        out.pick("entry", "条目"),
    ];
    let registrations = d.registrations.iter().map(|r| {
        let facts = r.registration.clone().unwrap_or_default();
        let valid = format!(
            "{} – {}{}",
            facts.valid_from,
            facts.valid_to,
            if r.valid_when_made {
                ""
            } else {
                out.pick(" (not when made)", "（生产日不在有效期内）")
            }
        );
        let name = draw::kind(StatementKind::Registration, out.lang).to_owned();
        [name, facts.number, names.of(&facts.holder), valid, r.index.to_string()]
    });
    let licences = d.licences.iter().map(|l| {
        let facts = l.licence.clone().unwrap_or_default();
        let name = format!("{} {}", draw::kind(StatementKind::Licence, out.lang), facts.kind);
        let valid = format!("{} – {}", facts.valid_from, facts.valid_to);
        [name, facts.number, names.of(&l.party), valid, l.index.to_string()]
    });
    let papers = d.papers.iter().map(|p| {
        let name = draw::kind(p.kind(), out.lang).to_owned();
        [name, p.document.clone(), names.of(&p.issuer), p.outcome.clone(), p.index.to_string()]
    });
    out.line(draw::table(head, registrations.chain(licences).chain(papers)));
    if d.truncated {
        out.note(out.pick("There are more papers than are shown.", "资料未全部列出。"));
    }
    if d.papers.iter().flat_map(|p| &p.attachments).any(|a| !a.downloadable) {
        out.note(out.pick(
            "Papers name documents that are not yours to download; ask your supplier for copies.",
            "部分资料附有您无权下载的文件；请向供货方索取副本。",
        ));
    }
}
