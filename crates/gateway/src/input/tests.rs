use proptest::prelude::*;
use proto::v1::{Ship, statement::Body};
use rust_xlsxwriter::Workbook;

use super::*;
use crate::settings::Product;

const HEAD: &str = "number,type,time,partner,code,product,lot,quantity,unit,reason,waybill,carrier,shipTo\n";

fn mapping() -> Mapping {
    let mut mapping = Mapping::of("org:Maker");
    mapping.partners.insert("KH01".into(), "org:Dealer".into());
    mapping.sites.insert("W1".into(), "site:org:Dealer/W1".into());
    mapping.columns.insert("出库数".into(), "quantity".into());
    mapping.ignore_columns.push("品名".into());
    let product = Product { product: "gtin:09521234543213".into(), ..Product::default() };
    mapping.products.insert("P1".into(), product);
    mapping
}

fn read(bytes: &[u8]) -> Input {
    let (mapping, limits) = (mapping(), Limits::default());
    Reading { mapping: &mapping, limits: &limits }.file(bytes)
}

fn json(text: &str) -> Input {
    let (mapping, limits) = (mapping(), Limits::default());
    Reading { mapping: &mapping, limits: &limits }.json(text.as_bytes())
}

/// Line, column and reason of each fault.
type Places<'a> = &'a [(u32, &'a str, &'a str)];

/// Line, column and reason of every fault.
fn places(input: &Input) -> Vec<(u32, &str, &str)> {
    input.faults.iter().map(|f| (f.line, f.column.as_str(), f.reason)).collect()
}

