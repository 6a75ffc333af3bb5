use custody::{
    MemoryView, Put, Table,
    tables::{GrantRow, PartyRow, ReadersRow, SubjectRecord, Touch, touch_bytes, touch_key},
};
use prost::Message as _;
use proto::v1::{AuthorityField, RoleGrant};
use statement::{Relation, subject_key};

use super::*;

const TODAY: Day = Day(20_700);

/// A view of subjects and the entries that name them.
#[derive(Default)]
struct Story {
    puts: Vec<Put>,
    next: u64,
}

impl Story {
    fn subject(mut self, kind: SubjectKind, text: &str, state: Vec<u8>, entries: &[u64]) -> Self {
        self.next += 1;
        let number = self.next;
        let record = SubjectRecord {
            number,
            head: [0; 32],
            count: entries.len() as u64,
            last: entries.iter().copied().max().unwrap_or(0),
            state: state.into(),
        };
        let key = subject_key(kind, text).0.to_vec();
        self.puts.push(Put { table: Table::Subject, key, value: record.encode() });
        let mut rows = std::collections::BTreeMap::<Vec<u8>, Vec<u8>>::new();
        for &index in entries {
            let touch = Touch { index, relation: Relation::Signer, kind: 43 };
            rows.entry(touch_key(number, index)).or_default().extend(touch_bytes(&touch));
        }
        self.puts.extend(rows.into_iter().map(|(key, value)| Put { table: Table::Touch, key, value }));
        self
    }

    fn party(self, text: &str, roles: &[RoleGrant]) -> Self {
        let grant = GrantRow { granter: "org:Root".into(), roles: roles.to_vec(), ..GrantRow::default() };
        let row = PartyRow { party: text.into(), grants: vec![grant], ..PartyRow::default() };
        self.subject(SubjectKind::Party, text, row.encode_to_vec(), &[1])
    }

    /// `receive` answers `ship`.
    fn answers(mut self, receive: u64, ship: u64) -> Self {
        let key = [&[1u8][..], &receive.to_be_bytes(), &ship.to_be_bytes()].concat();
        self.puts.push(Put { table: Table::Response, key, value: [&[1u8][..], &[0; 8]].concat() });
        self
    }

    /// `index` is confidential, read by `parties`.
    fn confidential(mut self, index: u64, parties: &[&str]) -> Self {
        let parties = parties.iter().map(ToString::to_string).collect();
        let row = ReadersRow { parties, case: Vec::new() };
        let (key, value) = (index.to_be_bytes().to_vec(), row.encode_to_vec());
        self.puts.push(Put { table: Table::Confidential, key, value });
        self
    }

    fn view(self) -> MemoryView {
        let mut view = MemoryView::default();
        let entry = custody::RecordedEntry {
            leaf: [0; statement::LEAF_LEN],
            chain: [0; 32],
            envelope: Default::default(),
            payload: Default::default(),
        };
        view.record(entry, self.puts);
        view
    }
}

fn role(role: Role, from: &str, to: &str) -> RoleGrant {
    let field = AuthorityField::Drug as i32;
    RoleGrant {
        role: role as i32,
        field,
        valid_from: from.into(),
        valid_to: to.into(),
        ..RoleGrant::default()
    }
}

fn sight(view: &MemoryView, party: &str) -> Sight {
    Sight::of_party(view, party.into(), TODAY).unwrap()
}

#[test]
fn authorities_and_auditors_see_everything_while_their_role_is_in_force() {
    // TODAY is 2026-09-04.
    let table = [
        (role(Role::Authority, "", ""), true),
        (role(Role::Auditor, "2026-09-04", "2026-09-04"), true),
        (role(Role::Authority, "2026-09-05", ""), false),
        (role(Role::Authority, "", "2026-09-03"), false),
        (role(Role::Manufacturer, "", ""), false),
        (role(Role::Logistics, "", ""), false),
    ];
    for (grant, expect) in table {
        let view = Story::default().party("org:P", std::slice::from_ref(&grant)).view();
        let sight = sight(&view, "org:P");
        assert_eq!(sight.is_everything(), expect, "{grant:?}");
        assert_eq!(sight.entry(&view, 77, LeafType::Statement), Ok(expect));
        assert_eq!(sight.entry(&view, 78, LeafType::Seal), Ok(expect));
        assert_eq!(sight.entry(&view, 0, LeafType::Genesis), Ok(true));
    }
}

#[test]
fn a_confidential_statement_is_read_by_its_two_sides_and_by_auditors() {
    let (asks, asked, third) = ("org:Drug", "org:Customs", "org:Police");
    let authority = [role(Role::Authority, "", "")];
    let view = Story::default()
        .party(asks, &authority)
        .party(asked, &authority)
        .party(third, &authority)
        .party("org:Auditor", &[role(Role::Auditor, "", "")])
        .party("org:Former", &[])
        .confidential(5, &[asked, asks])
        .confidential(6, &[asked, "org:Former"])
        .view();
    for (party, expect, by_role) in [
        (asks, [true, false, true], [false, false, true]),
        (asked, [true, true, true], [false, false, true]),
        (third, [false, false, true], [false, false, true]),
        ("org:Auditor", [true, true, true], [true, true, true]),
        ("org:Former", [false, true, false], [false, false, false]),
        ("org:Nobody", [false, false, false], [false, false, false]),
    ] {
        let sight = sight(&view, party);
        assert_eq!([5, 6, 7].map(|i| sight.statement(&view, i).unwrap()), expect, "{party}");
        let sees_by_role = |i| sight.statement(&view, i).unwrap() && sight.by_role_only(&view, i).unwrap();
        assert_eq!([5, 6, 7].map(sees_by_role), by_role, "{party}");
    }
    assert!(!Sight::public().statement(&view, 5).unwrap());
}

#[test]
fn a_trader_sees_the_entries_that_name_it_and_no_neighbours() {
    let view = Story::default()
        .party("org:A", &[])
        .subject(SubjectKind::Activity, "org:A", vec![], &[5, 9, 1_030])
        .subject(SubjectKind::Activity, "org:B", vec![], &[6, 1_029])
        .view();
    let seen = |party: &str| {
        let sight = sight(&view, party);
        (0..1_100).filter(|i| sight.statement(&view, *i).unwrap()).collect::<Vec<u64>>()
    };
    // 1 is where A was registered.
    assert_eq!(seen("org:A"), [1, 5, 9, 1_030]);
    assert_eq!(seen("org:B"), [6, 1_029]);
    assert_eq!(seen("org:Nobody"), [] as [u64; 0]);
    assert!(!Sight::public().statement(&view, 5).unwrap());
}

#[test]
fn the_sender_sees_the_receipt_that_answers_its_shipment_without_naming_it() {
    let view = Story::default()
        .subject(SubjectKind::Activity, "org:Sender", vec![], &[5])
        .subject(SubjectKind::Activity, "org:Clinic", vec![], &[5, 8])
        .answers(8, 5)
        .answers(9, 6)
        .view();
    assert!(sight(&view, "org:Sender").statement(&view, 8).unwrap());
    assert!(!sight(&view, "org:Sender").statement(&view, 9).unwrap());
    assert!(!sight(&view, "org:Other").statement(&view, 8).unwrap());
}
