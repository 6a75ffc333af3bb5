//! Bodies of statements, from acts.

use proto::v1::{
    Commission, Correct, Endorse, LotAmount, Pack, PurchaseCheck, Quantity, Receive, ReceiveException,
    ReceiveOutcome, Replacement, Ship, StatementRef, Temperature, Unpack, Use, UseLine, Void, replacement,
    statement::Body,
};
use statement::{GoodsAct, bill_text};

use crate::{
    act::{Act, Deed, Goods, Line, Naming, Ref, Shipping},
    calendar::day_text,
    cast::Who,
    codes,
    lot::Code,
    pen::{Pen, SHIP, number},
};

impl Pen<'_> {
    /// What a statement about the act says.
    pub(crate) fn body(&self, act: &Act) -> Body {
        match &act.deed {
            Deed::Correct(target, reason, right) => Body::Correct(Correct {
                target: Some(self.reference(act.lot, target)),
                reason: (*reason).to_owned(),
                replacement: Some(Replacement {
                    body: self.replacement(act, right),
                    ..Replacement::default()
                }),
                ..Correct::default()
            }),
            Deed::Void(target, reason) => Body::Void(Void {
                target: Some(self.reference(act.lot, target)),
                reason: (*reason).to_owned(),
            }),
            Deed::Endorse(asked) => {
                let digest = self.digest(asked).to_vec();
                let target = Some(StatementRef { digest, ..self.reference(asked.lot, &asked.name()) });
                Body::Endorse(Endorse { target })
            }
            Deed::Commission(first, next) => {
                let items = (*first..*next).map(Code::Unit).collect::<Vec<_>>();
                Body::Commission(self.commission(act, &Goods::Codes(items)))
            }
            Deed::CommissionAmount(amount) => Body::Commission(self.commission(act, &Goods::Amount(*amount))),
            Deed::Pack(parent, children) => {
                Body::Pack(Pack { parent: self.item(act, *parent), children: self.items(act, children) })
            }
            Deed::Unpack(parent) => {
                Body::Unpack(Unpack { parent: self.item(act, *parent), children: Vec::new() })
            }
            Deed::Ship(shipping) => Body::Ship(self.ship(act, shipping)),
            Deed::Receive { .. } => Body::Receive(self.receive(act)),
            Deed::Use(lines) => {
                Body::Use(Use { lines: lines.iter().map(|line| self.line(act, line)).collect() })
            }
        }
    }

    /// What a Correct puts in place of its target.
    fn replacement(&self, act: &Act, right: &Deed) -> Option<replacement::Body> {
        // The papers of the target stay: a Correct of a Ship keeps its waybill.
        let number = if let Deed::Correct(target, ..) = &act.deed { target.number } else { act.number };
        let like = Act { number, deed: right.clone(), ..act.clone() };
        GoodsAct::of(&self.body(&like)).map(GoodsAct::to_replacement)
    }

    fn reference(&self, lot: u32, target: &Ref) -> StatementRef {
        StatementRef {
            party: self.world.cast().member(target.hand).id.clone(),
            id: self.id(target.upload, (lot, target.number)).to_vec(),
            digest: Vec::new(),
        }
    }

    fn item(&self, act: &Act, code: Code) -> String {
        let (lot, product) = self.lot(act);
        lot.item(product, code)
    }

    fn items(&self, act: &Act, codes: &[Code]) -> Vec<String> {
        codes.iter().map(|code| self.item(act, *code)).collect()
    }

    fn goods(&self, act: &Act, goods: &Goods) -> (Vec<String>, Vec<LotAmount>) {
        match goods {
            Goods::Codes(codes) => (self.items(act, codes), Vec::new()),
            Goods::Amount(amount) => {
                let (lot, product) = self.lot(act);
                let quantity = Some(quantity(*amount, "piece"));
                (Vec::new(), vec![LotAmount { lot: lot.text(product), quantity }])
            }
        }
    }

    fn commission(&self, act: &Act, goods: &Goods) -> Commission {
        let (lot, product) = self.lot(act);
        let (items, quantity) = match goods {
            Goods::Codes(codes) => (self.items(act, codes), None),
            Goods::Amount(amount) => (Vec::new(), Some(quantity(*amount, "piece"))),
        };
        Commission {
            items,
            lot: lot.text(product),
            quantity,
            registration: product.registration.to_owned(),
            made_on: day_text(lot.made),
            expires_on: lot.expires(product),
            units_per_code: product.units_per_code,
            market: "CN".to_owned(),
            opening_stock: false,
        }
    }

    fn ship(&self, act: &Act, shipping: &Shipping) -> Ship {
        let cast = self.world.cast();
        let (items, lots) = self.goods(act, &shipping.goods);
        let id = |who: Option<Who>| who.map(|who| cast.member(who).id.clone()).unwrap_or_default();
        let waybill =
            shipping.carrier.map(|carrier| self.waybill((carrier, shipping.by_air), (act.lot, act.number)));
        // To the warehouse of whoever takes goods in for the addressee.
        let hand = cast.hand_of(shipping.to);
        let door = if hand == cast.service { shipping.to } else { hand };
        Ship {
            items,
            lots,
            addressee: cast.member(shipping.to).id.clone(),
            ship_to: cast.member(door).site.clone(),
            owner: String::new(),
            bill_to: id(shipping.bill_to),
            reason: shipping.reason.to_owned(),
            carrier: id(shipping.carrier),
            waybill: waybill.unwrap_or_default(),
        }
    }

    fn waybill(&self, (carrier, by_air): (Who, bool), (lot, number): (u32, u32)) -> String {
        let no = match by_air {
            true => codes::air_waybill(lot.wrapping_mul(1_000).wrapping_add(number)),
            false => format!("YL{lot:07}{number:05}"),
        };
        // Carriers are known by codes without a character that a document would escape.
        format!("waybill:{}/{no}", self.world.cast().member(carrier).id)
    }

    fn receive(&self, act: &Act) -> Receive {
        let Deed::Receive { shipment, naming, goods, exception, arrival } = &act.deed else {
            return Receive::default();
        };
        let (items, lots) = self.goods(act, goods);
        let place = (act.lot, shipment.number);
        let sender = &self.world.cast().member(shipment.actor).id;
        let bill = || bill_text(sender, &number(SHIP, shipment.occurred, place)).unwrap_or_default();
        let waybill = || shipment.carrier.map(|carrier| self.waybill(carrier, place)).unwrap_or_default();
        Receive {
            shipment: (*naming == Naming::Reference).then(|| self.reference(act.lot, shipment)),
            bill: if *naming == Naming::Bill { bill() } else { String::new() },
            waybill: if *naming == Naming::Waybill { waybill() } else { String::new() },
            items,
            lots,
            exceptions: exception
                .iter()
                .map(|(outcome, code, note)| self.exception(act, *outcome, *code, note))
                .collect(),
            arrival: arrival.map(|millicelsius| Temperature { millicelsius }),
            check: Some(PurchaseCheck {
                supplier_licence: true,
                registration: true,
                invoice: true,
                passed: true,
            }),
        }
    }

    fn exception(&self, act: &Act, outcome: ReceiveOutcome, code: Code, note: &str) -> ReceiveException {
        ReceiveException {
            outcome: outcome as i32,
            item: self.item(act, code),
            lot: None,
            note: note.to_owned(),
        }
    }

    fn line(&self, act: &Act, line: &Line) -> UseLine {
        let (_, product) = self.lot(act);
        let content = product.content();
        let amount = |amount: u64| (amount > 0).then(|| quantity(amount, &content.unit));
        let unit = self.item(act, Code::Unit(line.unit));
        let console = |place| self.world.console(place);
        let (item, other) = match line.console {
            Some(place) => (console(place), Some(unit)),
            None if line.paired => {
                let place = self.world.cast().clinics.iter().position(|c| *c == act.actor);
                // Sixty clinics at most.
                (unit, place.map(|place| console(place as u16)))
            }
            None => (unit, None),
        };
        UseLine {
            item,
            vial: line.vial,
            used: amount(line.used),
            wasted: amount(line.wasted),
            opened_at: line.opened,
            finished: line.finished,
            empties_destroyed: line.finished,
            counter: line.counter,
            paired: other.unwrap_or_default(),
        }
    }
}

fn quantity(amount: u64, unit: &str) -> Quantity {
    Quantity { amount, unit: unit.to_owned() }
}
