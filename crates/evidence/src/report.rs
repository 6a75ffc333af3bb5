//! A page for print about a bundle that has been proven: Chinese and English, the custody path drawn. One HTML
//! file without scripts and without anything from elsewhere, made from the verdict alone.

mod drawing;

use std::fmt::Write as _;

use merkle::sha256;
use statement::{Words, hex_text};

use crate::bundle::{EntryFact, Verdict, instant};

const STYLE: &str = "body{font:14px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#111}\
h1{font-size:1.5em}h2{font-size:1.15em;border-bottom:1px solid #999;margin-top:2em}\
table{border-collapse:collapse;width:100%}td,th{border:1px solid #bbb;padding:.2em .5em;text-align:left;\
vertical-align:top;overflow-wrap:anywhere}th{background:#eee}ul{padding-left:1.2em}li p{margin:0}\
.zh{font-weight:600}code{overflow-wrap:anywhere}svg{max-width:100%;height:auto}tr{break-inside:avoid}";

/// The page about a bundle: `verdict` is what checking `file` gave.
#[must_use]
pub fn html(verdict: &Verdict, file: &[u8]) -> String {
    let mut page = String::new();
    let digest = hex_text(&sha256(&[file]));
    let sections: [(&str, &str, String); 8] = [
        ("证明内容", "What is proven, and by whose word", lines(&verdict.lines())),
        ("流转路径", "Custody path", drawing::path(verdict)),
        ("提取", "Extraction", extraction(verdict, &digest)),
        ("货物清单", "Goods", goods(verdict)),
        ("条目", "Entries", entries(verdict)),
        ("对象", "Subjects", subjects(verdict)),
        ("密钥", "Keys", keys(verdict)),
        ("如何复核", "How to check this again", again(verdict)),
    ];
    let title = format!("证据报告 Evidence: {}", escape(&verdict.query.text));
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><h1>{title}</h1>"
    );
    for (chinese, english, content) in sections {
        let _ = write!(page, "\n<h2>{chinese} · {english}</h2>\n{content}");
    }
    page.push_str("\n</body></html>\n");
    page
}

/// Text as it may stand in HTML, in attributes too.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn lines(lines: &[Words]) -> String {
    let line = |w: &Words| {
        format!("<li><p class=\"zh\">{}</p><p>{}</p></li>", escape(w.chinese()), escape(w.english()))
    };
    format!("<ul>{}</ul>", lines.iter().map(line).collect::<String>())
}

/// A table; cells are text.
fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let heads: String = heads.iter().map(|head| format!("<th>{head}</th>")).collect();
    let row = |cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    format!("<table><tr>{heads}</tr>\n{}</table>", rows.map(row).collect::<String>())
}

fn indices(entries: &[u64]) -> String {
    entries.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

/// A time of a statement, which may be before 1970 by mistake.
fn happened(at: i64) -> String {
    u64::try_from(at).map_or_else(|_| at.to_string(), instant)
}

fn extraction(verdict: &Verdict, digest: &str) -> String {
    let e = &verdict.extraction;
    let rows = [
        ("提取人 by", e.party.clone()),
        ("密钥 key", hex_text(&e.key)),
        ("时间（自述） at, by its own clock", instant(e.at)),
        ("用途 purpose", e.purpose.clone()),
        ("案件 case", e.case.clone()),
        ("文件 SHA-256 of the file", digest.to_owned()),
        ("账本 ledger", hex_text(&verdict.ledger)),
    ];
    table(&["项目 item", "内容 value"], rows.into_iter().map(|(name, value)| vec![name.into(), value]))
}

fn goods(verdict: &Verdict) -> String {
    let rows = verdict.goods.iter().map(|g| vec![g.item.clone(), indices(&g.entries)]);
    table(&["物品 item", "条目 entries"], rows)
}

fn entries(verdict: &Verdict) -> String {
    let heads =
        ["条目 entry", "类型 kind", "签署方 signer", "委托方 for", "发生（自述） happened", "记录 recorded"];
    table(&heads, verdict.entries.iter().map(entry))
}

fn entry(entry: &EntryFact) -> Vec<String> {
    let (index, recorded) = (entry.index.to_string(), instant(entry.recorded_at));
    match &entry.said {
        Some(act) => {
            let kind = format!("{} {}", act.chinese, act.kind);
            let (signer, principal) = (act.party.clone(), act.on_behalf_of.clone());
            vec![index, kind, signer, principal, happened(act.occurred_at), recorded]
        }
        None => {
            let kind = if entry.index == 0 { "创世 genesis" } else { "未出示 withheld" };
            vec![index, kind.into(), String::new(), String::new(), String::new(), recorded]
        }
    }
}

fn subjects(verdict: &Verdict) -> String {
    let row = |s: &crate::bundle::SubjectFact| {
        let named = if s.entries.is_empty() { "从未 never".into() } else { indices(&s.entries) };
        vec![s.subject.kind.as_str().into(), s.subject.text.to_string(), named]
    };
    table(&["类别 kind", "对象 subject", "全部条目 all entries"], verdict.subjects.iter().map(row))
}

fn keys(verdict: &Verdict) -> String {
    let row = |k: &crate::bundle::KeyFact| {
        let revoked = k.revoked.map_or_else(String::new, |index| index.to_string());
        vec![hex_text(&k.id), k.party.clone(), k.enrolled.to_string(), revoked]
    };
    let heads = ["密钥 key", "主体 party", "登记于条目 enrolled", "吊销于条目 revoked"];
    table(&heads, verdict.keys.iter().map(row))
}

fn again(verdict: &Verdict) -> String {
    let words = Words::of(
        "This page is made from the evidence file and proves nothing by itself. Check the file: yuanliu evidence \
         verify FILE --ledger ID --log-key KEY, or with examples/python/verify_evidence.py, which shares no code with \
         the ledger. Take ledger id and keys from somebody you trust, not from this page.",
        "本页由证据文件生成，本身不构成证明。请核验该文件：yuanliu evidence verify FILE --ledger ID --log-key KEY，或用与账本\
         无共同代码的 examples/python/verify_evidence.py。账本标识与公钥须取自可信来源，而非本页。",
    );
    let root = format!("{} {}", verdict.size, hex_text(&verdict.root));
    format!("{}<p><code>{}</code></p>", lines(&[words]), escape(&root))
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_of_a_text_becomes_markup() {
        assert_eq!(escape("<b a='1' c=\"2\">&"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
    }
}
