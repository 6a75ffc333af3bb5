//! Laws of canonical texts, over generated parts and over damaged texts.
use proptest::prelude::*;

use super::*;
use crate::charset::{is_ai82, is_printable};
use crate::tests::{keyed, noise};
use crate::{AhmUdi, Cdtc, Gln, Gtin, MaUdi, NationalDrugCode, Sscc, Uscc};

fn gtin() -> impl Strategy<Value = Gtin> {
    keyed(14).prop_map(|text| Gtin::parse(&text).unwrap())
}

fn gln() -> impl Strategy<Value = Gln> {
    keyed(13).prop_map(|text| Gln::parse(&text).unwrap())
}

/// One to `max` characters of set 82.
fn ai_text(max: usize) -> impl Strategy<Value = String> {
    let all: Vec<char> = ('!'..='z').filter(|c| is_ai82(*c)).collect();
    prop::collection::vec(prop::sample::select(all), 1..=max).prop_map(|chars| chars.into_iter().collect())
}

/// Printable text, with a good share of what must be escaped.
fn printable(max: usize) -> impl Strategy<Value = String> {
    let c = prop_oneof![
        prop::sample::select(vec!['.', '/', '%', ':', ' ', '批', 'é', 'A', '2', 'E']),
        any::<char>().prop_map(|c| if is_printable(c) { c } else { '药' }),
    ];
    prop::collection::vec(c, 1..=max).prop_map(|chars| {
        let text: String = chars.into_iter().collect();
        match text.trim() {
            "" => "批".to_owned(),
            text => text.to_owned(),
        }
    })
}

/// Any text of at most `max` characters, controls included.
fn code(max: usize) -> impl Strategy<Value = String> {
    let c = prop_oneof![
        prop::sample::select(vec!['.', '/', '%', ':', '\n', '\u{85}', '\u{a0}', '仓', '1']),
        any::<char>(),
    ];
    prop::collection::vec(c, 1..=max).prop_map(|chars| chars.into_iter().collect())
}

fn ma_udi() -> impl Strategy<Value = MaUdi> {
    "MA\\.156\\.M0\\.[0-9]{6}\\.[0-9A-Z]{8,20}(\\.L[!-\\-0-9A-Z]{1,9})?(\\.S[0-9A-Z/%]{1,9})?"
        .prop_map(|text| MaUdi::parse(&text).unwrap())
}

fn drug_code() -> impl Strategy<Value = NationalDrugCode> {
    prop::collection::vec(0..10u8, 10).prop_map(|digits| {
        let mut text = String::from("869");
        text.extend(digits.into_iter().map(|digit| char::from(b'0' + digit)));
        text.push(char::from(crate::check_digit(text.as_bytes()).unwrap()));
        NationalDrugCode::parse(&text).unwrap()
    })
}

fn product() -> impl Strategy<Value = Product> {
    prop_oneof![
        gtin().prop_map(|gtin| Product::gtin(&gtin)),
        ma_udi().prop_map(|udi| Product::ma(&udi)),
        drug_code().prop_map(|code| Product::nhi(&code)),
        printable(20).prop_map(|number| Product::reg(&number).unwrap()),
    ]
}

fn party() -> impl Strategy<Value = PartyId> {
    prop_oneof![
        "[0-9A-H]{2}[0-9]{6}[0-9A-H]{10}".prop_map(|text| PartyId::uscc(&Uscc::parse(&text).unwrap())),
        gln().prop_map(|gln| PartyId::gln(&gln)),
        printable(16).prop_map(|name| PartyId::org(&name).unwrap()),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        (gtin(), ai_text(20)).prop_map(|(gtin, serial)| Item::sgtin(&gtin, &serial).unwrap()),
        (gtin(), ai_text(20)).prop_map(|(gtin, lot)| Item::lot_gtin(&gtin, &lot).unwrap()),
        keyed(18).prop_map(|text| Item::sscc(&Sscc::parse(&text).unwrap())),
        "[0-9]{20}".prop_map(|text| Item::cdtc(&Cdtc::parse(&text).unwrap())),
        ma_udi().prop_map(|udi| Item::ma(&udi).unwrap()),
        printable(50).prop_map(|text| Item::ahm(&AhmUdi::parse(&text).unwrap()).unwrap()),
        code(20).prop_map(|text| Item::bag(&text).unwrap()),
    ]
}

