//! The one check behind all tables of bad input: what a refusal says, alone and in a batch, and that
//! nothing of it is left behind.

use futures::{StreamExt as _, stream};
use proto::v1::{Rejection, SignedStatement, SubmitStatementsRequest, statement_result::Result as One};
use tonic::{Code, Status};

use crate::kit::{Stage, error_reason, violated_fields};

/// A statement that must be refused, and how.
pub struct Row {
    pub name: String,
    pub signed: SignedStatement,
    pub code: Code,
    pub reason: &'static str,
    /// Path of the first field at fault; empty = none is named.
    pub field: &'static str,
}

pub fn row(
    name: impl Into<String>,
    signed: SignedStatement,
    code: Code,
    reason: &'static str,
    field: &'static str,
) -> Row {
    Row { name: name.into(), signed, code, reason, field }
}

/// Sends every row alone and all of them as a stream; compares everything with the table at once, so that
/// one run shows all differences.
pub async fn check_refused(stage: &Stage, rows: &[Row]) {
    let before = stage.size().await;
    let mut wrong = Vec::new();
    let rejections = stream_all(stage, rows, "en").await;
    let chinese = stream_all(stage, rows, "zh").await;
    for ((row, (streamed, english)), (again, chinese)) in rows.iter().zip(rejections).zip(chinese) {
        assert_eq!((&again, chinese.len()), (&streamed, english.len()), "{}: in both languages", row.name);
        wrong.extend(untranslated(&row.name, &english, &chinese));
        let expected = format!("{:?} {} [{}]", row.code, row.reason, row.field);
        let alone = match stage.try_submit(&row.signed).await {
            Ok(receipt) => format!("recorded as {}", receipt.index),
            Err(status) => told(status.code(), &error_reason(&status), &violated_fields(&status)),
        };
        if alone != expected {
            wrong.push(format!("{}: expected {expected}, alone {alone}", row.name));
        }
        if streamed != expected {
            wrong.push(format!("{}: expected {expected}, in a batch {streamed}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    assert_eq!(stage.size().await, before, "nothing of it is in the log");
}

fn told(code: Code, reason: &str, fields: &[String]) -> String {
    format!("{code:?} {reason} [{}]", fields.first().map_or("", String::as_str))
}

/// What was told of each row, and its descriptions.
async fn stream_all(stage: &Stage, rows: &[Row], language: &str) -> Vec<(String, Vec<String>)> {
    let statements = rows.iter().map(|r| r.signed.clone());
    let outcomes = submit_stream_in(stage, statements.collect(), language).await.unwrap();
    let told = outcomes.iter().map(|outcome| match outcome {
        One::Receipt(receipt) => (format!("recorded as {}", receipt.index), Vec::new()),
        One::Rejection(r) => {
            let fields: Vec<String> = r.violations.iter().map(|v| v.field.clone()).collect();
            let descriptions = r.violations.iter().map(|v| v.description.clone()).collect();
            (told(Code::from_i32(r.code), &r.reason, &fields), descriptions)
        }
    });
    told.collect()
}

/// Descriptions that are not in the language asked for; a digest reads the same in both.
fn untranslated(name: &str, english: &[String], chinese: &[String]) -> Vec<String> {
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let pairs = english.iter().zip(chinese);
    let wrong =
        pairs.filter(|(en, zh)| if en == zh { !is_digest(en) } else { !is_chinese(zh) || has_english(zh) });
    wrong.map(|(en, zh)| format!("{name}: {en:?} is {zh:?} in Chinese")).collect()
}

/// Whether a text runs English words: two in small letters, one after the other. Names in the field are single
/// words, capitals, or have `_`, `.` or `:` in them.
fn has_english(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let ends = |word: &str| {
        let latin = word.rsplit(|c: char| !c.is_ascii()).next().unwrap_or_default();
        !latin.is_empty() && latin.bytes().all(|b| b.is_ascii_lowercase())
    };
    let begins = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase());
    words.windows(2).any(|pair| matches!(pair, [a, b] if ends(a) && begins(b)))
}

/// Results of statements sent as a stream of batches of 7.
pub async fn submit_stream(stage: &Stage, all: Vec<SignedStatement>) -> Result<Vec<One>, Status> {
    submit_stream_in(stage, all, "en").await
}

async fn submit_stream_in(
    stage: &Stage,
    all: Vec<SignedStatement>,
    language: &str,
) -> Result<Vec<One>, Status> {
    let batches: Vec<_> = all
        .chunks(7)
        .map(|c| SubmitStatementsRequest {
            statements: c.to_vec(),
            without_proofs: false,
            findings_wait_ms: 0,
        })
        .collect();
    let mut request = tonic::Request::new(stream::iter(batches));
    request.metadata_mut().insert("accept-language", language.parse().unwrap());
    let mut answers = stage.log().submit_statements(request).await?.into_inner();
    let mut results = Vec::new();
    while let Some(answer) = answers.next().await {
        results.extend(answer?.results.into_iter().map(|r| r.result.unwrap()));
    }
    assert_eq!(results.len(), all.len(), "one result each");
    Ok(results)
}

/// Statements that must all be refused, whatever the reason; gives the refusals.
pub async fn all_refused(stage: &Stage, all: Vec<SignedStatement>) -> Vec<Rejection> {
    let before = stage.size().await;
    let results = submit_stream(stage, all).await.unwrap();
    let rejections = results.into_iter().enumerate().map(|(i, result)| match result {
        One::Rejection(rejection) => rejection,
        One::Receipt(receipt) => panic!("statement {i} was recorded: {receipt:?}"),
    });
    let rejections = rejections.collect();
    assert_eq!(stage.size().await, before);
    rejections
}
