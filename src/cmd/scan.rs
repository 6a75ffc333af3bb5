//! `yuanliu scan`: what a raw scan names.

use std::process::ExitCode;

use anyhow::Result;
use gs1::ScanData;
use serde_json::json;

use crate::{exit, out::Out};

/// Runs the command.
pub fn run(text: &str, out: Out) -> Result<ExitCode> {
    // FNC1 cannot be typed; scanners and people write it in these ways.
    let scan = text.replace("<GS>", "\u{1d}").replace("\\x1d", "\u{1d}");
    let year = u16::try_from(jiff::Zoned::now().year())?;
    let data = ScanData::parse(&scan, year)
        .map_err(|e| exit::refused(format!("not a scan: {e}"), format!("不是扫码内容：{e}")))?;
    let item = data.item().map(String::from);
    let product = data.product().map(String::from);
    let expiry = data.expiry().map(|d| d.to_string());
    if out.json {
        out.value(&json!({
            "item": item,
            "product": product,
            "lot": data.lot(),
            "serial": data.serial(),
            "expires_on": expiry,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    let rows = [
        (out.pick("item", "物品"), item),
        (out.pick("product", "产品"), product),
        (out.pick("lot", "批号"), data.lot().map(str::to_string)),
        (out.pick("serial", "序列号"), data.serial().map(str::to_string)),
        (out.pick("expires on", "有效期至"), expiry),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            out.line(format!("{name}: {value}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