/// Any canonical text, damaged in one or two places.
fn damaged() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        item().prop_map(String::from),
        party().prop_map(String::from),
        product().prop_map(String::from),
        (party(), code(9)).prop_map(|(party, code)| Site::local(party.view(), &code).unwrap().to_string()),
        (party(), code(9)).prop_map(|(party, code)| Document::bill(party.view(), &code).unwrap().to_string()),
    ];
    let c = prop_oneof![
        prop::sample::select(vec!['.', '/', '%', ':', '0', '2', 'E', 'C', '9', '\n', 'é']),
        any::<char>(),
    ];
    let blow = (any::<prop::sample::Index>(), c, 0..3u8);
    (text, prop::collection::vec(blow, 1..3)).prop_map(|(text, blows)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (place, c, how) in blows {
            let at = place.index(chars.len().max(1)).min(chars.len());
            match how {
                0 => chars.insert(at, c),
                1 if at < chars.len() => drop(chars.remove(at)),
                _ if at < chars.len() => chars[at] = c,
                _ => chars.push(c),
            }
        }
        chars.into_iter().collect()
    })
}

/// Puts an item together again from what its accessors say.
fn rebuilt(item: ItemRef<'_>) -> Item {
    match item.kind() {
        ItemKind::Sgtin => Item::sgtin(&item.gtin().unwrap(), &item.serial().unwrap()).unwrap(),
        ItemKind::Lot => {
            let lot = item.as_lot().unwrap();
            Item::lot(&rebuilt_product(lot.product()), &lot.lot()).unwrap()
        }
        ItemKind::Sscc => Item::sscc(&item.sscc().unwrap()),
        ItemKind::Cdtc => Item::cdtc(&item.cdtc().unwrap()),
        ItemKind::Ma => Item::ma(&item.ma().unwrap()).unwrap(),
        ItemKind::Ahm => Item::ahm(&AhmUdi::parse(item.ahm().unwrap()).unwrap()).unwrap(),
        ItemKind::Bag => Item::bag(&item.bag().unwrap()).unwrap(),
    }
}

fn rebuilt_product(product: ProductRef<'_>) -> Product {
    match product.scheme() {
        Scheme::Gtin => Product::gtin(&product.gtin().unwrap()),
        Scheme::Ma => Product::ma(&MaUdi::parse(&product.code()).unwrap()),
        Scheme::Nhi => Product::nhi(&product.national_drug_code().unwrap()),
        Scheme::Reg => Product::reg(&product.registration().unwrap()).unwrap(),
    }
}

fn rebuilt_site(site: SiteRef<'_>) -> Site {
    match site.gln() {
        Some(gln) => Site::gln(&gln),
        None => Site::local(site.party().unwrap().view(), &site.code().unwrap()).unwrap(),
    }
}

fn rebuilt_document(document: DocumentRef<'_>) -> Document {
    let (party, source) = (document.party(), document.source());
    let from = match (&party, &source) {
        (Some(party), _) => Source::Party(party.view()),
        (None, code) => Source::Code(code.as_deref().unwrap_or_default()),
    };
    match document.kind() {
        DocumentKind::Declaration => Document::declaration(&document.declaration().unwrap()),
        DocumentKind::Waybill => Document::waybill(from, &document.number()).unwrap(),
        DocumentKind::Bill => Document::bill(party.unwrap().view(), &document.number()).unwrap(),
        DocumentKind::Certificate => Document::certificate(from, &document.number()).unwrap(),
    }
}

/// Whatever of a text is accepted is what formatting its parts gives; whatever is refused is
/// refused at a place inside it.
fn accepted_only_if_canonical(text: &str) {
    let again = [
        ItemRef::parse(text).map(|item| rebuilt(item).to_string()),
        LotRef::parse(text).map(|lot| {
            let product = rebuilt_product(lot.product());
            Lot::new(&product, &lot.lot()).unwrap().to_string()
        }),
        ProductRef::parse(text).map(|product| rebuilt_product(product).to_string()),
        SiteRef::parse(text).map(|site| rebuilt_site(site).to_string()),
        DocumentRef::parse(text).map(|document| rebuilt_document(document).to_string()),
        PartyRef::parse(text).map(|party| match party.org_name() {
            Some(name) => PartyId::org(name).unwrap().to_string(),
            None => PartyId::from(party).to_string(),
        }),
    ];
    for result in again {
        match result {
            Ok(again) => assert_eq!(again, text),
            Err(error) => assert!(text.is_char_boundary(error.at), "{error} in {text:?}"),
        }
    }
}

