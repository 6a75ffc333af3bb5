use crate::Form;
use std::collections::BTreeSet;

use super::*;
use crate::tests::refused;
use crate::{AhmUdi, Caution, Cdtc, DeclarationNumber, Gln, Gtin, MaUdi, NationalDrugCode, Sscc, Uscc};

fn gtin() -> Gtin {
    Gtin::parse("09521234543213").unwrap()
}

fn text<T: ToString>(made: Result<T, Error>) -> String {
    made.unwrap().to_string()
}

#[test]
fn items_are_written_in_one_form() {
    let di = "MA.156.M0.100221.10000019";
    let ma = MaUdi::parse(&format!("{di}.LA.S0001")).unwrap();
    let nhi = NationalDrugCode::parse("86900001000019").unwrap();
    let reg = Product::reg("国药准字SJ20171003").unwrap();
    for (made, written) in [
        (text(Item::sgtin(&gtin(), "S.1/%")), "sgtin:09521234543213.S%2E1%2F%25"),
        (text(Item::lot_gtin(&gtin(), "C1234C3")), "lot:gtin:09521234543213.C1234C3"),
        (text(Item::lot(&Product::ma(&ma), "批.7")), "lot:ma:MA%2E156%2EM0%2E100221%2E10000019.批%2E7"),
        (text(Item::lot(&Product::nhi(&nhi), "7 A")), "lot:nhi:86900001000019.7 A"),
        (text(Item::lot(&reg, "C1")), "lot:reg:国药准字SJ20171003.C1"),
        (Item::sscc(&Sscc::parse("395212345678901236").unwrap()).to_string(), "sscc:395212345678901236"),
        (Item::cdtc(&Cdtc::parse("81234560000000000001").unwrap()).to_string(), "cdtc:81234560000000000001"),
        (text(Item::ma(&ma)), "ma:MA.156.M0.100221.10000019.LA.S0001"),
        (text(Item::ahm(&AhmUdi::parse("84/1.2%").unwrap())), "ahm:84/1.2%"),
        (text(Item::bag("沪公(2026)1/2")), "bag:沪公(2026)1%2F2"),
    ] {
        assert_eq!(made, written);
        assert_eq!(Item::parse(written).unwrap().as_str(), written);
    }
}

#[test]
fn an_item_gives_its_parts_back() {
    let unit = ItemRef::parse("sgtin:09521234543213.S%2E1").unwrap();
    assert_eq!((unit.kind(), unit.gtin()), (ItemKind::Sgtin, Some(gtin())));
    assert_eq!(unit.serial().as_deref(), Some("S.1"));
    assert_eq!(unit.escaped_serial().unwrap().as_str(), "S%2E1");
    assert_eq!(unit.to_product(), Some(Product::gtin(&gtin())));
    assert!(unit.as_lot().is_none() && unit.sscc().is_none() && unit.bag().is_none());

    let item = Item::parse("lot:reg:国械注进20173131234.批%2F1").unwrap();
    let lot = item.view().as_lot().unwrap();
    assert_eq!((lot.scheme(), lot.lot().as_ref()), (Scheme::Reg, "批/1"));
    assert_eq!(lot.product().as_str(), "reg:国械注进20173131234");
    assert_eq!(lot.product().registration().as_deref(), Some("国械注进20173131234"));
    assert_eq!(Item::from(Lot::from(lot)), item);
    assert_eq!(ItemRef::from(lot), item.view());
    assert_eq!((item.kind(), item.view().gtin()), (ItemKind::Lot, None));

    let ma = ItemRef::parse("ma:MA.156.M0.100221.10000019.S1").unwrap();
    assert_eq!(ma.ma().unwrap().serial(), Some("1"));
    let product = ma.to_product().unwrap();
    assert_eq!(product.as_str(), "ma:MA%2E156%2EM0%2E100221%2E10000019");
    assert_eq!(product.view().code(), "MA.156.M0.100221.10000019");
    assert_eq!(ItemRef::parse("bag:A%2F1").unwrap().bag().as_deref(), Some("A/1"));
    assert_eq!(ItemRef::parse("ahm:A/1").unwrap().ahm(), Some("A/1"));
    assert_eq!(Item::validate("sscc:395212345678901236"), Ok(ItemKind::Sscc));
}

