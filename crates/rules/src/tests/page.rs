//! docs/RULES.md is made from the rules' own pages and the tables; this compares it.

use crate::{RULES, SETTINGS, rule::SOURCES};

const PAGE: &str = include_str!("../../../../docs/RULES.md");

const HEAD: &str = "\
# Rules · 规则

Findings are leads, never verdicts: they name facts, and say *suspected*. One finding stands for one rule, party, lot or product, and ISO
week (China time), with a count and the first eight lines. It is *open* while one of its lines holds and is due, and *resolved* when none does
any more. Outside of a register's Coverage a rule that rests on something missing is silent; public scans alone never exceed *low*.
*Operational* findings are told to the party they are about, *investigative* ones to authorities only. The policy `findings` switches rules off
(`rule-NAME` = 0, such as `rule-unknown-item`) and states the settings below; `findings-CLASS` states them for one class of product.

规则发现是线索而非结论：只述事实，措辞为“疑似”。同一规则、主体、批次（或产品）在同一周（北京时间，ISO 周）内为一条，附数量与前八项明细。
有到期且成立的明细时为“待处理”，全部消除后为“已消除”。登记范围之外，凭缺失判断的规则不作提示；仅凭公众扫码的提示不高于“低”。
`operational` 告知当事主体，`investigative` 仅告知主管部门。策略 `findings` 可停用规则（`rule-NAME` = 0）并规定下列参数，
`findings-CLASS` 规定某一产品类别的参数。

This page is made from `crates/rules/src/rule/` and `settings.rs`; a test compares it. 本页由代码生成，并由测试核对。

| rule | 中文 | at most | told to | register |
| --- | --- | --- | --- | --- |
";

fn page() -> String {
    let mut text = HEAD.to_owned();
    for row in RULES {
        let register = if row.register.is_empty() { String::new() } else { format!("`{}`", row.register) };
        text += &format!(
            "| `{}` {} | {} | {} | {} | {register} |\n",
            row.id,
            row.title.english(),
            row.title.chinese(),
            row.severity.as_str(),
            row.visibility.as_str()
        );
    }
    for (row, source) in RULES.iter().zip(SOURCES) {
        let lines: Vec<&str> = source
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let (title, rest) = lines.split_first().unwrap();
        assert!(title.starts_with(row.id), "{} has a page of its own: {title}", row.id);
        text += &format!("\n## {title}\n{}\n", rest.join("\n"));
    }
    text += "\n## Settings · 参数\n\n| key | default | what it is | 含义 |\n| --- | --- | --- | --- |\n";
    for s in SETTINGS {
        let classes: String = s.classes.iter().map(|(class, value)| format!(", `{class}` {value}")).collect();
        text += &format!("| `{}` | {}{classes} | {} | {} |\n", s.key, s.default, s.english, s.chinese);
    }
    text
}

#[test]
fn the_page_of_rules_says_what_the_code_does() {
    let made = page();
    let differs = made.lines().zip(PAGE.lines()).find(|(made, kept)| made != kept);
    assert_eq!(differs, None, "docs/RULES.md differs from the code");
    assert_eq!(made.lines().count(), PAGE.lines().count());
}

#[test]
fn rules_have_names_of_their_own_pages_and_two_languages() {
    for (i, row) in RULES.iter().enumerate() {
        assert_eq!(row.rule as usize, i, "{}", row.id);
        assert_eq!(crate::Rule::of_id(row.id), Some(row.rule));
        assert!(row.title.english().starts_with("suspected"), "{}", row.id);
        assert!(row.title.chinese().starts_with("疑似"), "{}", row.id);
        assert!(row.version > 0 && row.switch().starts_with("rule-"));
    }
    let mut keys: Vec<&str> = SETTINGS.iter().map(|s| s.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), SETTINGS.len());
}