fn ship(input: &Input, at: usize) -> Ship {
    assert!(input.faults.is_empty(), "{:#?}", input.faults);
    match input.bills[at].statement.body.clone() {
        Some(Body::Ship(ship)) => ship,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_bill_is_read_alike_from_every_shape_and_encoding() {
    let zh = "单据号,单据类型,业务时间,往来单位,追溯码,品名\n\
              SO-1,销售出库,2026/1/12 8:30,KH01,(01)09521234543213(21)A1,肉毒毒素\n\
              SO-1,,,,81234567890123456789,\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(zh);
    let bom = [b"\xef\xbb\xbf", zh.as_bytes()].concat();
    let tabs = zh.replace(',', "\t");
    let semicolons = zh.replace(',', ";").replace('\n', "\r\n");
    let xml = "<?xml version=\"1.0\"?><Document Version=\"3.0\"><Events><Event Name=\"SalesWareHouseOut\" \
        MainAction=\"WareHouseOut\"><ActionMapping><Action Name=\"WareHouseOut\"/></ActionMapping><DataField>\
        <Data Code=\"(01)09521234543213(21)A1\" CorpOrderID=\"SO-1\" ActDate=\"2026-01-12 08:29:00\" ToCorpID=\"KH01\" \
        FromCorpID=\"US\" Actor=\"x\"/>\
        <Data Code=\"81234567890123456789\" CorpOrderID=\"SO-1\" ActDate=\"2026-01-12 08:30:00\" ToCorpID=\"KH01\"/>\
        </DataField></Event></Events></Document>";
    let object = r#"{"number":"SO-1","type":201,"time":"2026-01-12T00:30:00Z","partner":"org:Dealer",
        "lines":[{"code":"(01)09521234543213(21)A1"},{"code":"cdtc:81234567890123456789"}]}"#;
    let inputs = [
        read(zh.as_bytes()),
        read(&gb),
        read(&bom),
        read(tabs.as_bytes()),
        read(semicolons.as_bytes()),
        read(xml.as_bytes()),
        json(object),
        json(&format!("\u{feff}{object}")),
        read(&zh.encode_utf16().fold(b"\xff\xfe".to_vec(), |mut all, unit| {
            all.extend(unit.to_le_bytes());
            all
        })),
        read(
            &encoding_rs::GB18030
                .encode(&xml.replace("?>", " encoding=\"GBK\"?>").replace("\"x\"", "\"支\""))
                .0,
        ),
    ];
    for (i, input) in inputs.iter().enumerate() {
        let found = ship(input, 0);
        assert_eq!(found.items, ["sgtin:09521234543213.A1", "cdtc:81234567890123456789"], "shape {i}");
        assert_eq!((found.addressee.as_str(), found.reason.as_str()), ("org:Dealer", "sale"), "shape {i}");
        let header = input.bills[0].statement.header.clone().unwrap();
        assert_eq!(
            (header.business_key.as_str(), header.occurred_at),
            ("SO-1", 1_768_177_800_000_000),
            "shape {i}"
        );
    }
}

#[test]
fn a_spreadsheet_is_read_with_its_dates_numbers_and_texts_and_refuses_codes_kept_as_numbers() {
    let book = |code_as_number: bool| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (i, head) in
            ["单据号", "单据类型", "业务时间", "往来单位", "追溯码", "批号", "产品", "数量", "单位"]
                .iter()
                .enumerate()
        {
            sheet.write_string(1, i as u16, *head).unwrap();
        }
        let date = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        let at = rust_xlsxwriter::ExcelDateTime::parse_from_str("2026-01-12T08:30:00").unwrap();
        for row in [2, 3] {
            sheet.write_string(row, 0, "SO-7").unwrap();
            sheet.write_number(row, 1, 201).unwrap();
            sheet.write_datetime_with_format(row, 2, &at, &date).unwrap();
            sheet.write_string(row, 3, "KH01").unwrap();
        }
        if code_as_number {
            sheet.write_number(2, 4, 81_234_567_890_123_456_789.0).unwrap();
        } else {
            sheet.write_string(2, 4, "81234567890123456789").unwrap();
        }
        sheet.write_string(3, 5, "C1234").unwrap();
        sheet.write_string(3, 6, "P1").unwrap();
        sheet.write_number(3, 7, 12).unwrap();
        sheet.write_string(3, 8, "盒").unwrap();
        book.save_to_buffer().unwrap()
    };
    let found = read(&book(false));
    let goods = ship(&found, 0);
    assert_eq!(goods.items, ["cdtc:81234567890123456789"]);
    let lot = &goods.lots[0];
    let quantity = lot.quantity.clone().unwrap();
    assert_eq!(
        (lot.lot.as_str(), quantity.amount, quantity.unit.as_str()),
        ("lot:gtin:09521234543213.C1234", 12, "box")
    );
    assert_eq!(found.bills[0].statement.header.as_ref().unwrap().occurred_at, 1_768_177_800_000_000);
    assert_eq!(places(&read(&book(true))), [(3, "#5", "CELL_UNREADABLE")]);
    // Two cells at the ends of a sheet would be a rectangle of 17 thousand million; neither gets lost.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "number").unwrap().write(1_048_575, 16_383, "x").unwrap();
    let found = read(&book.save_to_buffer().unwrap());
    assert!(places(&found).contains(&(1_048_576, "", "CELL_TOO_MANY")), "{:?}", places(&found));
    assert_eq!(places(&read(b"PK\x03\x04nothing")), [(0, "", "BROKEN_XLSX")]);
}

#[test]
fn stock_taking_becomes_adjustments_by_the_type_of_bill() {
    use proto::v1::{AdjustOutcome, statement::Body};
    let head = "number,type,time,code,lot,product,quantity,unit,note\n";
    let table = [
        ("111", AdjustOutcome::Found),
        ("112", AdjustOutcome::Damaged),
        ("盘亏出库", AdjustOutcome::Lost),
        ("damage", AdjustOutcome::Damaged),
        ("216", AdjustOutcome::Destroyed),
    ];
    for (written, outcome) in table {
        let text = format!(
            "{head}P1,{written},2026-01-12,(01)09521234543213(21)A1,,,,,behind the shelf\nP1,,,,C1234,9521234543213,12,box,\n"
        );
        let found = read(text.as_bytes());
        assert!(found.faults.is_empty(), "{written}: {:?}", found.faults);
        let Some(Body::Adjust(b)) = &found.bills[0].statement.body else { panic!("{written}") };
        assert_eq!(b.lines.iter().map(|l| l.outcome()).collect::<Vec<_>>(), [outcome, outcome]);
        assert_eq!(
            (b.lines[0].item.as_str(), b.lines[0].note.as_str()),
            ("sgtin:09521234543213.A1", "behind the shelf")
        );
        assert_eq!(b.lines[1].lot.as_ref().unwrap().quantity.as_ref().unwrap().amount, 12);
    }
}