#[test]
fn items_that_are_not_canonical_are_refused() {
    let check = |text: &str, part, at, fault| refused(Item::validate(text), part, at, fault);
    let kinds = Form::of(
        "sgtin:, lot:, sscc:, cdtc:, ma:, ahm: or bag:",
        "sgtin:、lot:、sscc:、cdtc:、ma:、ahm: 或 bag:",
    );
    let schemes = Fault::Expected(Form::of("gtin:, ma:, nhi: or reg:", "gtin:、ma:、nhi: 或 reg:"));
    let long = Fault::TooManyChars { max: 20 };
    check("", "item", 0, Fault::Empty);
    check("sgtin", "item", 0, Fault::Expected(kinds));
    check("SGTIN:09521234543213.1", "item", 0, Fault::Expected(kinds));
    check(" sscc:395212345678901236", "item", 0, Fault::Expected(kinds));
    check(&"x".repeat(257), "item", 256, Fault::TooManyBytes { max: 256 });
    check(&format!("{}é", "x".repeat(255)), "item", 255, Fault::TooManyBytes { max: 256 });
    check(
        "sgtin:09521234543213",
        "serial",
        20,
        Fault::Expected(Form::of("a dot and the serial after the GTIN", "GTIN之后的点和序列号")),
    );
    check("sgtin:9521234543213.1", "gtin", 19, Fault::Length { allowed: Form::of("14 digits", "14位数字") });
    check("sgtin:09521234543214.1", "gtin", 19, Fault::CheckDigit);
    check("sgtin:09521234543213.", "serial", 21, Fault::Empty);
    check("sgtin:09521234543213.A.B", "serial", 22, Fault::Unescaped);
    check("sgtin:09521234543213.%41", "serial", 21, Fault::NeedlessEscape);
    check("sgtin:09521234543213.%2f", "serial", 21, Fault::BrokenEscape);
    check("sgtin:09521234543213.A B", "serial", 22, Fault::Character);
    check("sgtin:09521234543213.批", "serial", 21, Fault::Character);
    check("sgtin:09521234543213.A%0A", "serial", 22, Fault::Character);
    check("sgtin:09521234543213.123456789012345678901", "serial", 41, long);
    check("lot:09521234543213.1", "product", 4, schemes);
    check(
        "lot:gtin:09521234543213",
        "lot",
        23,
        Fault::Expected(Form::of("a dot and the lot after the product", "产品之后的点和批号")),
    );
    check("lot:gtin:09521234543213.批", "lot", 24, Fault::Character);
    check("lot:nhi:86900001000012.1", "national drug code", 21, Fault::CheckDigit);
    check("lot:reg:.1", "registration", 8, Fault::Empty);
    check("lot:reg:A .1", "registration", 9, Fault::Surrounded);
    check("lot:reg:A. 1", "lot", 10, Fault::Surrounded);
    check("lot:reg:A.1\u{200b}2", "lot", 11, Fault::Character);
    check("lot:ma:MA%2E156%2EM0%2E100221%2E10000019%2ES1.L", "ma", 40, Fault::Trailing);
    check(
        "lot:ma:MA%2E156%2EM0%2E10022%2E10000019.L",
        "ma",
        23,
        Fault::Length { allowed: Form::of("6 characters of a maker", "6个字符的厂商代码") },
    );
    check("sscc:395212345678901237", "sscc", 22, Fault::CheckDigit);
    check(
        "cdtc:8123456000000000000",
        "cdtc",
        24,
        Fault::Length { allowed: Form::of("20 digits", "20位数字") },
    );
    check(
        "ma:MA.156.M0.100221.10000019.X1",
        "ma",
        29,
        Fault::Expected(Form::of(
            "S, L, M, P, D, E, V or C after the dot",
            "点后的 S、L、M、P、D、E、V 或 C",
        )),
    );
    check("ahm:", "ahm", 4, Fault::Empty);
    check("bag:A/1", "bag", 5, Fault::Unescaped);
    check(&format!("bag:{}", "1".repeat(81)), "bag", 84, Fault::TooManyBytes { max: 80 });
}

