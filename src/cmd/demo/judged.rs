//! What the ledger found of the crimes that were told to it, against the truth.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use anyhow::{Result, bail};
use client::Client;
use proto::v1::{Finding, FindingFilter, FindingSeverity, ListFindingsRequest};
use serde_json::{Value, json};
use sim::Crime;

/// Longest wait for rules to have judged everything.
const PATIENCE: Duration = Duration::from_secs(300);

/// Writes the truth: a list of crimes, each with its name, the rules that must find it, and the items, lots and products
/// that it is about.
pub(super) fn write(truth: &[Crime], path: &Path) -> Result<()> {
    let crime = |c: &Crime| json!({"crime": c.name, "rules": c.rules, "lines": c.lines});
    let mut text = serde_json::to_string_pretty(&truth.iter().map(crime).collect::<Vec<_>>())?;
    text.push('\n');
    Ok(fs::write(path, text)?)
}

/// How well findings meet the truth: `recall` of what had to be found, `precision_high` of what was found gravely, and
/// by rule what was to be found, what of it was, and what was found gravely of honest people.
pub(super) async fn judged(client: &Client, truth: &[Crime]) -> Result<Value> {
    Ok(compare(&all(client).await?, truth))
}

/// All findings that are due, once every entry has been judged.
async fn all(client: &Client) -> Result<Vec<Finding>> {
    let wait = async {
        loop {
            let page =
                client.list_findings(ListFindingsRequest { page_size: 1, ..Default::default() }).await?;
            if page.judged >= page.size {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let Ok(waited) = tokio::time::timeout(PATIENCE, wait).await else {
        bail!("rules have not judged everything in {} s", PATIENCE.as_secs())
    };
    waited?;
    let mut found = Vec::new();
    let mut request = ListFindingsRequest {
        filter: Some(FindingFilter::default()),
        page_size: 1_000,
        ..ListFindingsRequest::default()
    };
    loop {
        let page = client.list_findings(request.clone()).await?;
        found.extend(page.findings);
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

fn is_of(finding: &Finding, crime: &Crime) -> bool {
    let named = |text: &String| crime.lines.contains(text);
    named(&finding.goods) || finding.lines.iter().any(|line| named(&line.line))
}

#[derive(Default)]
struct Tally {
    injected: u64,
    found: u64,
    wrong: u64,
}

fn compare(findings: &[Finding], truth: &[Crime]) -> Value {
    let mut rules: BTreeMap<&str, Tally> = BTreeMap::new();
    for crime in truth {
        let found: BTreeSet<&str> =
            findings.iter().filter(|f| is_of(f, crime)).map(|f| f.rule.as_str()).collect();
        for rule in crime.rules {
            let tally = rules.entry(rule).or_default();
            tally.injected += 1;
            tally.found += u64::from(found.contains(rule));
        }
    }
    let grave = findings.iter().filter(|f| f.severity() >= FindingSeverity::High);
    let (right, wrong): (Vec<_>, Vec<_>) = grave.partition(|f| truth.iter().any(|crime| is_of(f, crime)));
    for finding in &wrong {
        rules.entry(&finding.rule).or_default().wrong += 1;
    }
    let (injected, found) = rules.values().fold((0, 0), |(i, f), t| (i + t.injected, f + t.found));
    let by_rule: BTreeMap<&str, Value> = rules
        .iter()
        .map(|(rule, t)| (*rule, json!({"injected": t.injected, "found": t.found, "false": t.wrong})))
        .collect();
    json!({
        "crimes": truth.len(),
        "recall": share(found, injected),
        "precision_high": share(right.len() as u64, (right.len() + wrong.len()) as u64),
        "by_rule": by_rule,
    })
}

/// Of nothing, all.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { (part as f64 / whole as f64 * 1_000.0).round() / 1_000.0 }
}

#[cfg(test)]
mod tests {
    use proto::v1::FindingLine;

    use super::*;

    #[test]
    fn what_is_missed_and_what_is_wrong_shows() {
        let crime = |rules, line: &str| Crime { name: "x", rules, lines: vec![line.into()] };
        let truth = [crime(&["A", "B"], "one"), crime(&["A"], "two")];
        let finding = |rule: &str, line: &str, severity: FindingSeverity| Finding {
            rule: rule.into(),
            severity: severity.into(),
            lines: vec![FindingLine { line: line.into(), ..FindingLine::default() }],
            ..Finding::default()
        };
        let found = [
            finding("A", "one", FindingSeverity::High),
            finding("A", "other", FindingSeverity::High),
            finding("B", "other", FindingSeverity::Low),
            finding("B", "two", FindingSeverity::High),
        ];
        let told = compare(&found, &truth);
        assert_eq!((&told["recall"], &told["precision_high"]), (&json!(0.333), &json!(0.667)));
        assert_eq!(told["by_rule"]["A"], json!({"injected": 2, "found": 1, "false": 1}));
        assert_eq!(told["by_rule"]["B"], json!({"injected": 1, "found": 0, "false": 0}));
        let nothing = compare(&[], &[]);
        assert_eq!((&nothing["recall"], &nothing["precision_high"]), (&json!(1.0), &json!(1.0)));
    }
}
