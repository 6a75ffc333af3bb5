use std::collections::BTreeSet;

use proto::v1::statement::Body;
use statement::Statement;

use super::{LEDGER, memory::Memory, plan};
use crate::{World, load::Load};

fn load(items: u32) -> Load {
    Load::new(World::new(plan(1, 0)), LEDGER, items)
}

fn ship(load: &Load, i: u32) -> (Statement, String) {
    let statement = Statement::parse(load.ship(i).unwrap().payload).unwrap();
    let Body::Ship(body) = statement.body() else { panic!("not a Ship") };
    assert_eq!(body.items.len(), 1);
    let item = body.items[0].clone();
    (statement, item)
}

#[test]
fn every_item_is_commissioned_and_shipped_once_in_another_order() {
    for items in [1, 2, 499, 500, 501, 3_000, 4_096] {
        let load = load(items);
        let mut commissioned = Vec::new();
        for signed in load.setup() {
            if let Body::Commission(b) = Statement::parse(signed.statement.payload).unwrap().body() {
                commissioned.extend(b.items.clone());
            }
        }
        let shipped: Vec<String> = (0..items).map(|i| ship(&load, i).1).collect();
        assert!(items < 100 || commissioned != shipped, "in order");
        let distinct: BTreeSet<&String> = shipped.iter().collect();
        assert_eq!(distinct.len(), items as usize);
        assert_eq!(distinct, commissioned.iter().collect());
    }
}

#[test]
fn a_ship_depends_on_its_index_alone() {
    let (one, other) = (load(1_000), load(1_000));
    (0..50).for_each(|i| assert!(one.ship(i).is_some()));
    assert_eq!(one.ship(700), other.ship(700));
    assert_eq!(one.ship(1_700), other.ship(700), "modulo the number of items");
    assert_eq!(load(0).ship(3), None);
}

#[test]
fn a_load_is_recorded_without_a_refusal() {
    let world = World::new(plan(3, 0));
    let mut memory = Memory::of(&world);
    let load = Load::new(world, memory.ledger(), 1_200);
    for signed in load.setup() {
        memory.submit(&signed.statement).unwrap();
    }
    for i in (0..1_200).rev() {
        assert_eq!(memory.submit(&load.ship(i).unwrap()).unwrap(), 0);
    }
}
