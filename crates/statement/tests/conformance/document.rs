//! docs/FORMAT.md against the code: its bytes, its tables, its limits.

use proto::{
    schema::{ENUMS, Field, GENESIS, Kind as Type, MESSAGES, STATEMENT},
    v1::AuthorityField,
};
use statement::{
    DEFAULT_MAX_AHEAD, DEFAULT_MAX_ID_AGE, ENVELOPE_LEN, KINDS, KindRow, LEAF_LEN, MAX_ITEMS, MAX_LOTS,
    MAX_PAYLOAD, POSSESSION_TYPE, REMITS, Relation, Role, STATEMENT_TYPE, Secrecy, Signers, SubjectKind,
    scan::{MAX_DEPTH, MAX_ELEMENTS},
};

use crate::golden::committed;

const DOCUMENT: &str = include_str!("../../../../docs/FORMAT.md");

/// Blocks that begin with "```hex NAME": name and digits without white space.
fn blocks() -> Vec<(&'static str, String)> {
    let inside = DOCUMENT.split("```hex ").skip(1);
    inside
        .map(|block| {
            let (name, rest) = block.split_once('\n').unwrap();
            let (digits, _) = rest.split_once("```").unwrap();
            (name, digits.split_whitespace().collect())
        })
        .collect()
}

#[test]
fn the_bytes_in_the_document_are_the_golden_ones() {
    let golden = committed();
    for (name, digits) in blocks() {
        let value = golden.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        assert_eq!(Some(digits.as_str()), value, "{name}");
    }
}

#[test]
fn every_golden_value_stands_in_the_document() {
    let blocks = blocks();
    for (name, _) in committed() {
        assert!(blocks.iter().any(|(n, _)| *n == name), "{name}");
    }
}

/// The first three cells of the table under a heading.
fn table(heading: &str) -> Vec<String> {
    let (_, rest) = DOCUMENT.split_once(&format!("\n#### `{heading}`\n\n")).expect(heading);
    let rows = rest.lines().take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.split('|').take(4).collect::<Vec<_>>().join("|")).collect()
}

fn type_text(field: &Field) -> String {
    let name = match field.kind {
        Type::Bool => "bool".to_string(),
        Type::Int32 => "int32".to_string(),
        Type::Sint32 => "sint32".to_string(),
        Type::Uint32 => "uint32".to_string(),
        Type::Int64 => "int64".to_string(),
        Type::Uint64 => "uint64".to_string(),
        Type::String => "string".to_string(),
        Type::Bytes => "bytes".to_string(),
        Type::Enum(_) | Type::Message(_) => format!("`{}`", field.type_name),
    };
    if field.repeated { format!("repeated {name}") } else { name }
}

/// Messages and enums that statements and genesis are made of.
fn reach(message: usize, messages: &mut Vec<usize>, enums: &mut Vec<&'static str>) {
    if messages.contains(&message) {
        return;
    }
    messages.push(message);
    for field in MESSAGES[message].fields {
        match field.kind {
            Type::Message(inner) => reach(inner, messages, enums),
            Type::Enum(_) => enums.push(field.type_name),
            _ => {}
        }
    }
}

#[test]
fn every_message_has_its_table_of_fields() {
    let (mut messages, mut enums) = (Vec::new(), Vec::new());
    reach(STATEMENT, &mut messages, &mut enums);
    reach(GENESIS, &mut messages, &mut enums);
    for message in messages.iter().map(|m| &MESSAGES[*m]) {
        let rows: Vec<String> = message
            .fields
            .iter()
            .map(|f| format!("| {} | `{}` | {} ", f.number, f.name, type_text(f)))
            .collect();
        assert_eq!(table(message.name), rows, "{}", message.name);
    }
    for name in enums {
        let values = ENUMS.iter().find(|e| e.name == name).unwrap().values;
        let values: Vec<String> = values.iter().map(|(text, number)| format!("{number} `{text}`")).collect();
        let row = format!("| `{name}` | {} |", values.join(", "));
        assert!(DOCUMENT.lines().any(|line| line == row), "{row}");
    }
}

