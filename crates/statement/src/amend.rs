//! Correction by line (docs/FORMAT.md §1.6): of the content in effect some lines no longer count, others
//! are added at the end. The table below says which fields of which kind hold lines; every other field
//! is changed by giving the content anew.

use std::{collections::BTreeSet, fmt::Display};

use prost::encoding::{DecodeContext, decode_key, decode_varint, skip_field};
use proto::{
    schema::{self, MESSAGES, STATEMENT},
    v1::{LineRef, StatementKind as Kind, statement::Body},
};

use crate::{
    GoodsAct, Reason, Refusal, Violation, Words,
    check::{self, MAX_ITEMS},
    words,
};

macro_rules! lines {
    ($($name:ident: $($field:ident)+;)*) => {
        /// The fields of a kind that hold lines, in the order of the proto file; none for kinds that can
        /// only be corrected as a whole.
        #[must_use]
        pub const fn line_fields(kind: Kind) -> &'static [&'static str] {
            match kind {
                $(Kind::$name => &[$(stringify!($field)),+],)*
                _ => &[],
            }
        }

        /// How many lines a field holds; `None` where it holds none by its nature.
        fn line_count(act: GoodsAct<'_>, field: &str) -> Option<usize> {
            match act {
                $(GoodsAct::$name(b) => match field {
                    $(stringify!($field) => Some(b.$field.len()),)+
                    _ => None,
                },)*
                _ => None,
            }
        }

        /// The act as a body without its lines.
        fn bare(act: GoodsAct<'_>) -> Body {
            match act {
                $(GoodsAct::$name(b) => {
                    let mut b = b.clone();
                    $(b.$field.clear();)+
                    Body::$name(b)
                })*
                other => other.to_body(),
            }
        }

        /// Leaves out the lines removed and adds those of `added`, which is of the same kind.
        fn change(body: &mut Body, removed: &[LineRef], added: Option<GoodsAct<'_>>) {
            match body {
                $(Body::$name(b) => {
                    $(leave_out(&mut b.$field, stringify!($field), removed);)+
                    if let Some(GoodsAct::$name(more)) = added {
                        $(b.$field.extend_from_slice(&more.$field);)+
                    }
                })*
                _ => {}
            }
        }
    };
}

lines! {
    Commission: items;
    Pack: children;
    Unpack: children;
    Ship: items lots;
    Receive: items lots exceptions;
    Use: lines;
    Alias: codes;
    Transform: inputs input_lots outputs output_lots;
    Adjust: lines;
    Service: lines;
    Condition: items lots;
    ImportFiling: lots;
    DeclareImport: lines;
    CustomsDecision: lines;
    Sample: items lots;
    TestReport: items lots results;
    Recall: lots items;
    RecallResponse: stock items;
    Hold: items lots products;
    Lift: items lots;
    Inspection: shelf orders;
    SelfInspection: points;
    AdverseEvent: items lots;
    Listing: products;
    PostalCheck: items;
    Opinion: lines;
    AuthenticityReply: lines;
    AssistRequest: lines;
    AssistReply: lines;
    Seize: lines;
    Keep: bags;
    HandOver: bags items lots;
    EvidenceReturn: bags items lots;
    Destroy: bags items lots;
    Lead: lines parties sites;
    CaseLink: items lots parties sites bags papers cases people;
    CaseTransfer: bags;
    CaseOutcome: goods;
    Watch: items lots products parties sites regions people;
}

/// Kinds in which no line at all stands for everything: their last line cannot be removed by line, and
/// none added where there is none.
const NONE_IS_ALL: &[Kind] = &[Kind::Unpack, Kind::Receive, Kind::Condition, Kind::Lift];

fn leave_out<T>(lines: &mut Vec<T>, field: &str, removed: &[LineRef]) {
    let gone: BTreeSet<u32> = removed.iter().filter(|r| r.field == field).map(|r| r.index).collect();
    if gone.is_empty() {
        return;
    }
    let mut at = 0u32;
    lines.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
}

