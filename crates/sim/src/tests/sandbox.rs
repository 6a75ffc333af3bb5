//! Counterparties over a long time and over restarts, through the rules of the ledger.

use proto::v1::{Ship, SignedStatement, statement::Body};
use statement::{STATEMENT_TYPE, Statement, sign};

use super::{memory::Memory, plan};
use crate::{Numbers, Player, Sandbox, World, calendar::DAY};

/// A ledger with its trade, and the other side.
fn begin() -> (Memory, Sandbox) {
    let world = || World::new(plan(3, 400));
    let mut memory = Memory::of(&world());
    for signed in world().statements(memory.ledger()) {
        memory.submit(&signed.statement).unwrap();
    }
    let sandbox = Sandbox::new(world(), memory.ledger());
    (memory, sandbox)
}

fn parse(signed: &SignedStatement) -> Statement {
    Statement::parse(signed.payload.clone()).unwrap()
}

/// A Ship by a player, under the header of a delivery.
fn ship_by(player: &Player, to: &str, like: &SignedStatement, id: u8) -> SignedStatement {
    use prost::Message as _;
    let mut statement = proto::v1::Statement::decode(like.payload.clone()).unwrap();
    let header = statement.header.as_mut().unwrap();
    header.party = player.party.clone();
    header.site = player.site.clone();
    header.on_behalf_of.clear();
    header.business_key = format!("MINE-S{:06}", 900 + u32::from(id));
    header.id[15] = id;
    let Some(Body::Ship(delivered)) = statement.body else { panic!("not a Ship") };
    statement.body = Some(Body::Ship(Ship {
        items: delivered.items,
        addressee: to.to_owned(),
        reason: "sale".to_owned(),
        ..Ship::default()
    }));
    let payload = statement.encode_to_vec();
    SignedStatement {
        signature: sign(&player.key, STATEMENT_TYPE, &payload).to_vec(),
        key_id: statement::key_id(1, player.key.public().as_bytes()).to_vec(),
        payload: payload.into(),
        ..like.clone()
    }
}

#[test]
fn deliveries_and_confirmations_are_recorded_after_months_of_running() {
    let (mut memory, sandbox) = begin();
    let player = sandbox.players().next().unwrap();
    let customer = sandbox.customers().next().unwrap().0.to_owned();
    for round in 0..4 {
        let now = memory.wait(45 * DAY);
        let delivery = sandbox.delivery(round * 2, now);
        assert_eq!(delivery.len(), 3);
        for signed in &delivery {
            memory.submit(signed).unwrap_or_else(|e| panic!("round {round}: {e:?}"));
        }
        let ship = ship_by(&player, &customer, &delivery[2], round as u8);
        memory.submit(&ship).unwrap();
        let receive = sandbox.confirmation(&parse(&ship), round, now).unwrap();
        memory.submit(&receive).unwrap_or_else(|e| panic!("round {round}: {e:?}"));
    }
}

#[test]
fn what_is_recorded_tells_the_next_numbers_and_what_awaits_an_answer() {
    let (mut memory, sandbox) = begin();
    let player = sandbox.players().next().unwrap();
    let customer = sandbox.customers().next().unwrap().0.to_owned();
    let mut next = Numbers::default();
    for signed in World::new(plan(3, 400)).statements(memory.ledger()) {
        sandbox.count(&parse(&signed.statement), &mut next);
    }
    assert_eq!(next, Numbers::default(), "the trade has numbers of its own");
    let now = memory.wait(DAY);
    let delivery = sandbox.delivery(6, now);
    // Cut off in the middle: the number is spent all the same.
    sandbox.count(&parse(&delivery[0]), &mut next);
    assert_eq!(next, Numbers { delivery: 7, confirmation: 0 });
    for signed in &delivery {
        memory.submit(signed).unwrap();
        assert_eq!(sandbox.awaits_confirmation(&parse(signed)), None, "ships to a player");
    }
    let ship = parse(&ship_by(&player, &customer, &delivery[2], 1));
    sandbox.count(&ship, &mut next);
    assert_eq!(next, Numbers { delivery: 7, confirmation: 0 }, "a player's own bills do not count");
    let receive = parse(&sandbox.confirmation(&ship, 41, now).unwrap());
    sandbox.count(&receive, &mut next);
    assert_eq!(next, Numbers { delivery: 7, confirmation: 42 });
    assert_eq!(sandbox.awaits_confirmation(&ship), Some(*ship.digest()));
    assert_eq!(sandbox.confirms(&receive), Some(*ship.digest()));
    assert_eq!(sandbox.confirms(&ship), None);
    let other = sandbox.players().nth(1).unwrap();
    let between_players = parse(&ship_by(&player, &other.party, &delivery[2], 2));
    assert_eq!(sandbox.awaits_confirmation(&between_players), None);
    assert!(sandbox.confirmation(&between_players, 0, now).is_none());
}