fn field_names(fields: &[AuthorityField]) -> String {
    let names = fields.iter().map(|f| f.as_str_name().trim_start_matches("AUTHORITY_FIELD_"));
    names.collect::<Vec<_>>().join(", ").to_lowercase()
}

fn signers(row: &KindRow) -> String {
    let fields = field_names(row.fields);
    let authority = if fields.is_empty() { "authority".into() } else { format!("authority ({fields})") };
    match row.signers {
        Signers::Roles(roles) => {
            let names = roles.iter().map(|r| r.as_str_name().trim_start_matches("ROLE_").to_lowercase());
            let names = names.collect::<Vec<_>>().join(", ").replace('_', " ");
            names.replace("authority", &authority)
        }
        Signers::SelfOrAuthority => format!("the party named, {authority}"),
        Signers::AnyParty => "any party with a role".into(),
        Signers::TargetSigner => "signer of the target".into(),
        Signers::TargetSignerOrAuthority => "signer of the target, authority".into(),
        Signers::Asked => "a party that is asked".into(),
    }
}

#[test]
fn the_remits_of_authorities_are_the_ones_in_the_code() {
    let (_, rest) = DOCUMENT.split_once("| what is stated | value | by an authority in |").unwrap();
    let rows: Vec<&str> = rest.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    let lines = REMITS.iter().map(|r| {
        let value = if r.value.is_empty() { "any".into() } else { format!("`{}`", r.value) };
        let fields = if r.fields.is_empty() { "any field".into() } else { field_names(r.fields) };
        format!("| `{}` | {value} | {fields} |", r.field)
    });
    assert_eq!(rows, lines.collect::<Vec<_>>());
}

#[test]
fn no_default_code_is_open_to_every_authority_unawares() {
    let known = |field: &str, value: &str| REMITS.iter().any(|r| r.field == field && r.value == value);
    for (field, list) in [
        ("licence.kind", "licence-kind"),
        ("coverage.register", "register"),
        ("named_list.list", "named-list"),
    ] {
        for code in statement::policy::list(list).unwrap().codes {
            assert!(known(field, code.code), "{field} {}", code.code);
        }
        let codes = REMITS.iter().filter(|r| r.field == field);
        assert!(
            codes.map(|r| r.value).all(|code| statement::policy::list(list).unwrap().holds(code)),
            "{field}"
        );
    }
    // Authorities and auditors are the root authorities' to make.
    let open = [Role::Unspecified, Role::Authority, Role::Auditor];
    for role in (0..).map_while(|n| Role::try_from(n).ok()).filter(|role| !open.contains(role)) {
        assert!(known("party.roles.role", role.as_str_name()), "{role:?}");
    }
    // Whoever may state a value may sign the kind.
    for r in REMITS {
        let name = r.field.split('.').next().unwrap();
        let row = KINDS.iter().find(|row| row.name == name).unwrap();
        let signs = |f: &AuthorityField| row.fields.is_empty() || row.fields.contains(f);
        assert!(r.fields.iter().all(signs), "{} {}", r.field, r.value);
    }
}

fn relation(relation: Relation, closure: bool) -> String {
    let name = format!("{relation:?}").to_lowercase();
    if closure { format!("**{name}**") } else { name }
}

fn kind_line(row: &KindRow) -> String {
    let yes = |b: bool| if b { "yes" } else { "no" };
    let subjects: Vec<String> = row.subjects.iter().map(|(r, c)| relation(*r, *c)).collect();
    format!(
        "| {} | `{}` {} | {} | {} | {} | {} | {} |",
        row.kind as u32,
        row.name,
        row.chinese,
        row.cause,
        signers(row),
        yes(row.delegable),
        yes(row.correctable),
        subjects.join(", ")
    )
}

