//! `yuanliu scan`: what a raw scan is, and what it names.

use std::process::ExitCode;

use anyhow::Result;
use gs1::{ScanData, Warning};
use serde_json::json;

use crate::{exit, lang::Lang, out::Out};

/// Runs the command.
pub fn run(text: &str, out: Out) -> Result<ExitCode> {
    let scan = unescaped(text);
    let year = u16::try_from(jiff::Zoned::now().year())?;
    let data = ScanData::parse(&scan, year).map_err(|e| {
        let place = if out.json { String::new() } else { format!("\n{}", e.caret(&scan)) };
        exit::refused(
            format!("not a scan: {e}{place}"),
            format!("无法识别的扫码内容：{}{place}", e.chinese()),
        )
    })?;
    if out.json {
        out.value(&facts(&data));
    } else {
        show(&data, out);
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses a scan where the name of an item is wanted, and gives the name.
pub fn require_name(text: &str) -> Result<()> {
    if gs1::ItemRef::parse(text).is_ok() {
        return Ok(());
    }
    let scan = unescaped(text);
    let year = u16::try_from(jiff::Zoned::now().year())?;
    let Some(item) = ScanData::parse(&scan, year).ok().and_then(|data| data.item().map(String::from)) else {
        return Ok(());
    };
    Err(exit::usage(
        format!("{text} is a scan; the item it names is {item} (see `yuanliu scan`)"),
        format!("{text} 是扫码内容，所指物品为 {item}（见 `yuanliu scan`）"),
    ))
}

/// FNC1 cannot be typed; scanners and people write it in these ways.
pub fn unescaped(text: &str) -> String {
    text.replace("<GS>", "\u{1d}").replace("\\x1d", "\u{1d}")
}

/// The answer for programs.
fn facts(data: &ScanData) -> serde_json::Value {
    let warning = |warning: &Warning| {
        let ai = warning.ai.map(|ai| ai.to_string());
        json!({ "code": warning.caution.as_str(), "ai": ai, "at": warning.at, "text": warning.to_string() })
    };
    json!({
        "kind": data.kind().as_str(),
        "item": data.item().map(String::from),
        "product": data.product().map(String::from),
        "lot": data.lot(),
        "serial": data.serial(),
        "variant": data.variant(),
        "expires_on": data.expiry().map(|d| d.to_string()),
        "elements": data.element_string().map(|elements| elements.to_bracketed()),
        "warnings": data.warnings().iter().map(warning).collect::<Vec<_>>(),
    })
}

/// The answer for people.
fn show(data: &ScanData, out: Out) {
    let rows = [
        (out.pick("item", "物品"), data.item().map(String::from)),
        (out.pick("product", "产品"), data.product().map(String::from)),
        (out.pick("lot", "批号"), data.lot().map(str::to_string)),
        (out.pick("serial", "序列号"), data.serial().map(str::to_string)),
        (out.pick("variant", "变体"), data.variant().map(str::to_string)),
        (out.pick("expires on", "有效期至"), data.expiry().map(|d| d.to_string())),
    ];
    let named: Vec<_> = rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    for (name, value) in &named {
        out.line(format!("{name}: {value}"));
    }
    if named.is_empty() {
        let elements = data.element_string().map(|elements| elements.to_bracketed()).unwrap_or_default();
        let what =
            out.pick("names neither an item nor a product, lot or date:", "未指明物品、产品、批号或日期：");
        out.line(format!("{what} {elements}"));
    }
    for warning in data.warnings() {
        out.note(format!("{}: {}", out.pick("warning", "提示"), told(*warning, out.lang)));
    }
}

fn told(warning: Warning, lang: Lang) -> String {
    match (lang, warning.ai) {
        (Lang::En, _) => warning.to_string(),
        (Lang::Zh, Some(ai)) => format!("({ai}) {}", warning.caution.chinese()),
        (Lang::Zh, None) => warning.caution.chinese(),
    }
}
