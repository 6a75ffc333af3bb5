//! The part of docs/ERRORS.md on calls. The others are made by the crates `statement` and `gateway`. Renew
//! this one with `YUANLIU_RENEW=1 cargo t --lib errors_page`.

use std::fmt::Write as _;

use super::Kind;

#[path = "../../../statement/tests/conformance/section.rs"]
mod section;

const HEAD: &str = "\
## When a call fails · 调用失败的原因

What can go wrong with a call besides: the token, a field of the request, a limit, the server's state. The answer
has the same form; a refused call has changed nothing, but for `DEADLINE`, where a statement may have been recorded.
Where the remedy speaks of a delay, `google.rpc.RetryInfo` gives it. A status without `ErrorInfo` comes from the
transport: `UNIMPLEMENTED` (no such method), `UNAVAILABLE` (no connection).

除声明被拒外，调用还可能因令牌、请求字段、限额或服务状态而失败。应答形式相同；除 `DEADLINE`（声明可能已记录）外，失败的调用不产生任何变更。
处理办法提到延迟时，见 `google.rpc.RetryInfo`。不带 `ErrorInfo` 的状态来自传输层：`UNIMPLEMENTED`（无此方法）、
`UNAVAILABLE`（无法连接）。

This part is made from the table in `crates/server/src/status/kind.rs`; a test compares it.
本部分由代码中的表生成，并由测试核对。

| reason | gRPC code | cause | remedy | 原因 | 处理办法 |
| --- | --- | --- | --- | --- | --- |
";

#[test]
fn errors_page_is_up_to_date() {
    let mut text = HEAD.to_owned();
    for &kind in Kind::ALL {
        let row = kind.row();
        let code = crate::metrics::code_name(row.code);
        let [cause, remedy, cause_zh, remedy_zh] = row.parts;
        let _ =
            writeln!(text, "| `{}` | {code} | {cause} | {remedy} | {cause_zh} | {remedy_zh} |", row.reason);
    }
    section::check("calls", &text, "cargo t --lib errors_page");
}

#[test]
fn causes_and_remedies_are_single_sentences_in_two_languages() {
    for &kind in Kind::ALL {
        let row = kind.row();
        for text in row.parts {
            let plain = !text.is_empty() && !text.ends_with(['.', '。', ';', '；']) && !text.contains('|');
            assert!(plain, "{}: {text}", row.reason);
        }
        let [cause, remedy, cause_zh, remedy_zh] = row.parts;
        assert!(cause.is_ascii() && remedy.is_ascii() && !cause_zh.is_ascii() && !remedy_zh.is_ascii());
    }
}