#[test]
fn the_kind_table_is_the_one_in_the_code() {
    let (_, rest) = DOCUMENT.split_once("| no. | kind | cause |").unwrap();
    let rows: Vec<&str> = rest.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows, KINDS.iter().map(kind_line).collect::<Vec<_>>());
}

#[test]
fn the_kinds_that_may_be_confidential_are_the_ones_in_the_code() {
    for (secrecy, words) in [(Secrecy::Optional, "May be"), (Secrecy::Always, "Are always")] {
        let kinds =
            KINDS.iter().filter(|row| row.confidential == secrecy).map(|row| format!("`{}`", row.name));
        let kinds: Vec<String> = kinds.collect();
        let text = format!("{words} confidential (section 1.11): {}.", kinds.join(", "));
        assert!(DOCUMENT.contains(&text), "{text}");
    }
}

#[test]
fn the_fields_that_hold_lines_are_the_ones_in_the_code() {
    let (_, rest) = DOCUMENT.split_once("| kind | fields that hold lines |").unwrap();
    let rows: Vec<&str> = rest.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    let lines = KINDS.iter().filter(|row| !statement::line_fields(row.kind).is_empty()).map(|row| {
        let fields: Vec<String> = statement::line_fields(row.kind).iter().map(|f| format!("`{f}`")).collect();
        format!("| `{}` | {} |", row.name, fields.join(", "))
    });
    assert_eq!(rows, lines.collect::<Vec<_>>());
}

#[test]
fn every_relation_is_said_to_name_its_kind_of_subject() {
    for r in Relation::ALL {
        let kind = r.subject_kind().map_or("any", SubjectKind::as_str);
        let row = format!("| {} | {kind} |", relation(r, false));
        assert!(DOCUMENT.lines().any(|line| line.starts_with(&row)), "{row}");
    }
    for kind in SubjectKind::ALL {
        let row = format!("| `{}` | ", kind.as_str());
        assert!(DOCUMENT.lines().any(|line| line.starts_with(&row)), "{row}");
    }
}

#[test]
fn examples_of_canonical_texts_are_canonical() {
    let (_, rest) = DOCUMENT.split_once("| plain | written |\n").unwrap();
    let rows: Vec<&str> = rest.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 5);
    for row in rows {
        let text = row.rsplit('`').nth(1).unwrap();
        let canonical = gs1::ItemRef::parse(text).is_ok()
            || gs1::PartyRef::parse(text).is_ok()
            || gs1::SiteRef::parse(text).is_ok()
            || gs1::DocumentRef::parse(text).is_ok();
        assert!(canonical, "{text}");
    }
}

/// 16384 → "16,384".
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
    groups.join(",")
}

#[test]
fn limits_are_the_ones_in_the_code() {
    for (what, limit) in [
        ("bytes of a payload", MAX_PAYLOAD as u64),
        ("namings of items in a statement", MAX_ITEMS as u64),
        ("lot amounts in a field", MAX_LOTS as u64),
        ("nested messages", MAX_DEPTH as u64),
        ("repeated elements in a payload", MAX_ELEMENTS as u64),
        ("age of an id, µs", DEFAULT_MAX_ID_AGE.unsigned_abs()),
        ("time ahead, µs", DEFAULT_MAX_AHEAD.unsigned_abs()),
        ("bytes of an Ed25519 envelope", ENVELOPE_LEN as u64),
        ("bytes of a leaf", LEAF_LEN as u64),
        ("bytes of a canonical text", gs1::MAX_CANONICAL_BYTES as u64),
    ] {
        let row = format!("| {what} | {} |", grouped(limit));
        assert!(DOCUMENT.lines().any(|line| line.starts_with(&row)), "{row}");
    }
    for payload_type in [STATEMENT_TYPE, POSSESSION_TYPE] {
        assert!(DOCUMENT.contains(payload_type), "{payload_type}");
    }
}
