//! `yuanliu evidence export`.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use client::EvidenceQuery;
use evidence::bundle::{CollectError, Extent, Extraction, Query, QueryKind, Request, collect, sign};
use merkle::SigningKey;
use prost::Message as _;
use proto::v1::ExportEvidenceRequest;
use serde_json::json;
use statement::{ALG_ED25519, Words, key_id};

use super::{
    super::{connect, runtime},
    write_new,
};
use crate::{cli, exit, out::Out};

/// Takes a bundle out, signs it, and writes it.
pub fn run(args: &cli::EvidenceExport, out: Out) -> Result<ExitCode> {
    if args.output.exists() {
        let name = args.output.display();
        return Err(exit::usage(
            format!("{name} exists; evidence is never overwritten"),
            format!("{name} 已存在；证据文件从不覆盖"),
        ));
    }
    let query = query(args);
    let file = match &args.data {
        Some(data) => from_directory(data, args, &query, out)?,
        None => runtime()?.block_on(from_server(args, &query, out))?,
    };
    write_new(&args.output, &file)?;
    if out.json {
        let (kind, digest) = (query.kind.as_str(), hex::encode(merkle::sha256(&[&file])));
        out.value(&json!({
            "file": args.output, "bytes": file.len(), "sha256": digest, "kind": kind, "text": query.text,
        }));
    } else {
        let (name, bytes) = (args.output.display(), file.len());
        let told = Words::made(
            format!(
                "{name}: {bytes} bytes. Check it with `yuanliu evidence verify` before it leaves your hands."
            ),
            format!("{name}：{bytes} 字节。交出之前请用 `yuanliu evidence verify` 核验。"),
        );
        out.line(out.lang.of_words(&told));
    }
    Ok(ExitCode::SUCCESS)
}

fn query(args: &cli::EvidenceExport) -> EvidenceQuery {
    let about = &args.about;
    let entry = about.entry.map(|index| index.to_string());
    let asked = [
        (QueryKind::Item, &about.item),
        (QueryKind::Lot, &about.lot),
        (QueryKind::Party, &about.about_party),
        (QueryKind::Document, &about.document),
        (QueryKind::Entry, &entry),
        (QueryKind::Absent, &about.absent),
    ];
    // The arguments hold exactly one.
    let found = asked.into_iter().find_map(|(kind, text)| Some((kind, text.clone()?)));
    let (kind, text) = found.unwrap_or((QueryKind::Absent, String::new()));
    EvidenceQuery { kind, text, as_of: args.as_of, named_only: args.named_only }
}

async fn from_server(args: &cli::EvidenceExport, query: &EvidenceQuery, out: Out) -> Result<Vec<u8>> {
    let (_, key) = connect::identity(&args.connection, out)?;
    let id = key_id(ALG_ED25519, key.public().as_bytes());
    let client = connect::reader_for(&args.connection, &args.case, out).await?;
    Ok(client.export_evidence(query, &id, &key).await?)
}

fn from_directory(
    data: &Path,
    args: &cli::EvidenceExport,
    query: &EvidenceQuery,
    out: Out,
) -> Result<Vec<u8>> {
    let (party, key) = connect::identity(&args.connection, out)?;
    let request = Request {
        query: Query { kind: query.kind, text: query.text.clone(), as_of: query.as_of },
        extraction: extraction(party, &key, args),
        extent: if query.named_only { Extent::Named } else { Extent::Whole },
    };
    let config = ledger::Config::default();
    let access = access(&request);
    let bundle =
        ledger::with_source(data, &config, request.query.needs(), access, &mut |_, _| {}, |source| {
            collect(source, &request)
        })?;
    let bundle = bundle.map_err(|error| match error {
        CollectError::Source(error) => anyhow::Error::from(error),
        CollectError::Query => exit::usage(
            "what is asked for is not written in its canonical form",
            "所查对象的写法不是规范文本",
        ),
        CollectError::NotSealed { covered } => exit::refused(
            format!("the newest seal covers {covered} entries; ask --as-of {covered}"),
            format!("最新封印只涵盖 {covered} 条；请用 --as-of {covered}"),
        ),
        CollectError::TooLarge => exit::refused(
            "it has more entries than a bundle holds; ask for one item or document",
            "条目数超出证据包容量；请改查单件货品或单份单证",
        ),
        error => anyhow::Error::from(error),
    })?;
    sign(&bundle, &key).map_err(|defect| anyhow::anyhow!("{defect}"))
}

/// The record of this read.
fn access(request: &Request) -> ledger::Access {
    let Extraction { party, key, purpose, case, .. } = &request.extraction;
    let question = ExportEvidenceRequest {
        kind: request.query.kind.as_str().into(),
        text: request.query.text.clone(),
        as_of: request.query.as_of,
        named_only: request.extent == Extent::Named,
        key_id: key.to_vec(),
    };
    ledger::Access {
        party: party.clone(),
        key: *key,
        method: "yuanliu evidence export --data".into(),
        purpose: purpose.clone(),
        case: case.clone(),
        question: question.encode_to_vec(),
    }
}

fn extraction(party: String, key: &SigningKey, args: &cli::EvidenceExport) -> Extraction {
    Extraction {
        party,
        key: key_id(ALG_ED25519, key.public().as_bytes()),
        at: u64::try_from(jiff::Timestamp::now().as_microsecond()).unwrap_or(0),
        purpose: args.connection.purpose.clone(),
        case: args.case.clone(),
    }
}