#[test]
fn parts_reach_their_bounds_and_stop_there() {
    assert!(Item::sgtin(&gtin(), &"%".repeat(20)).is_ok());
    refused(Item::sgtin(&gtin(), &"%".repeat(21)), "serial", 20, Fault::TooManyChars { max: 20 });
    let reg = Product::reg(&"国".repeat(26)).unwrap();
    assert!(Lot::new(&reg, &"批".repeat(50)).is_ok());
    refused(Lot::new(&reg, &"批".repeat(51)), "lot", 150, Fault::TooManyChars { max: 50 });
    assert!(Product::reg(&".".repeat(80)).is_ok());
    refused(Product::reg(&"国".repeat(27)), "registration", 78, Fault::TooManyBytes { max: 80 });
    assert!(Item::bag(&"\u{9f}".repeat(40)).is_ok());
    assert!(PartyId::org(&"a".repeat(200)).is_ok());
    refused(PartyId::org(&"a".repeat(201)), "name", 200, Fault::TooManyBytes { max: 200 });
    let long = PartyId::org(&"a".repeat(200)).unwrap();
    let whole = Fault::TooManyBytes { max: 256 };
    assert!(Site::local(long.view(), &"1".repeat(46)).is_ok());
    refused(Site::local(long.view(), &"1".repeat(47)), "site", 256, whole);
}

#[test]
fn parties_are_known_by_code_or_name() {
    let code = Uscc::parse("91110000600037341L").unwrap();
    let gln = Gln::parse("9521234567899").unwrap();
    assert_eq!(PartyId::uscc(&code).as_str(), "uscc:91110000600037341L");
    assert_eq!(PartyId::gln(&gln).as_str(), "gln:9521234567899");
    assert_eq!(text(PartyId::org("A/B. 50% 公司")), "org:A/B. 50% 公司");

    let party = PartyId::parse("uscc:91350100M0001TGQXM").unwrap();
    assert!(!party.view().uscc().unwrap().check_ok());
    assert_eq!((party.kind(), party.view().org_name()), (PartyKind::Uscc, None));
    assert_eq!(PartyRef::parse("org:甲").unwrap().org_name(), Some("甲"));
    assert_eq!(PartyRef::parse("gln:9521234567899").unwrap().gln(), Some(gln));

    let check = |text: &str, part, at, fault| refused(PartyId::parse(text), part, at, fault);
    check("", "party", 0, Fault::Empty);
    check("甲", "party", 0, Fault::Expected(Form::of("uscc:, gln: or org:", "uscc:、gln: 或 org:")));
    check("org:", "name", 4, Fault::Empty);
    check("org: 甲", "name", 4, Fault::Surrounded);
    check("org:甲\u{3000}", "name", 7, Fault::Surrounded);
    check("org:甲\u{85}乙", "name", 7, Fault::Character);
    check("gln:9521234567890", "gln", 16, Fault::CheckDigit);
    check("uscc:91110000600037341I", "uscc", 22, Fault::Character);
}

#[test]
fn a_site_keeps_party_and_code_apart() {
    let gln = Gln::parse("9521234567899").unwrap();
    let own = Site::gln(&gln);
    assert_eq!(own.as_str(), "site:gln:9521234567899");
    assert_eq!((own.view().gln(), own.view().party()), (Some(gln), None));
    assert_eq!(own.view().code(), None);

    let org = PartyId::org("A/B. 50%").unwrap();
    for (party, code, written) in [
        (PartyId::gln(&gln), "W1", "site:gln:9521234567899/W1"),
        (org, "仓/1", "site:org:A%2FB%2E 50%25/仓%2F1"),
        (PartyId::org("a:b").unwrap(), "c:d\n", "site:org:a:b/c:d%0A"),
    ] {
        let site = Site::local(party.view(), code).unwrap();
        assert_eq!(site.as_str(), written);
        assert_eq!(site.view().party(), Some(party));
        assert_eq!(site.view().code().as_deref(), Some(code));
        assert_eq!(site.view().gln(), None);
    }

    let check = |text: &str, part, at, fault| refused(Site::parse(text), part, at, fault);
    let form = Fault::Expected(Form::of(
        "gln: and a GLN, or a party, a slash and a code",
        "gln: 加 GLN，或主体加斜杠和代码",
    ));
    check("site", "site", 0, Fault::Expected(Form::same("site:")));
    check("site:W1", "site", 5, form);
    check("site:uscc:91110000600037341L", "site", 5, form);
    check("site:W1/2", "party", 5, Fault::Expected(Form::of("uscc:, gln: or org:", "uscc:、gln: 或 org:")));
    check("site:org:A.B/1", "name", 10, Fault::Unescaped);
    check("site:org:A/1/2", "code", 12, Fault::Unescaped);
    check("site:org:A/", "code", 11, Fault::Empty);
    check("site:org:A%41/1", "name", 10, Fault::NeedlessEscape);
    check("site:gln:9521234567890", "gln", 21, Fault::CheckDigit);
}