proptest! {
    #[test]
    fn items_read_back(item in item()) {
        prop_assert_eq!(Item::parse(item.as_str()), Ok(item.clone()));
        prop_assert_eq!(Item::validate(item.as_str()), Ok(item.kind()));
        prop_assert_eq!(rebuilt(item.view()), item);
    }

    #[test]
    fn a_unit_reads_back_its_parts(gtin in gtin(), serial in ai_text(20)) {
        let item = Item::sgtin(&gtin, &serial).unwrap();
        prop_assert_eq!(item.view().gtin(), Some(gtin));
        prop_assert_eq!(item.view().serial(), Some(serial.into()));
    }

    #[test]
    fn lots_read_back(product in product(), number in printable(10), short in ai_text(20)) {
        let number = if product.scheme() == Scheme::Gtin { short } else { number };
        let lot = Lot::new(&product, &number).unwrap();
        prop_assert_eq!(Lot::parse(lot.as_str()), Ok(lot.clone()));
        prop_assert_eq!(lot.product(), product.view());
        prop_assert_eq!(lot.lot(), number);
        prop_assert_eq!(Product::parse(product.as_str()), Ok(product));
        prop_assert_eq!(Item::from(lot.clone()), Item::parse(lot.as_str()).unwrap());
    }

    #[test]
    fn sites_and_documents_read_back(party in party(), code in code(10), number in code(10)) {
        let site = Site::local(party.view(), &code).unwrap();
        prop_assert_eq!(Site::parse(site.as_str()), Ok(site.clone()));
        prop_assert_eq!(site.view().party(), Some(party.clone()));
        prop_assert_eq!(site.view().code(), Some(code.as_str().into()));

        let waybill = Document::waybill(Source::Party(party.view()), &number).unwrap();
        prop_assert_eq!(Document::parse(waybill.as_str()), Ok(waybill.clone()));
        prop_assert_eq!(waybill.view().party(), Some(party));
        prop_assert_eq!(waybill.view().number(), number.as_str());

        let plain = code.replace(':', "-");
        let cert = Document::certificate(Source::Code(&plain), &number).unwrap();
        prop_assert_eq!(Document::parse(cert.as_str()), Ok(cert.clone()));
        prop_assert_eq!(cert.view().source(), Some(plain.as_str().into()));
        prop_assert_eq!(cert.view().party(), None);
    }

    #[test]
    fn different_parts_make_different_texts(
        a in (party(), code(3)),
        b in (party(), code(3)),
    ) {
        let sites = [&a, &b].map(|(party, code)| Site::local(party.view(), code).unwrap());
        prop_assert_eq!(sites[0] == sites[1], a == b);
    }

    #[test]
    fn a_character_escaped_without_need_is_refused(gtin in gtin(), serial in "[A-Za-z0-9]{1,20}", place: prop::sample::Index) {
        let at = place.index(serial.len());
        let escaped = format!("{}%{:02X}{}", &serial[..at], serial.as_bytes()[at], &serial[at + 1..]);
        let error = Item::validate(&format!("sgtin:{gtin}.{escaped}")).unwrap_err();
        prop_assert_eq!((error.at, error.fault), (21 + at, Fault::NeedlessEscape));
    }

    #[test]
    fn no_text_has_two_canonical_forms(text in damaged()) {
        accepted_only_if_canonical(&text);
    }

    #[test]
    fn noise_is_refused_without_panic(text in noise()) {
        accepted_only_if_canonical(&text);
        for kind in ItemKind::ALL {
            accepted_only_if_canonical(&format!("{}:{text}", kind.as_str()));
        }
        accepted_only_if_canonical(&format!("lot:reg:{text}"));
        accepted_only_if_canonical(&format!("site:org:{text}"));
        accepted_only_if_canonical(&format!("waybill:{text}"));
    }
}
