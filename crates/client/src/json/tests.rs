mod arbitrary;
mod examples;

use proptest::prelude::*;
use prost::Message as _;
use proto::{
    schema::{Field, Kind, MESSAGES, STATEMENT},
    v1::{Header, Role, statement::Body},
};
use serde_json::json;

use super::*;

fn read(value: &Value) -> v1::Statement {
    statement_from_json(&value.to_string()).unwrap_or_else(|e| panic!("{value}: {e}"))
}

/// The first fault of a text, alone.
fn first(text: &str) -> JsonError {
    let error = statement_from_json(text).unwrap_err();
    JsonError { faults: error.faults[..1].to_vec(), more: false, ..error }
}

fn fault(text: &str) -> String {
    first(text).to_string()
}

/// Path and reason of every fault: an empty reason is of the format.
fn faults(text: &str) -> Vec<(String, &'static str)> {
    let error = statement_from_json(text).unwrap_err();
    error.faults.into_iter().map(|f| (f.path, f.reason.map_or("", Reason::as_str))).collect()
}

#[test]
fn a_statement_reads_as_a_person_writes_it() {
    let statement = read(&json!({
        "header": {
            "id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "occurredAt": "2025-03-01T10:00:00.5+08:00",
            "salt": "00FF",
        },
        "party": {
            "party": "org:Demo",
            "roles": [{"role": "domestic-agent"}, {"role": "ROLE_CLINIC", "validFrom": "2025-01-01"}],
        },
    }));
    let header = statement.header.unwrap();
    assert_eq!(hex::encode(&header.id), "01890a5dac96774bbcceb302099a8057");
    assert_eq!((header.occurred_at, header.offset_minutes), (1_740_794_400_500_000, 480));
    assert_eq!(header.salt, [0x00, 0xff]);
    let Some(Body::Party(party)) = statement.body else { panic!("another body") };
    let roles: Vec<Role> = party.roles.iter().map(v1::RoleGrant::role).collect();
    assert_eq!(roles, [Role::DomesticAgent, Role::Clinic]);
}

#[test]
fn every_written_form_is_the_documented_one() {
    let statement = v1::Statement {
        header: Some(Header {
            ledger: vec![0xab; 32],
            id: vec![0x11; 16],
            occurred_at: 1_740_794_400_000_000,
            offset_minutes: 480,
            ..Header::default()
        }),
        body: Some(Body::EnrolKey(v1::EnrolKey {
            algorithm: 1,
            uses: vec![1, 3],
            kinds: vec![14],
            expires_at: 1_740_794_400_000_000,
            ..v1::EnrolKey::default()
        })),
    };
    let expect = json!({
        "header": {
            "ledger": "ab".repeat(32),
            "id": "11111111-1111-1111-1111-111111111111",
            "occurredAt": "2025-03-01T10:00:00+08:00",
        },
        "enrolKey": {
            "algorithm": "ed25519",
            "uses": ["sign", "administer"],
            "kinds": ["enrol-key"],
            "expiresAt": "2025-03-01T02:00:00Z",
        },
    });
    assert_eq!(statement_to_json(&statement).unwrap(), expect);
    assert_eq!(read(&expect), statement);
}

#[test]
fn header_and_its_fields_may_be_left_out() {
    assert_eq!(read(&json!({"void": {"reason": "typing error"}})).header, None);
    let header = read(&json!({"header": {"businessKey": "B-1", "id": null}, "void": {}})).header;
    assert_eq!(header, Some(Header { business_key: "B-1".into(), ..Header::default() }));
}