#[test]
fn a_party_whose_check_character_does_not_fit_is_read_with_a_warning() {
    let odd = PartyId::parse("uscc:91350100M0001TGQXM").unwrap();
    let warning = odd.view().warning().unwrap();
    assert_eq!((warning.caution, warning.at), (Caution::UsccCheck, 22));
    for text in ["uscc:91110000600037341L", "gln:9521234567899", "org:A"] {
        assert_eq!(PartyId::parse(text).unwrap().view().warning(), None, "{text}");
    }
}

#[test]
fn documents_name_who_numbered_them() {
    let number = DeclarationNumber::parse("531620241168000123").unwrap();
    let org = PartyId::org("A/B").unwrap();
    let party = Source::Party(org.view());
    for (made, kind, written) in [
        (Ok(Document::declaration(&number)), DocumentKind::Declaration, "decl:531620241168000123"),
        (Document::waybill(Source::Code("SF"), "1.2"), DocumentKind::Waybill, "waybill:SF/1%2E2"),
        (Document::waybill(party, "12"), DocumentKind::Waybill, "waybill:org:A%2FB/12"),
        (Document::bill(org.view(), "出/1"), DocumentKind::Bill, "bill:org:A%2FB/出%2F1"),
        (Document::certificate(party, "1"), DocumentKind::Certificate, "cert:org:A%2FB/1"),
        (Document::certificate(Source::Code("A.1"), "1"), DocumentKind::Certificate, "cert:A%2E1/1"),
    ] {
        let made = made.unwrap();
        assert_eq!((made.as_str(), made.kind()), (written, kind));
        assert_eq!(Document::parse(written).unwrap(), made);
    }
    let decl = DocumentRef::parse("decl:531620241168000123").unwrap();
    assert_eq!((decl.declaration(), decl.number().as_ref()), (Some(number), number.as_str()));
    assert_eq!((decl.party(), decl.source()), (None, None));
    let bill = DocumentRef::parse("bill:org:A%2FB/出%2F1").unwrap();
    assert_eq!((bill.party(), bill.number().as_ref()), (Some(org.clone()), "出/1"));
    let waybill = DocumentRef::parse("waybill:S%2EF/1").unwrap();
    assert_eq!((waybill.party(), waybill.source().as_deref()), (None, Some("S.F")));

    let check = |text: &str, part, at, fault| refused(Document::parse(text), part, at, fault);
    let parties = Fault::Expected(Form::of("uscc:, gln: or org:", "uscc:、gln: 或 org:"));
    check("", "document", 0, Fault::Empty);
    check(
        "invoice:1",
        "document",
        0,
        Fault::Expected(Form::of("decl:, waybill:, bill: or cert:", "decl:、waybill:、bill: 或 cert:")),
    );
    check(
        "decl:531620242168000123",
        "declaration",
        13,
        Fault::Expected(Form::of("1 for import or 0 for export", "1（进口）或0（出口）")),
    );
    check("waybill:SF", "number", 10, Fault::Expected(Form::of("a slash and the number", "斜杠和编号")));
    check("waybill:/1", "code", 8, Fault::Empty);
    check("waybill:a:b/1", "party", 8, parties);
    check("bill:SF/1", "party", 5, parties);
    check("cert:SF/", "number", 8, Fault::Empty);
    check("cert:S.F/1", "code", 6, Fault::Unescaped);
    refused(Document::waybill(Source::Code("a:b"), "1"), "code", 1, Fault::Character);
}

#[test]
fn texts_are_compared_and_found_by_their_text() {
    let item = Item::parse("sscc:395212345678901236").unwrap();
    let set = BTreeSet::from([item.clone()]);
    assert!(set.contains("sscc:395212345678901236"));
    assert_eq!(Item::try_from(String::from(item.clone())), Ok(item.clone()));
    assert_eq!(format!("{item:?}"), "\"sscc:395212345678901236\"");
    assert_eq!("sscc:395212345678901236".parse(), Ok(item));
}