impl GoodsAct<'_> {
    /// The content after a correction by line: this, which is in effect before it, without the lines
    /// `removed` and with the lines of `added` at the end of their fields.
    ///
    /// Looks only at what the arithmetic of lines needs; [`amended_checked`](Self::amended_checked) also
    /// validates the result. What is recorded was checked when it was admitted, so that folds use this.
    ///
    /// # Errors
    /// All faults, at `correct.removed[i]` or `correct.replacement`: this kind has no lines, a line is
    /// not there or removed twice, `added` is of another kind or says more than lines.
    pub fn amended(self, removed: &[LineRef], added: Option<GoodsAct<'_>>) -> Result<Body, Refusal> {
        let mut faults = line_faults(Some(self.kind()), removed, added);
        for (i, line) in removed.iter().enumerate() {
            let count = line_count(self, &line.field);
            if count.is_some_and(|count| line.index as usize >= count) {
                let text = words!("{} has {} lines", "{} 共 {} 行", line.field, count.unwrap_or_default());
                faults.push(fault(Reason::LineUnknown, format_args!("correct.removed[{i}].index"), text));
            }
        }
        refuse(faults)?;
        let mut body = self.to_body();
        change(&mut body, removed, added);
        Ok(body)
    }

    /// As [`amended`](Self::amended), and the result holds what its kind may hold as a whole: limits,
    /// nothing twice, something left.
    ///
    /// # Errors
    /// Those of `amended`; faults of the result, at `correct.replacement.KIND.FIELD[i]` where an added
    /// line is at fault and at `correct.target.FIELD[i]` where it is one that was there before.
    pub fn amended_checked(self, removed: &[LineRef], added: Option<GoodsAct<'_>>) -> Result<Body, Refusal> {
        let body = self.amended(removed, added)?;
        let Some(after) = GoodsAct::of(&body) else { return Ok(body) };
        let mut faults = match check::amended(after) {
            Ok(()) => Vec::new(),
            Err(refusal) => refusal.violations,
        };
        for violation in &mut faults {
            violation.field = self.place(removed, &violation.field, after.path(true)).into();
        }
        if NONE_IS_ALL.contains(&self.kind()) && has_lines(self) != has_lines(after) {
            let text = Words::of(
                "no line at all would mean everything; give the content anew",
                "删尽各行即表示全部；请整体重新填写",
            );
            faults.push(fault(Reason::InvalidField, "correct.removed", text));
        }
        refuse(faults)?;
        Ok(body)
    }

    /// Where a line of the result came from, as the path of a person who wrote the correction.
    fn place(self, removed: &[LineRef], path: &str, root: &str) -> String {
        let Some((field, index, rest)) = line_of(path, root) else { return path.to_owned() };
        let Some(count) = line_count(self, field) else { return path.to_owned() };
        let gone: BTreeSet<usize> =
            removed.iter().filter(|r| r.field == field).map(|r| r.index as usize).collect();
        let kept = count - gone.len();
        match index.checked_sub(kept) {
            Some(added) => format!("{root}.{field}[{added}]{rest}"),
            None => {
                let before = (0..count).filter(|i| !gone.contains(i)).nth(index).unwrap_or_default();
                format!("correct.target.{field}[{before}]{rest}")
            }
        }
    }
}

pub(crate) fn has_lines(act: GoodsAct<'_>) -> bool {
    line_fields(act.kind()).iter().any(|field| line_count(act, field) != Some(0))
}

/// `ROOT.FIELD[INDEX]REST` taken apart.
pub(crate) fn line_of<'p>(path: &'p str, root: &str) -> Option<(&'p str, usize, &'p str)> {
    let (field, rest) = path.strip_prefix(root)?.strip_prefix('.')?.split_once('[')?;
    let (index, rest) = rest.split_once(']')?;
    Some((field, index.parse().ok()?, rest))
}