#[test]
fn times_are_read_in_every_documented_form() {
    for form in [json!(1_740_794_400_000_000i64), json!("1740794400000000"), json!("2025-03-01T02:00:00Z")] {
        let header = read(&json!({"header": {"occurredAt": form, "offsetMinutes": 480}, "void": {}})).header;
        let header = header.unwrap();
        assert_eq!((header.occurred_at, header.offset_minutes), (1_740_794_400_000_000, 480), "{form}");
    }
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let plain = r#"{"void":{}}"#;
    let marked = format!("\u{feff}{plain}");
    assert_eq!(statement_from_json(&marked), statement_from_json(plain));
    let lines = format!("{marked}\r\n\u{feff}\n{plain}\n");
    let read: Vec<_> = JsonLines::new(lines.as_bytes()).map(Result::unwrap).collect();
    assert_eq!(read.len(), 2);
    // One mark only, and only in front.
    assert!(statement_from_json(&format!("\u{feff}{marked}")).is_err());
    let inside = statement_from_json("{\"void\":\u{feff}{}}").unwrap_err();
    assert!(inside.to_string().starts_with("line 1: "), "{inside}");
}

#[test]
fn faults_are_told_in_chinese_too() {
    let table = [
        (r#"{"ship":{"items":["a",7]}}"#, "ship.items[1]：应为带引号的文本，实为 7"),
        (r#"{"ship":{"itmes":[]}}"#, "ship.itmes：无此字段；应为以下之一：items, lots"),
        (r#"{"header":{}}"#, "缺少声明内容"),
        ("{\"void\":\n\n{]}", "第 3 行：JSON 语法错误"),
        ("{", "第 1 行：JSON 不完整"),
    ];
    for (text, expect) in table {
        let said = first(text).to_chinese();
        assert!(said.starts_with(expect), "{text}\n  said: {said}");
    }
    let late = JsonLines::new("\n{\"ship\":[]}\n".as_bytes()).next().unwrap().unwrap_err();
    assert_eq!(late.to_chinese(), "第 2 行：ship：应为对象 { … }，实为 []");
}

/// A bill of goods out with a dozen different faults.
const DOZEN: &str = r#"{
    "header": {"salt": "xyz", "id": "1-2", "occurredAt": "yesterday", "confidential": 1, "businessKey": "B 1\t",
               "offsetMinutes": 3000000000, "attachments": [{"digest": "00", "role": "photo", "mediaType": "image/png"}]},
    "ship": {"items": ["sgtin:09521234543213.A1", 7, "sgtin:09521234543214.A1"], "itmes": [], "lots": {},
             "addressee": "Dealer", "reason": ["sale"], "carrier": "org:Express"},
    "party": {}
}"#;

#[test]
fn every_fault_of_a_text_is_told_at_once_with_what_the_field_checks_say_of_the_rest() {
    let expect = [
        // In order of the names.
        ("header.confidential", ""),
        ("header.id", ""),
        ("header.occurredAt", ""),
        ("header.offsetMinutes", ""),
        ("header.salt", ""),
        ("ship", ""),
    ];
    let found = faults(DOZEN);
    assert_eq!(found[..6], expect.map(|(path, reason)| (path.to_owned(), reason)), "{found:#?}");
    // Without the second body the ship is read.
    let one = DOZEN.replace(",\n    \"party\": {}", "");
    let expect = [
        ("header.confidential", ""),
        ("header.id", ""),
        ("header.occurredAt", ""),
        ("header.offsetMinutes", ""),
        ("header.salt", ""),
        ("ship.items[1]", ""),
        ("ship.itmes", ""),
        ("ship.lots", ""),
        ("ship.reason", ""),
        ("header.businessKey", "INVALID_FIELD"),
        ("header.attachments[0].digest", "INVALID_FIELD"),
        ("ship.items[2]", "NOT_CANONICAL"),
        ("ship.addressee", "NOT_CANONICAL"),
    ];
    assert_eq!(faults(&one), expect.map(|(path, reason)| (path.to_owned(), reason)));
    let error = statement_from_json(&one).unwrap_err();
    let (english, chinese) = (error.to_string(), error.to_chinese());
    let lines: Vec<&str> = english.lines().collect();
    assert_eq!((lines[0], lines.len()), ("13 faults:", 14));
    assert!(lines[6].starts_with("  ship.items[1]: expected a text in quotes, found 7"), "{english}");
    assert!(lines[13].ends_with("[NOT_CANONICAL]"), "{english}");
    assert!(chinese.starts_with("13 处问题：\n  header.confidential：应为"), "{chinese}");
    assert!(chinese.lines().all(|line| !line.is_ascii()), "{chinese}");
}

#[test]
fn what_a_fault_leaves_out_is_not_told_as_missing_too() {
    let ship = |more: &str| {
        format!(
            r#"{{"ship":{{"items":["sgtin:09521234543213.A1"],"addressee":"org:A","reason":"sale"{more}}}}}"#
        )
    };
    assert!(statement_from_json(&ship("")).is_ok());
    let table = [
        // A field misspelt: the one that is missing for it is not a second fault, but others are.
        (r#"{"ship":{"itmes":["a"],"addressee":"org:A","reason":"sale"}}"#, &["ship.itmes"][..]),
        (r#"{"ship":{"itmes":["a"],"addressee":"A","reason":"sale"}}"#, &["ship.itmes", "ship.addressee"]),
        // A field at fault: nor is it, or what is around it.
        (r#"{"ship":{"items":"a","addressee":"org:A","reason":"sale"}}"#, &["ship.items"]),
        (r#"{"ship":{"items":[1],"addressee":1,"reason":"sale"}}"#, &["ship.addressee", "ship.items[0]"]),
        (
            r#"{"use":{"lines":[{"item":"sgtin:09521234543213.A1","used":{"amount":"x"}}]}}"#,
            &["use.lines[0].used.amount", "use.lines[0].used.unit"],
        ),
        // What a signer fills in is not missing.
        (r#"{"header":{"id":1},"void":{}}"#, &["header.id", "void.target", "void.reason"]),
        // No body is told where there is none, and not where it is at fault.
        (r#"{"header":{"id":1}}"#, &["header.id", ""]),
        (r#"{"ship":[]}"#, &["ship"]),
        (r#"{"shp":{}}"#, &["shp"]),
        ("[]", &[""]),
    ];
    for (text, expect) in table {
        let mut found: Vec<String> = faults(text).into_iter().map(|(path, _)| path).collect();
        let mut expect = expect.to_vec();
        found.sort_unstable();
        expect.sort_unstable();
        assert_eq!(found, expect, "{text}");
    }
}

#[test]
fn what_follows_from_a_fault_alone_is_not_told_beside_it() {
    const ITEM: &str = "sgtin:09521234543213.A1";
    let transform = |outputs: &str, reason: &str| {
        format!(
            r#"{{"transform":{{"inputs":["{ITEM}"],{outputs},"lot":"lot:gtin:09521234543213.L7","unitsPerCode":1,
               "expiresOn":"2027-01-01","reason":"{reason}"}}}}"#
        )
    };
    let listing = |price: &str, more: &str| {
        format!(
            r#"{{"listing":{{"platform":"org:Shop","number":"1","brand":"B","seenFrom":"2026-01-01",
               "currency":"CNY",{price}{more}}}}}"#
        )
    };
    let correct = |by_line: &str, reason: &str| {
        format!(
            r#"{{"correct":{{"target":{{"party":"org:A","id":"019bbef3-b000-7001-8001-010101010101"}},
               "reason":"{reason}",{by_line},"removed":[{{"field":"items","index":0}}],
               "replacement":{{"ship":{{"items":["{ITEM}"]}}}}}}}}"#
        )
    };
    let table = [
        (transform(r#""outputs":5"#, "repack"), &["transform.outputs"][..]),
        (transform(r#""outptus":["a"]"#, "repack"), &["transform.outptus"]),
        (transform(r#""outputs":5"#, ""), &["transform.outputs", "transform.reason"]),
        (listing(r#""price":"a lot""#, ""), &["listing.price"]),
        (listing(r#""pirce":5"#, ""), &["listing.pirce"]),
        (listing(r#""price":-1"#, r#","url":"x""#), &["listing.price", "listing.url"]),
        (correct(r#""byLine":"yes""#, "r"), &["correct.byLine"]),
        (correct(r#""bylin":true"#, "r"), &["correct.bylin"]),
        (correct(r#""byLine":1"#, ""), &["correct.byLine", "correct.reason"]),
        // An enum that matters by its value: with opening stock a lot of the item may be told.
        (
            format!(
                r#"{{"adjust":{{"lines":[{{"outcome":"opened","item":"{ITEM}","itemLot":"lot:gtin:09521234543213.L7",
                   "expiresOn":"2027-01-01"}}]}}}}"#
            ),
            &["adjust.lines[0].outcome"],
        ),
        // What is wrong whatever was meant stays.
        (
            listing(r#""price":"a lot""#, r#","removedOn":"2025-01-01""#),
            &["listing.price", "listing.removedOn"],
        ),
    ];
    for (text, expect) in table {
        let mut found: Vec<String> = faults(&text).into_iter().map(|(path, _)| path).collect();
        found.sort_unstable();
        assert_eq!(found, expect, "{text}");
    }
}

#[test]
fn a_possession_is_judged_only_where_its_ledger_is_known() {
    let enrol = |ledger: &str, party: &str| {
        let (key, sixty_four) =
            ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "11".repeat(64));
        format!(
            r#"{{"header":{{{ledger}"salt":1}},"enrolKey":{{"party":"{party}","algorithm":"ed25519",
               "publicKey":"{key}","possession":"{sixty_four}","uses":["sign"]}}}}"#
        )
    };
    assert_eq!(faults(&enrol("", "org:A")), [("header.salt".to_owned(), "")]);
    let named = format!(r#""ledger":"{}","#, "ab".repeat(32));
    let found = faults(&enrol(&named, "org:A"));
    assert!(found.contains(&("enrolKey.possession".to_owned(), "BAD_POSSESSION")), "{found:?}");
}

#[test]
fn faults_are_told_up_to_a_bound_and_quickly_however_many_there_are() {
    let many = |item: &str, count: usize| vec![item; count].join(",");
    let exactly =
        format!(r#"{{"ship":{{"items":[{}],"addressee":"org:A","reason":"sale"}}}}"#, many("1", 64));
    let error = statement_from_json(&exactly).unwrap_err();
    assert_eq!((error.faults.len(), error.more), (MAX_FAULTS, false));
    let over = exactly.replacen("[1", "[1,1", 1);
    let error = statement_from_json(&over).unwrap_err();
    assert_eq!((error.faults.len(), error.more), (MAX_FAULTS, true));
    assert!(error.to_string().ends_with("\n  and more") && error.to_chinese().ends_with("\n  以及更多"));
    // One schema fault, and more field faults than there is room for.
    let codes: Vec<String> = (0..80).map(|i| format!(r#""x{i}""#)).collect();
    let checks = format!(r#"{{"ship":{{"items":[{}],"addressee":"org:A","reason":1}}}}"#, codes.join(","));
    let error = statement_from_json(&checks).unwrap_err();
    assert_eq!((error.faults.len(), error.more, error.faults[0].path.as_str()), (64, true, "ship.reason"));
    let begin = std::time::Instant::now();
    for item in ["9", "{}", "\"x\"", "[]"] {
        let acts = format!(r#"{{"mandate":{{"acts":[{}]}}}}"#, many(item, 500_000));
        assert!(statement_from_json(&acts).unwrap_err().more);
    }
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}

#[test]
fn field_faults_of_a_draft_leave_out_what_signing_fills_in() {
    let draft = read(&json!({"ship": {"items": ["A"], "addressee": "org:A", "reason": "sale"}}));
    let found = field_faults(&draft);
    assert_eq!(found.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["ship.items[0]"]);
    let sound = read(&json!({"header": {"onBehalfOf": "org:B"}, "ship":
        {"items": ["sgtin:09521234543213.A1"], "addressee": "org:A", "reason": "sale"}}));
    assert_eq!(field_faults(&sound), []);
}

#[test]
fn a_signed_statement_tells_all_its_faults() {
    let error = signed_from_json(r#"{"payload":"x","keyId":1,"sig":""}"#).unwrap_err();
    let paths: Vec<&str> = error.faults.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["keyId", "payload", "sig"]);
}

#[test]
fn faults_name_the_place_and_what_was_expected() {
    let table = [
        (r#"{"ship":{"items":["a",7]}}"#, "ship.items[1]: expected a text in quotes, found 7"),
        (r#"{"ship":{"itmes":[]}}"#, "ship.itmes: no such field; expected one of items, lots, addressee"),
        (r#"{"ship":[]}"#, "ship: expected an object { … }, found []"),
        (r#"{"ship":{"items":"a"}}"#, "ship.items: expected a list [ … ], found \"a\""),
        (r#"{"ship":{},"void":{}}"#, "void: stands beside ship; only one of them may be set"),
        (r#"{"header":{}}"#, "expected a body beside the header"),
        (r#"{"header":{"salt":"xyz"},"void":{}}"#, "header.salt: expected hex digits in quotes"),
        (r#"{"header":{"id":"1-2"},"void":{}}"#, "header.id: expected a UUID"),
        (
            r#"{"header":{"confidential":1},"void":{}}"#,
            "header.confidential: expected true or false, found 1",
        ),
        (
            r#"{"header":{"occurredAt":"yesterday"},"void":{}}"#,
            "header.occurredAt: expected an instant such as",
        ),
        (
            r#"{"header":{"occurredAt":"2025-03-01T10:00:00"},"void":{}}"#,
            "header.occurredAt: expected an instant",
        ),
        (r#"{"header":{"occurredAt":"2025-03-01T10:00:00.1234567Z"},"void":{}}"#, "at most six digits"),
        (
            r#"{"header":{"occurredAt":"2025-03-01T10:00:00+08:00","offsetMinutes":60},"void":{}}"#,
            "offsetMinutes says",
        ),
        (
            r#"{"header":{"offsetMinutes":3000000000},"void":{}}"#,
            "expected a whole number from -2147483648 to",
        ),
        (
            r#"{"party":{"roles":[{"role":"king"}]}}"#,
            "party.roles[0].role: expected one of manufacturer, domestic-agent",
        ),
        (
            r#"{"use":{"lines":[{"vial":1.5}]}}"#,
            "use.lines[0].vial: expected a whole number from 0 to 4294967295",
        ),
        (r#"{"header":{"businessKey":"a","business_key":"b"},"void":{}}"#, "is set twice, in two spellings"),
        ("{\"void\":{},\n\"void\":{}}", "line 2: \"void\" comes twice"),
        ("{\"void\":\n\n{]}", "line 3: "),
    ];
    for (text, expect) in table {
        let said = fault(text);
        assert!(said.contains(expect), "{text}\n  said: {said}\n  not: {expect}");
    }
}

#[test]
fn json_lines_count_empty_lines_and_stop_at_the_first_fault() {
    let text = "{\"void\":{}}\n\n  \n{\"unpack\":{}}\n{\"ship\":{\"lots\":0}}\n{\"void\":{}}\n";
    let mut lines = JsonLines::new(text.as_bytes());
    assert!(lines.next().unwrap().is_ok());
    assert!(lines.next().unwrap().is_ok());
    assert_eq!(lines.line(), 4);
    let error = lines.next().unwrap().unwrap_err();
    assert_eq!((error.line, error.faults[0].path.as_str()), (5, "ship.lots"));
    assert!(lines.next().is_none());
}

#[test]
fn an_endless_line_is_refused_before_it_fills_the_memory() {
    let endless = std::io::BufReader::new(std::io::repeat(b' '));
    let error = JsonLines::new(endless).next().unwrap().unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[test]
fn answers_are_written_for_people_too() {
    let entry = v1::Entry { index: 1 << 60, chain: vec![1; 2], ..v1::Entry::default() };
    let answer = v1::GetEntryResponse { entry: Some(entry) };
    let expect = json!({"entry": {"index": "1152921504606846976", "chain": "0101"}});
    assert_eq!(message_to_json("GetEntryResponse", &answer).unwrap(), expect);
}

#[test]
fn every_64_bit_signed_field_of_a_statement_is_an_instant_but_the_setting_of_a_policy() {
    let (mut seen, mut left) = (vec![false; MESSAGES.len()], vec![STATEMENT]);
    while let Some(index) = left.pop() {
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        for field in MESSAGES[index].fields {
            match field.kind {
                Kind::Message(inner) => left.push(inner),
                Kind::Int64 => {
                    let setting = MESSAGES[index].name == "PolicySetting";
                    assert_ne!(is_instant(field), setting, "{}.{}", MESSAGES[index].name, field.name);
                }
                _ => {}
            }
        }
    }
}

/// Draws the wire form of a message from the tables: each field with even odds, values of all sizes.
fn wire(message: usize, draw: &mut impl FnMut() -> u64, body: Option<usize>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut chosen: Option<i32> = None;
    for (at, field) in MESSAGES[message].fields.iter().enumerate() {
        let take = match (field.oneof, body) {
            (Some(_), Some(wanted)) => at == wanted,
            (Some(oneof), None) => chosen != Some(oneof) && draw().is_multiple_of(3),
            (None, _) => draw().is_multiple_of(2),
        };
        if take {
            chosen = field.oneof.or(chosen);
            let times = if field.repeated { 1 + draw() % 3 } else { 1 };
            for _ in 0..times {
                put(field, draw, &mut out);
            }
        }
    }
    out
}

fn put(field: &Field, draw: &mut impl FnMut() -> u64, out: &mut Vec<u8>) {
    let size = draw() % 65;
    let number = if size == 0 { 0 } else { draw() >> (64 - size) };
    let (wire_type, value) = match field.kind {
        Kind::Bool => (0, number & 1),
        Kind::Uint32 | Kind::Sint32 => (0, number & u64::from(u32::MAX)),
        Kind::Int32 => (0, i64::from(number as i32) as u64),
        Kind::Enum(values) => (0, values[number as usize % values.len()] as u64),
        Kind::Int64 | Kind::Uint64 => (0, number),
        Kind::String | Kind::Bytes | Kind::Message(_) => (2, 0),
    };
    prost::encoding::encode_varint(u64::from(field.number) << 3 | wire_type, out);
    if wire_type == 0 {
        return prost::encoding::encode_varint(value, out);
    }
    let contents = match field.kind {
        Kind::Message(inner) => wire(inner, draw, None),
        Kind::String => ["", "x", "源流", "\"\\\n", "2025-03-01"][number as usize % 5].into(),
        _ => number.to_le_bytes().repeat(8)[..[0, 1, 16, 32, 64][size as usize % 5]].to_vec(),
    };
    prost::encoding::encode_varint(contents.len() as u64, out);
    out.extend(contents);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Whatever a statement holds, its JSON reads back as the same statement: for every kind of body.
    #[test]
    fn json_round_trips_for_every_body(seed in any::<u64>()) {
        let mut state = seed;
        // SplitMix64.
        let mut draw = move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        let fields = MESSAGES[STATEMENT].fields;
        let bodies = (0..fields.len()).filter(|i| fields[*i].oneof.is_some());
        for body in bodies {
            let bytes = wire(STATEMENT, &mut draw, Some(body));
            let statement = v1::Statement::decode(bytes.as_slice()).unwrap();
            let text = statement_to_json(&statement).unwrap().to_string();
            let again = statement_from_json(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
            prop_assert_eq!(again, statement, "{}", text);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in r#"[{}\[\]",:a-z0-9 \\un.e-]{0,80}"#) {
        let _ = statement_from_json(&text);
        let _ = statement_from_json(&format!("{{\"header\":{text}}}"));
    }
}