#[test]
fn every_faulty_cell_is_told_with_line_and_column_and_nothing_of_its_bill_is_kept() {
    let bill = "S,201,2026-01-12,KH01,(01)09521234543213(21)A1,,,,,,,,";
    let table: &[(&str, Places<'_>)] = &[
        (",201,2026-01-12,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "number", "MISSING")]),
        ("B,,2026-01-12,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "type", "MISSING")]),
        ("B,999,2026-01-12,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "type", "UNKNOWN_TYPE")]),
        ("B,204,2026-01-12,,(01)09521234543213(21)A1,,,,,,,,", &[(3, "type", "TYPE_NOT_SUPPORTED")]),
        ("B,208,2026-01-12,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "type", "TYPE_NOT_SUPPORTED")]),
        ("B,201,,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "time", "MISSING")]),
        ("B,201,soon,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "time", "BAD_TIME")]),
        ("B,201,2026-01-12,,(01)09521234543213(21)A1,,,,,,,,", &[(3, "partner", "MISSING")]),
        ("B,201,2026-01-12,KH02,(01)09521234543213(21)A1,,,,,,,,", &[(3, "partner", "UNKNOWN_PARTNER")]),
        (
            "B,201,2026-01-12,91110000600037341K1,(01)09521234543213(21)A1,,,,,,,,",
            &[(3, "partner", "UNKNOWN_PARTNER")],
        ),
        ("B,201,2026-01-12,KH01,,,,,,,,,", &[(3, "code", "MISSING")]),
        ("B,201,2026-01-12,KH01,(01)09521234543214(21)A1,,,,,,,,", &[(3, "code", "BAD_CODE")]),
        ("B,201,2026-01-12,KH01,(01)09521234543213,,,,,,,,", &[(3, "code", "BAD_CODE")]),
        ("B,201,2026-01-12,KH01,(01)09521234543213(21)A1,,,2,,,,,", &[(3, "quantity", "BAD_QUANTITY")]),
        ("B,201,2026-01-12,KH01,,,C1,1,box,,,,", &[(3, "product", "MISSING")]),
        ("B,201,2026-01-12,KH01,,P9,C1,1,box,,,,", &[(3, "product", "UNKNOWN_PRODUCT")]),
        ("B,201,2026-01-12,KH01,,P1,很长的批号,1,box,,,,", &[(3, "lot", "BAD_LOT")]),
        ("B,201,2026-01-12,KH01,,,lot:gtin:1.A,1,box,,,,", &[(3, "lot", "BAD_LOT")]),
        ("B,201,2026-01-12,KH01,,P1,C1,,,,,,", &[(3, "quantity", "MISSING"), (3, "unit", "MISSING")]),
        ("B,201,2026-01-12,KH01,,P1,C1,1.5,box,,,,", &[(3, "quantity", "BAD_QUANTITY")]),
        ("B,201,2026-01-12,KH01,,P1,C1,-1,box,,,,", &[(3, "quantity", "BAD_QUANTITY")]),
        ("B,201,2026-01-12,KH01,(01)09521234543213(21)A1,,,,,,77,,", &[(3, "waybill", "BAD_DOCUMENT")]),
        (
            "B,201,2026-01-12,KH01,(01)09521234543213(21)A1,,,,,,77,KH09,",
            &[(3, "carrier", "UNKNOWN_PARTNER"), (3, "waybill", "BAD_DOCUMENT")],
        ),
        ("B,201,2026-01-12,KH01,(01)09521234543213(21)A1,,,,,,,,site:x", &[(3, "shipTo", "UNKNOWN_SITE")]),
        (
            "B,102,2026-01-12,KH01,(01)09521234543213(21)A1,,,,,why,,,",
            &[(3, "reason", "COLUMN_NOT_FOR_TYPE")],
        ),
        (
            "B,201,2026-01-12,KH01,x,,,,,,,,\nB,201,2026-01-12,KH01,y,,,,,,,,",
            &[(3, "code", "BAD_CODE"), (4, "code", "BAD_CODE")],
        ),
        (
            "B,201,2026-01-12,KH01,81234567890123456789,,,,,,,,\nB,,,,81234567890123456789,,,,,,,,",
            &[(4, "code", "ITEM_TWICE")],
        ),
        (
            "B,201,2026-01-12,KH01,81234567890123456789,,,,,,,,\nB,,2026-01-13,org:X,81234567890123456780,,,,,,,,",
            &[(4, "time", "DIFFERS"), (4, "partner", "DIFFERS")],
        ),
    ];
    for (lines, expect) in table {
        let input = read(format!("{HEAD}{bill}\n{lines}\n").as_bytes());
        assert_eq!(places(&input), *expect, "{lines}");
        let numbers: Vec<&str> = input.bills.iter().map(|b| b.number.as_str()).collect();
        assert_eq!(numbers, ["S"], "the sound bill stays, the faulty one does not: {lines}");
        assert!(input.faults.iter().all(|f| !f.message.is_empty() && !f.message_zh.is_empty()));
    }
}

#[test]
fn rework_at_another_partys_is_a_ship_and_at_home_the_statement_to_hand_in_is_shown() {
    let head = "number,type,time,partner,code,product,lot,quantity,unit\n";
    let away = read(format!("{head}R-1,204,2026-01-12 8:30,KH01,(01)09521234543213(21)A1,,,,\n").as_bytes());
    assert_eq!((ship(&away, 0).reason.as_str(), ship(&away, 0).addressee.as_str()), ("rework", "org:Dealer"));
    for code in ["204", "208"] {
        let text =
            format!("{head}R-1,{code},2026-01-12 8:30,,(01)09521234543213(21)A1,,,,\nR-1,,,,,P1,C1,12,盒\n");
        let home = read(text.as_bytes());
        assert_eq!(places(&home), [(2, "type", "TYPE_NOT_SUPPORTED")]);
        for message in [&home.faults[0].message, &home.faults[0].message_zh] {
            let shown = message[message.find('{').unwrap()..]
                .replace("sgtin:GTIN14.SERIAL", "sgtin:09521234543213.B1")
                .replace("GTIN14.LOT", "09521234543213.C2")
                .replace("YYYY-MM-DD", "2028-01-09");
            let bill = statement_bill(&shown).unwrap();
            let Some(Body::Transform(b)) = &bill.statement.body else { panic!("{shown}") };
            assert_eq!((b.inputs[0].as_str(), b.input_lots.len()), ("sgtin:09521234543213.A1", 1));
            let header = bill.statement.header.clone().unwrap();
            assert_eq!((header.business_key.as_str(), header.occurred_at), ("R-1", 1_768_177_800_000_000));
        }
    }
}

#[test]
fn large_files_take_time_in_proportion_to_their_size() {
    // Each was quadratic: lines of XML counted from the beginning, the time sought on every line.
    let begin = std::time::Instant::now();
    let data =
        "<Data Code=\"81234567890123456789\" CorpOrderID=\"1\" ActDate=\"2026-01-12\" ToCorpID=\"KH01\"/>\n";
    let lines = data.repeat(60_000);
    let xml = format!(
        "<Document><Events><Event Name=\"SalesWareHouseOut\"><DataField>{lines}</DataField></Event></Events></Document>"
    );
    assert!(read(xml.as_bytes()).faults.len() == crate::MAX_FAULTS, "one code on every line");
    let line = "S,201,,KH01,(01)09521234543213(21)A1,,,,,,,,\n";
    assert!(!read(format!("{HEAD}{}", line.repeat(60_000)).as_bytes()).faults.is_empty());
    let attributes: String = (0..100_000).map(|i| format!(" a{i}=\"\"")).collect();
    assert_eq!(places(&read(format!("<Document{attributes}/>").as_bytes())), [(1, "", "BROKEN_XML")]);
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}

#[test]
fn a_dozen_faults_of_one_bill_are_told_at_once() {
    let mut text = HEAD.to_owned();
    for i in 0..12 {
        text += &format!("B,201,2026-01-12,KH01,bad{i},,,,,,,,\n");
    }
    let input = read(text.as_bytes());
    let lines: Vec<u32> = input.faults.iter().map(|f| f.line).collect();
    assert_eq!((lines, input.bills.len()), ((2..14).collect(), 0));
}

#[test]
fn heads_that_are_unknown_twice_or_missing_spoil_the_file() {
    let table: &[(&str, Places<'_>)] = &[
        ("number,type\n1,201\n", &[(1, "time", "COLUMN_MISSING")]),
        ("number,type,time,colour\n1,201,2026-01-12,red\n", &[(1, "colour", "COLUMN_UNKNOWN")]),
        ("number,type,time,单据号\n1,201,2026-01-12,1\n", &[(1, "单据号", "COLUMN_TWICE")]),
        ("number,type,time\n1,201,2026-01-12,beyond,too\n", &[(2, "", "CELL_TOO_MANY")]),
        ("number,type,time,,\n1,201,2026-01-12,,lost\n", &[(2, "#5", "COLUMN_NAMELESS")]),
        ("number,type,time\n", &[(0, "", "EMPTY")]),
        ("", &[(0, "", "EMPTY")]),
        ("\n , \n", &[(0, "", "EMPTY")]),
    ];
    for (text, expect) in table {
        assert_eq!(places(&read(text.as_bytes())), *expect, "{text}");
    }
    assert_eq!(places(&read(b"number,type,time\n\xff\xff\xff,1,1\n")), [(0, "", "ENCODING")]);
    let renamed = "number,type,time,partner,product,lot,出库数,unit,品名,#mine\nS,201,2026-01-12,KH01,P1,C1,3.0,盒,x,y\n";
    assert_eq!(ship(&read(renamed.as_bytes()), 0).lots[0].quantity.as_ref().unwrap().amount, 3);
}

#[test]
fn bills_of_every_kind_are_read() {
    let text = "number,type,time,partner,parent,code,product,lot,quantity,unit,registration,madeOn,expiresOn,\
        unitsPerCode,source,waybill,carrier,temperature,outcome,note,wasted,vial,finished\n\
        C,101,2026-01-12,,,(01)09521234543213(21)A1,P1,C1,,,国药准字SJ20171003,2026/1/10,2028-01-09,3,,,,,,,,,\n\
        P,装箱,2026-01-12,,(00)095200000000000011,(01)09521234543213(21)A1,,,,,,,,,,,,,,,,,\n\
        U,unpack,2026-01-12,,(00)095200000000000011,,,,,,,,,,,,,,,,,,\n\
        R,102,2026-01-12,KH01,,(01)09521234543213(21)A1,,,,,,,,,SO-1,W7,org:Express,5.4℃,,,,,\n\
        R,,,,,(01)09521234543213(21)A2,,,,,,,,,,,,,破损,wet,,,\n\
        R,,,,,,P1,C1,2,盒,,,,,,,,,短少,,,,\n\
        X,use,2026-01-12,,,(01)09521234543213(21)A1,,,60,U,,,,,,,,,,,40,2,yes\n";
    let input = read(text.as_bytes());
    assert!(input.faults.is_empty(), "{:#?}", input.faults);
    let bodies: Vec<Body> = input.bills.iter().filter_map(|b| b.statement.body.clone()).collect();
    let [Body::Commission(c), Body::Pack(p), Body::Unpack(u), Body::Receive(r), Body::Use(x)] = &bodies[..]
    else {
        panic!("{bodies:?}")
    };
    assert_eq!(
        (c.lot.as_str(), c.units_per_code, c.made_on.as_str()),
        ("lot:gtin:09521234543213.C1", 3, "2026-01-10")
    );
    assert_eq!((p.parent.as_str(), p.children.len()), ("sscc:095200000000000011", 1));
    assert_eq!((u.parent.as_str(), u.children.len()), ("sscc:095200000000000011", 0));
    assert_eq!((r.bill.as_str(), r.waybill.as_str()), ("bill:org:Dealer/SO-1", "waybill:org:Express/W7"));
    assert_eq!((r.items.len(), r.lots.len(), r.exceptions.len()), (1, 0, 2));
    assert_eq!(r.arrival.unwrap().millicelsius, 5_400);
    assert_eq!(
        (r.exceptions[0].note.as_str(), r.exceptions[1].lot.as_ref().map(|l| l.lot.as_str())),
        ("wet", Some("lot:gtin:09521234543213.C1"))
    );
    let line = &x.lines[0];
    assert_eq!((line.used.as_ref().unwrap().amount, line.wasted.as_ref().unwrap().amount), (60, 40));
    assert_eq!((line.vial, line.finished), (2, true));
    // A receiver that names nothing receives what was shipped under its own number.
    let bare = read(b"number,type,time,partner,code\nSO-1,102,2026-01-12,KH01,81234567890123456789\n");
    let Some(Body::Receive(bare)) = &bare.bills[0].statement.body else { panic!() };
    assert_eq!(bare.bill, "bill:org:Dealer/SO-1");
}

#[test]
fn xml_of_another_shape_is_refused_at_its_place() {
    let event = |inside: &str| format!("<Document><Events>{inside}</Events></Document>");
    let data = |more: &str| {
        let line = format!(
            "<Data Code=\"81234567890123456789\" CorpOrderID=\"1\" ActDate=\"2026-01-12\" ToCorpID=\"KH01\" {more}/>"
        );
        event(&format!("<Event Name=\"SalesWareHouseOut\"><DataField>\n{line}</DataField></Event>"))
    };
    let table: &[(String, Places<'_>)] = &[
        ("<Bill/>".into(), &[(1, "", "NOT_A_BILL")]),
        ("<Document>".into(), &[(1, "", "BROKEN_XML")]),
        ("<!DOCTYPE x [<!ENTITY a \"b\">]><Document/>".into(), &[(1, "", "BROKEN_XML")]),
        (event(""), &[(0, "", "EMPTY")]),
        (event("<Other/>"), &[(1, "Other", "ELEMENT_UNKNOWN")]),
        (event("\n<Event Name=\"Retail\"/>"), &[(2, "Name", "UNKNOWN_TYPE")]),
        (
            event(
                "<Event BillType=\"208\"><DataField><Data Code=\"81234567890123456789\" CorpOrderID=\"1\" ActDate=\"2026-01-12\"/></DataField></Event>",
            ),
            &[(1, "Name", "TYPE_NOT_SUPPORTED")],
        ),
        (data("Colour=\"red\""), &[(2, "Colour", "COLUMN_UNKNOWN")]),
        (data("").replace("8123", "9"), &[(2, "Code", "BAD_CODE")]),
        (data("").replace("KH01", "KH09"), &[(2, "ToCorpID/FromCorpID", "UNKNOWN_PARTNER")]),
    ];
    for (text, expect) in table {
        assert_eq!(places(&read(text.as_bytes())), *expect, "{text}");
    }
    assert_eq!(ship(&read(data("").as_bytes()), 0).items.len(), 1);
    let numbered =
        data("").replace("Name=\"SalesWareHouseOut\"", "Name=\"GiftWareHouseOut\" BillType=\"212\"");
    assert_eq!(ship(&read(numbered.as_bytes()), 0).reason, "gift", "the number goes before the name");
}

#[test]
fn json_of_another_shape_is_refused_at_its_place() {
    let table: &[(&str, Places<'_>)] = &[
        ("", &[(1, "", "BROKEN_JSON")]),
        ("[]", &[(0, "", "NOT_A_BILL")]),
        ("{\"number\":\"1\",\n\"number\":\"2\"}", &[(2, "", "BROKEN_JSON")]),
        ("{\"lines\":[{\"lot\":\"1\",\"lot\":\"1\"}]}", &[(1, "", "BROKEN_JSON")]),
        (r#"{"number":"1","lines":7}"#, &[(0, "lines", "BAD_VALUE")]),
        (r#"{"number":"1","lines":[7]}"#, &[(1, "lines", "BAD_VALUE")]),
        (r#"{"Number":"1"}"#, &[(0, "Number", "COLUMN_UNKNOWN")]),
        (r#"{"number":{"a":1}}"#, &[(0, "number", "BAD_VALUE")]),
        (r#"{"code":"x"}"#, &[(0, "code", "COLUMN_UNKNOWN")]),
        (r#"{"number":"1","lines":[{"partner":"x"}]}"#, &[(1, "partner", "COLUMN_UNKNOWN")]),
        (
            r#"{"number":"1","type":201,"time":"2026-01-12","partner":"KH01","lines":[{"code":"81234567890123456789"},{"code":"y"}]}"#,
            &[(2, "code", "BAD_CODE")],
        ),
    ];
    for (text, expect) in table {
        assert_eq!(places(&json(text)), *expect, "{text}");
    }
}

#[test]
fn digits_that_are_a_pallet_or_a_drug_are_refused_until_it_is_said_which() {
    let read_code = |code: &str| read(format!("{HEAD}B,201,2026-01-12,KH01,{code},,,,,,,,\n").as_bytes());
    let input = read_code("00195200000000000162");
    assert_eq!(places(&input), [(2, "code", "CODE_AMBIGUOUS")]);
    assert!(input.bills.is_empty());
    for told in [&input.faults[0].message, &input.faults[0].message_zh] {
        let both = told.contains("sscc:195200000000000162") && told.contains("cdtc:00195200000000000162");
        assert!(both, "{told}");
    }
    // Said which, told by the scanner or in brackets, or with digits that are no SSCC.
    let clear = [
        ("sscc:195200000000000162", "sscc:195200000000000162"),
        ("cdtc:00195200000000000162", "cdtc:00195200000000000162"),
        ("]C100195200000000000162", "sscc:195200000000000162"),
        ("(00)195200000000000162", "sscc:195200000000000162"),
        ("00195200000000000163", "cdtc:00195200000000000163"),
    ];
    for (code, item) in clear {
        assert_eq!(ship(&read_code(code), 0).items, [item], "{code}");
    }
}

/// A bill of one line with a number written as it stands.
fn with_numbers(number: &str, quantity: &str) -> Input {
    json(&format!(
        r#"{{"number":{number},"type":201,"time":"2026-01-12","partner":"KH01",
            "lines":[{{"product":"P1","lot":"C1","quantity":{quantity},"unit":"box"}}]}}"#
    ))
}

#[test]
fn a_number_of_json_is_taken_as_it_was_written_or_not_at_all() {
    for number in ["0", "20261120093000123", "18446744073709551615", "-9223372036854775808"] {
        let input = with_numbers(number, "2");
        assert_eq!(input.faults, [], "{number}");
        assert_eq!(input.bills[0].number, number);
    }
    for number in
        ["20261120093000123456", "18446744073709551616", "-9223372036854775809", "1.50", "1e3", "-0"]
    {
        let input = with_numbers(number, "2");
        assert_eq!(places(&input), [(0, "number", "CELL_UNREADABLE")], "{number}");
        let told = format!("{:?}", input.faults);
        assert!(told.contains("put it in quotes") && told.contains("加引号"), "{told}");
        let quoted = with_numbers(&format!("\"{number}\""), "2");
        assert_eq!((places(&quoted).len(), &*quoted.bills[0].number), (0, number));
    }
    for measure in ["2", "2.0", "2.000"] {
        let amount = &ship(&with_numbers("1", measure), 0).lots[0];
        assert_eq!(amount.quantity.as_ref().map(|q| q.amount), Some(2), "{measure}");
    }
    for lost in ["9007199254740993.0", "123456789012345678901"] {
        assert_eq!(places(&with_numbers("1", lost)), [(1, "quantity", "CELL_UNREADABLE")], "{lost}");
    }
}

#[test]
fn what_goes_beyond_the_bounds_is_refused() {
    let mapping = mapping();
    let limits = Limits { file_bytes: 300, file_lines: 2, ..Limits::default() };
    let reading = Reading { mapping: &mapping, limits: &limits };
    assert_eq!(places(&reading.file(&[b'x'; 301])), [(0, "", "TOO_LARGE")]);
    let three = "number,type,time\n1,201,x\n1,201,x\n1,201,x\n";
    assert_eq!(places(&reading.file(three.as_bytes())), [(0, "", "TOO_MANY_LINES")]);
    assert_eq!(places(&reading.json(br#"{"lines":[{},{},{}]}"#)), [(0, "", "TOO_MANY_LINES")]);
    let long = format!("number,type,time\n{},201,x\n", "9".repeat(2_001));
    assert_eq!(places(&read(long.as_bytes())), [(2, "number", "CELL_TOO_LONG")]);
}

#[test]
fn a_statement_needs_a_business_key() {
    let with = r#"{"header":{"businessKey":"V-1"},"unpack":{"parent":"sscc:095200000000000011"}}"#;
    assert_eq!(statement_bill(with).unwrap().number, "V-1");
    let without = r#"{"unpack":{"parent":"sscc:095200000000000011"}}"#;
    let reasons = |text: &str| -> Vec<(String, &str)> {
        statement_bill(text).unwrap_err().into_iter().map(|f| (f.column, f.reason)).collect()
    };
    assert_eq!(reasons(without)[0], ("header.businessKey".to_owned(), "MISSING"));
    assert_eq!(reasons("{\"unpack\":{\"x\":1}}")[0], ("unpack.x".to_owned(), "BAD_STATEMENT"));
    assert_eq!(reasons("{\"unpack\":")[0].1, "BAD_STATEMENT");
}

#[test]
fn a_statement_with_many_faults_is_told_all_of_them_in_both_languages() {
    let text = r#"{
        "header": { "businessKey": "V-1", "occurredAt": "yesterday" },
        "ship": { "items": ["sgtin:09521234543214.A1", 7], "reson": "sale", "addressee": "Dealer" }
    }"#;
    let faults = statement_bill(text).unwrap_err();
    let told: Vec<(&str, &str)> = faults.iter().map(|f| (f.column.as_str(), f.reason)).collect();
    let expect = [
        ("header.occurredAt", "BAD_STATEMENT"),
        ("ship.items[1]", "BAD_STATEMENT"),
        ("ship.reson", "BAD_STATEMENT"),
        ("ship.items[0]", "NOT_CANONICAL"),
        ("ship.addressee", "NOT_CANONICAL"),
    ];
    assert_eq!(told, expect);
    for (fault, zh) in faults.iter().zip(["时间", "文本", "无此字段", "", ""]) {
        assert!(fault.message_zh.contains(zh) && !fault.message_zh.is_ascii(), "{fault}");
        assert!(!fault.message.is_empty() && fault.message != fault.message_zh, "{fault}");
    }
    // The business key is not told alone either.
    let faults = statement_bill(
        &text
            .replace("\"businessKey\": \"V-1\", \"occurredAt\": \"yesterday\"", "")
            .replace(", 7], \"reson\"", "], \"reason\""),
    )
    .unwrap_err();
    let told: Vec<(&str, &str)> = faults.iter().map(|f| (f.column.as_str(), f.reason)).collect();
    let expect = [
        ("header.businessKey", "MISSING"),
        ("ship.items[0]", "NOT_CANONICAL"),
        ("ship.addressee", "NOT_CANONICAL"),
    ];
    assert_eq!(told, expect);
    let many = format!(r#"{{"header":{{"businessKey":"B"}},"ship":{{"items":[{}1]}}}}"#, "1,".repeat(99));
    let faults = statement_bill(&many).unwrap_err();
    assert_eq!(faults.len(), 65);
    assert!(faults[64].message.contains("more faults") && faults[64].message_zh.contains("64"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_reader_fail(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read(&bytes);
        read(&[HEAD.as_bytes(), &bytes].concat());
        read(&[b"PK\x03\x04".as_slice(), &bytes].concat());
        read(&[b"<Document><Events>".as_slice(), &bytes].concat());
        let (mapping, limits) = (mapping(), Limits::default());
        let _ = Reading { mapping: &mapping, limits: &limits }.json(&bytes);
    }

    #[test]
    fn no_cell_makes_a_reader_fail(cells in proptest::collection::vec("[ -~，批é\u{10ffff}]{0,12}", 13)) {
        read(format!("{HEAD}S,201,2026-01-12,KH01,{}\n", cells[4..].join(",")).as_bytes());
        read(format!("{HEAD}{}\n", cells.join(",")).as_bytes());
    }
}