/// What is wrong with a correction by line in itself, without the content it corrects. `kind` is that of
/// the content where it is known, else that of `added`.
pub(crate) fn line_faults(
    kind: Option<Kind>,
    removed: &[LineRef],
    added: Option<GoodsAct<'_>>,
) -> Vec<Violation> {
    let mut faults = Vec::new();
    let kind = kind.or_else(|| added.map(GoodsAct::kind));
    let fields = kind.map(line_fields);
    if fields.is_some_and(<[&str]>::is_empty) {
        faults.push(fault(
            Reason::InvalidField,
            "correct.by_line",
            Words::of("this kind has no lines", "此类声明没有行"),
        ));
        return faults;
    }
    if removed.len() > MAX_ITEMS {
        let text = words!("more than {MAX_ITEMS} lines", "超过 {MAX_ITEMS} 行");
        faults.push(fault(Reason::TooManyItems, "correct.removed", text));
    }
    let mut seen = BTreeSet::new();
    for (i, line) in removed.iter().enumerate().take(MAX_ITEMS) {
        let known = fields.map_or_else(|| is_line_field(&line.field), |f| f.contains(&line.field.as_str()));
        if line.field.is_empty() {
            faults.push(fault(
                Reason::MissingField,
                format_args!("correct.removed[{i}].field"),
                Words::of("not set", "未填写"),
            ));
        } else if !known {
            let text =
                fields.map_or_else(|| Words::of("no field that holds lines", "不是含行的字段"), one_of);
            faults.push(fault(Reason::InvalidField, format_args!("correct.removed[{i}].field"), text));
        } else if !seen.insert((&line.field, line.index)) {
            let text = Words::of("the line is removed twice", "同一行重复删除");
            faults.push(fault(Reason::InvalidField, format_args!("correct.removed[{i}]"), text));
        }
    }
    if let Some(added) = added {
        added_faults(kind, added, &mut faults);
    }
    faults
}

fn added_faults(kind: Option<Kind>, added: GoodsAct<'_>, faults: &mut Vec<Violation>) {
    if kind != Some(added.kind()) {
        let text = words!("must be a {}", "须为 {}", kind.map_or("", |k| k.as_str_name()));
        faults.push(fault(Reason::TargetKind, "correct.replacement", text));
        return;
    }
    for field in set_fields(&bare(added)) {
        let path = format!("{}.{field}", added.path(true));
        let text = words!(
            "by line, only lines stand here: {}",
            "按行更正时此处只可有行：{}",
            line_fields(added.kind()).join(", ")
        );
        faults.push(fault(Reason::InvalidField, path, text));
    }
}

fn is_line_field(name: &str) -> bool {
    crate::KINDS.iter().any(|row| line_fields(row.kind).contains(&name))
}

/// Names of the fields that are set in a body.
fn set_fields(body: &Body) -> Vec<&'static str> {
    let number = crate::kind_of(body) as u32;
    let table = MESSAGES[STATEMENT].fields.iter().find(|f| f.number == number).map(|f| f.kind);
    let Some(schema::Kind::Message(message)) = table else { return Vec::new() };
    let mut bytes = Vec::new();
    body.encode(&mut bytes);
    // Tag and length of the body itself, then its fields.
    let mut rest = bytes.as_slice();
    let mut names = Vec::new();
    let _ = decode_key(&mut rest).and_then(|_| decode_varint(&mut rest));
    while let Ok((tag, wire)) = decode_key(&mut rest) {
        names.extend(MESSAGES[message].fields.iter().find(|f| f.number == tag).map(|f| f.name));
        if skip_field(wire, tag, &mut rest, DecodeContext::default()).is_err() {
            break;
        }
    }
    names.dedup();
    names
}

fn one_of(fields: &[&str]) -> Words {
    words!("lines stand in {}", "含行的字段为 {}", fields.join(", "))
}

fn fault(reason: Reason, field: impl Display, description: Words) -> Violation {
    Violation { reason, field: field.to_string().into(), description }
}

fn refuse(violations: Vec<Violation>) -> Result<(), Refusal> {
    match violations.first() {
        None => Ok(()),
        Some(first) => Err(Refusal { reason: first.reason, violations }),
    }
}

#[cfg(test)]
mod tests;
