use proptest::prelude::*;
use proto::v1::{Ship, statement::Body};
use rust_xlsxwriter::Workbook;

use super::*;
use crate::{
    TimeOfDay,
    settings::{DayMeans, Product},
};

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
    input.faults.iter().for_each(reads_in_both);
    input.faults.iter().map(|f| (f.line, f.column.as_str(), f.reason)).collect()
}

/// What is told in Chinese is Chinese; it may name a field.
fn reads_in_both(fault: &Fault) {
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    assert!(chinese(&fault.message_zh), "{fault:?}");
    let words: Vec<&str> = fault.message_zh.split(' ').collect();
    let small = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let runs = |pair: &[&str]| pair.iter().all(|word| small(word));
    assert!(!words.windows(2).any(runs), "{fault:?}");
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
            "{head}P1,{written},2026-01-12 8:30,(01)09521234543213(21)A1,,,,,behind the shelf\nP1,,,,C1234,9521234543213,12,box,\n"
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
    let bill = "S,201,2026-01-12 8:30,KH01,(01)09521234543213(21)A1,,,,,,,,";
    let table: &[(&str, Places<'_>)] = &[
        (",201,2026-01-12 8:30,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "number", "MISSING")]),
        ("B,,2026-01-12 8:30,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "type", "MISSING")]),
        ("B,999,2026-01-12 8:30,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "type", "UNKNOWN_TYPE")]),
        ("B,204,2026-01-12 8:30,,(01)09521234543213(21)A1,,,,,,,,", &[(3, "type", "TYPE_NOT_SUPPORTED")]),
        ("B,208,2026-01-12 8:30,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "type", "TYPE_NOT_SUPPORTED")]),
        ("B,201,,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "time", "MISSING")]),
        ("B,201,soon,KH01,(01)09521234543213(21)A1,,,,,,,,", &[(3, "time", "BAD_TIME")]),
        ("B,201,2026-01-12 8:30,,(01)09521234543213(21)A1,,,,,,,,", &[(3, "partner", "MISSING")]),
        ("B,201,2026-01-12 8:30,KH02,(01)09521234543213(21)A1,,,,,,,,", &[(3, "partner", "UNKNOWN_PARTNER")]),
        (
            "B,201,2026-01-12 8:30,91110000600037341K1,(01)09521234543213(21)A1,,,,,,,,",
            &[(3, "partner", "UNKNOWN_PARTNER")],
        ),
        ("B,201,2026-01-12 8:30,KH01,,,,,,,,,", &[(3, "code", "MISSING")]),
        ("B,201,2026-01-12 8:30,KH01,(01)09521234543214(21)A1,,,,,,,,", &[(3, "code", "BAD_CODE")]),
        ("B,201,2026-01-12 8:30,KH01,(01)09521234543213,,,,,,,,", &[(3, "code", "BAD_CODE")]),
        ("B,201,2026-01-12 8:30,KH01,(01)09521234543213(21)A1,,,2,,,,,", &[(3, "quantity", "BAD_QUANTITY")]),
        ("B,201,2026-01-12 8:30,KH01,,,C1,1,box,,,,", &[(3, "product", "MISSING")]),
        ("B,201,2026-01-12 8:30,KH01,,P9,C1,1,box,,,,", &[(3, "product", "UNKNOWN_PRODUCT")]),
        ("B,201,2026-01-12 8:30,KH01,,P1,很长的批号,1,box,,,,", &[(3, "lot", "BAD_LOT")]),
        ("B,201,2026-01-12 8:30,KH01,,,lot:gtin:1.A,1,box,,,,", &[(3, "lot", "BAD_LOT")]),
        ("B,201,2026-01-12 8:30,KH01,,P1,C1,,,,,,", &[(3, "quantity", "MISSING"), (3, "unit", "MISSING")]),
        ("B,201,2026-01-12 8:30,KH01,,P1,C1,1.5,box,,,,", &[(3, "quantity", "BAD_QUANTITY")]),
        ("B,201,2026-01-12 8:30,KH01,,P1,C1,-1,box,,,,", &[(3, "quantity", "BAD_QUANTITY")]),
        ("B,201,2026-01-12 8:30,KH01,(01)09521234543213(21)A1,,,,,,77,,", &[(3, "waybill", "BAD_DOCUMENT")]),
        (
            "B,201,2026-01-12 8:30,KH01,(01)09521234543213(21)A1,,,,,,77,KH09,",
            &[(3, "carrier", "UNKNOWN_PARTNER"), (3, "waybill", "BAD_DOCUMENT")],
        ),
        (
            "B,201,2026-01-12 8:30,KH01,(01)09521234543213(21)A1,,,,,,,,site:x",
            &[(3, "shipTo", "UNKNOWN_SITE")],
        ),
        (
            "B,102,2026-01-12 8:30,KH01,(01)09521234543213(21)A1,,,,,why,,,",
            &[(3, "reason", "COLUMN_NOT_FOR_TYPE")],
        ),
        (
            "B,201,2026-01-12 8:30,KH01,x,,,,,,,,\nB,201,2026-01-12 8:30,KH01,y,,,,,,,,",
            &[(3, "code", "BAD_CODE"), (4, "code", "BAD_CODE")],
        ),
        (
            "B,201,2026-01-12 8:30,KH01,81234567890123456789,,,,,,,,\nB,,,,81234567890123456789,,,,,,,,",
            &[(4, "code", "ITEM_TWICE")],
        ),
        (
            "B,201,2026-01-12 8:30,KH01,81234567890123456789,,,,,,,,\nB,,2026-01-13 8:30,org:X,81234567890123456780,,,,,,,,",
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
    let data = "<Data Code=\"81234567890123456789\" CorpOrderID=\"1\" ActDate=\"2026-01-12 8:30\" ToCorpID=\"KH01\"/>\n";
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
        text += &format!("B,201,2026-01-12 8:30,KH01,bad{i},,,,,,,,\n");
    }
    let input = read(text.as_bytes());
    let lines: Vec<u32> = input.faults.iter().map(|f| f.line).collect();
    assert_eq!((lines, input.bills.len()), ((2..14).collect(), 0));
}

#[test]
fn heads_that_are_unknown_twice_or_missing_spoil_the_file() {
    let table: &[(&str, Places<'_>)] = &[
        ("number,type\n1,201\n", &[(1, "time", "COLUMN_MISSING")]),
        ("number,type,time,colour\n1,201,2026-01-12 8:30,red\n", &[(1, "colour", "COLUMN_UNKNOWN")]),
        ("number,type,time,单据号\n1,201,2026-01-12 8:30,1\n", &[(1, "单据号", "COLUMN_TWICE")]),
        ("number,type,time\n1,201,2026-01-12 8:30,beyond,too\n", &[(2, "", "CELL_TOO_MANY")]),
        ("number,type,time,,\n1,201,2026-01-12 8:30,,lost\n", &[(2, "#5", "COLUMN_NAMELESS")]),
        ("number,type,time\n", &[(0, "", "EMPTY")]),
        ("", &[(0, "", "EMPTY")]),
        ("\n , \n", &[(0, "", "EMPTY")]),
    ];
    for (text, expect) in table {
        assert_eq!(places(&read(text.as_bytes())), *expect, "{text}");
    }
    assert_eq!(places(&read(b"number,type,time\n\xff\xff\xff,1,1\n")), [(0, "", "ENCODING")]);
    let renamed = "number,type,time,partner,product,lot,出库数,unit,品名,#mine\nS,201,2026-01-12 8:30,KH01,P1,C1,3.0,盒,x,y\n";
    assert_eq!(ship(&read(renamed.as_bytes()), 0).lots[0].quantity.as_ref().unwrap().amount, 3);
}

#[test]
fn bills_of_every_kind_are_read() {
    let text = "number,type,time,partner,parent,code,product,lot,quantity,unit,registration,madeOn,expiresOn,\
        unitsPerCode,source,waybill,carrier,temperature,outcome,note,wasted,vial,finished\n\
        C,101,2026-01-12 8:30,,,(01)09521234543213(21)A1,P1,C1,,,国药准字SJ20171003,2026/1/10,2028-01-09,3,,,,,,,,,\n\
        P,装箱,2026-01-12 8:30,,(00)095200000000000011,(01)09521234543213(21)A1,,,,,,,,,,,,,,,,,\n\
        U,unpack,2026-01-12 8:30,,(00)095200000000000011,,,,,,,,,,,,,,,,,,\n\
        R,102,2026-01-12 8:30,KH01,,(01)09521234543213(21)A1,,,,,,,,,SO-1,W7,org:Express,5.4℃,,,,,\n\
        R,,,,,(01)09521234543213(21)A2,,,,,,,,,,,,,破损,wet,,,\n\
        R,,,,,,P1,C1,2,盒,,,,,,,,,短少,,,,\n\
        X,use,2026-01-12 8:30,,,(01)09521234543213(21)A1,,,60,U,,,,,,,,,,,40,2,yes\n";
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
    let bare = read(b"number,type,time,partner,code\nSO-1,102,2026-01-12 8:30,KH01,81234567890123456789\n");
    let Some(Body::Receive(bare)) = &bare.bills[0].statement.body else { panic!() };
    assert_eq!(bare.bill, "bill:org:Dealer/SO-1");
}

#[test]
fn xml_of_another_shape_is_refused_at_its_place() {
    let event = |inside: &str| format!("<Document><Events>{inside}</Events></Document>");
    let data = |more: &str| {
        let line = format!(
            "<Data Code=\"81234567890123456789\" CorpOrderID=\"1\" ActDate=\"2026-01-12 8:30\" ToCorpID=\"KH01\" {more}/>"
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
                "<Event BillType=\"208\"><DataField><Data Code=\"81234567890123456789\" CorpOrderID=\"1\" ActDate=\"2026-01-12 8:30\"/></DataField></Event>",
            ),
            &[(1, "Name", "TYPE_NOT_SUPPORTED")],
        ),
        (data("Colour=\"red\""), &[(2, "Colour", "COLUMN_UNKNOWN")]),
        (
            data("Colour=\"red\"").replace("8123", "9"),
            &[(2, "Colour", "COLUMN_UNKNOWN"), (2, "Code", "BAD_CODE")],
        ),
        (
            data("").replace("SalesWareHouseOut\"", "sale\" CorpOrderID=\"1\""),
            &[(1, "CorpOrderID", "COLUMN_UNKNOWN")],
        ),
        (
            data("").replace("<DataField>", "<DataField>81234567890123456780"),
            &[(1, "DataField", "ELEMENT_UNKNOWN")],
        ),
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
        (
            r#"{"number":"1","lines":7}"#,
            &[(0, "lines", "BAD_VALUE"), (1, "type", "MISSING"), (1, "time", "MISSING")],
        ),
        (
            r#"{"number":"1","lines":[7]}"#,
            &[(1, "lines", "BAD_VALUE"), (1, "type", "MISSING"), (1, "time", "MISSING")],
        ),
        (
            r#"{"Number":"1","type":201,"time":"2026-01-12 8:30","partner":"KH01","lines":[{"code":"cdtc:81234567890123456789"}]}"#,
            &[(0, "Number", "COLUMN_UNKNOWN"), (1, "number", "MISSING")],
        ),
        (
            r#"{"number":{"a":1}}"#,
            &[(0, "number", "BAD_VALUE"), (1, "type", "MISSING"), (1, "time", "MISSING")],
        ),
        (
            r#"{"number":"1","type":"sale","time":"soon","partner":"KH09","colour":"red","lines":[{"partner":"x","code":"y"}]}"#,
            &[
                (0, "colour", "COLUMN_UNKNOWN"),
                (1, "partner", "COLUMN_UNKNOWN"),
                (1, "time", "BAD_TIME"),
                (1, "partner", "UNKNOWN_PARTNER"),
                (1, "code", "BAD_CODE"),
            ],
        ),
        (
            r#"{"number":"1","type":201,"time":"2026-01-12 8:30","partner":"KH01","lines":[{"code":"81234567890123456789"},{"code":"y"}]}"#,
            &[(2, "code", "BAD_CODE")],
        ),
    ];
    for (text, expect) in table {
        assert_eq!(places(&json(text)), *expect, "{text}");
    }
}

#[test]
fn json_among_files_is_told_where_it_goes() {
    for text in ["{\"number\":\"1\"}", " [1]", "\u{feff}{}"] {
        let input = read(text.as_bytes());
        assert_eq!(places(&input), [(0, "", "NOT_A_BILL")], "{text}");
        let fault = &input.faults[0];
        assert!(fault.message.contains("/v1/bills") && fault.message_zh.contains("/v1/bills"), "{fault}");
    }
    let utf16: Vec<u8> =
        b"\xff\xfe".iter().copied().chain("{}".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(places(&read(&utf16)), [(0, "", "NOT_A_BILL")]);
}

#[test]
fn a_type_that_is_not_known_hides_no_other_fault() {
    let head = "number,type,time,partner,site,shipTo,carrier,parent,code,product,lot,quantity,unit,temperature,outcome,\
        finished,expiresOn\n";
    let expect = [
        (2, "type", "UNKNOWN_TYPE"),
        (2, "time", "BAD_TIME"),
        (2, "site", "UNKNOWN_SITE"),
        (2, "partner", "UNKNOWN_PARTNER"),
        (2, "carrier", "UNKNOWN_PARTNER"),
        (2, "shipTo", "UNKNOWN_SITE"),
        (2, "parent", "BAD_CODE"),
        (2, "expiresOn", "BAD_DAY"),
        (2, "temperature", "BAD_TEMPERATURE"),
        (2, "outcome", "BAD_OUTCOME"),
        (2, "code", "BAD_CODE"),
        (2, "product", "UNKNOWN_PRODUCT"),
        (2, "quantity", "BAD_QUANTITY"),
        (3, "finished", "BAD_YES"),
        (3, "code", "BAD_CODE"),
    ];
    let text = format!(
        "{head}B,sales,soon,KH09,W9,W8,KH08,x,y,P9,L1,0,box,warm,lost,,never\nB,,,,,,,,z,,,,,,,perhaps,\n"
    );
    let input = read(text.as_bytes());
    assert_eq!(places(&input), expect);
    // Nothing but the type is wrong: nothing else is told, and no time is taken for a fault that a type would mend.
    let sound = format!("{head}B,sales,2026-01-12 8:30,KH01,W1,W1,,,81234567890123456789,,,,,,,,\n");
    assert_eq!(places(&read(sound.as_bytes())), [(2, "type", "UNKNOWN_TYPE")]);
    let xml = "<Document><Events><Event Name=\"Retail\"><DataField>\n\
        <Data Code=\"x\" CorpOrderID=\"1\" ActDate=\"soon\" ToCorpID=\"KH09\"/></DataField></Event></Events></Document>";
    let expect = [(1, "Name", "UNKNOWN_TYPE"), (2, "ActDate", "BAD_TIME"), (2, "Code", "BAD_CODE")];
    assert_eq!(places(&read(xml.as_bytes())), expect);
}

#[test]
fn one_faulty_cell_of_a_line_hides_no_other() {
    let head =
        "number,type,time,partner,code,product,lot,quantity,unit,outcome,registration,madeOn,expiresOn\n";
    let table: &[(&str, Places<'_>)] = &[
        (
            "201,2026-01-12 8:30,KH01,,P9,C1,x,box,,,,",
            &[(2, "product", "UNKNOWN_PRODUCT"), (2, "quantity", "BAD_QUANTITY")],
        ),
        (
            "201,2026-01-12 8:30,KH01,x,P9,,,,,,,",
            &[(2, "code", "BAD_CODE"), (2, "product", "UNKNOWN_PRODUCT")],
        ),
        (
            "201,2026-01-12 8:30,KH01,,P9,,0,,,,,",
            &[(2, "code", "MISSING"), (2, "product", "UNKNOWN_PRODUCT"), (2, "quantity", "BAD_QUANTITY")],
        ),
        ("102,2026-01-12 8:30,KH01,x,,,,,lost,,,", &[(2, "outcome", "BAD_OUTCOME"), (2, "code", "BAD_CODE")]),
        (
            "101,2026-01-12 8:30,,,P1,批,1,box,,R,2026-01-01,2027-01-01\nB,,,,,P9,C1,x,box,,,,",
            &[(2, "lot", "BAD_LOT"), (3, "product", "UNKNOWN_PRODUCT"), (3, "quantity", "BAD_QUANTITY")],
        ),
    ];
    for (line, expect) in table {
        assert_eq!(places(&read(format!("{head}B,{line}\n").as_bytes())), *expect, "{line}");
    }
    // Of a bill to be handed in by hand every line is looked at, not only those that are shown.
    let mut text = String::from("number,type,time,code\n");
    for i in 0..30 {
        text += &format!("B,208,2026-01-12 8:30,sgtin:09521234543213.A{i}\n");
    }
    let input = read(format!("{text}B,,,x\n").as_bytes());
    assert_eq!(places(&input), [(2, "type", "TYPE_NOT_SUPPORTED"), (32, "code", "BAD_CODE")]);
}

/// A line of a bill with these cells.
fn cells(kind: &str, names: &str, values: &str) -> Input {
    read(format!("number,type,time,{names}\nB,{kind},2026-01-12 8:30,{values}\n").as_bytes())
}

#[test]
fn what_stands_beside_a_code_is_what_it_says_or_a_fault() {
    let names = "partner,code,product,lot,quantity,unit";
    let whole = "(01)09521234543213(10)C1(21)A1";
    let table: &[(&str, Places<'_>)] = &[
        // The scan says so too.
        ("KH01,(01)09521234543213(10)C1(21)A1,P1,C1,1,盒", &[]),
        ("KH01,(01)09521234543213(10)C1(21)A1,9521234543213,lot:gtin:09521234543213.C1,1.0,", &[]),
        ("KH01,sgtin:09521234543213.A1,P1,,,box", &[]),
        ("KH01,(01)09521234543213(10)C1,P1,C1,3,box", &[]),
        // It says otherwise.
        ("KH01,(01)09521234543213(10)C1(21)A1,,C2,,", &[(2, "lot", "DIFFERS")]),
        ("KH01,(01)09521234543213(10)C1(21)A1,,lot:gtin:09521234543220.C1,,", &[(2, "lot", "DIFFERS")]),
        ("KH01,(01)09521234543213(10)C1(21)A1,9521234543220,C1,,", &[(2, "product", "DIFFERS")]),
        ("KH01,(01)09521234543213(10)C1,P1,C2,3,box", &[(2, "lot", "DIFFERS")]),
        ("KH01,lot:gtin:09521234543213.C1,9521234543220,,3,box", &[(2, "product", "DIFFERS")]),
        ("KH01,,9521234543220,lot:gtin:09521234543213.C1,3,box", &[(2, "product", "DIFFERS")]),
        ("KH01,sgtin:09521234543213.A1,,,1,mL", &[(2, "unit", "DIFFERS")]),
        ("KH01,sgtin:09521234543213.A1,,,2,单位", &[(2, "quantity", "BAD_QUANTITY"), (2, "unit", "DIFFERS")]),
        // It cannot tell, and the statement has no place for it.
        ("KH01,(01)09521234543213(21)A1,P1,C1,,", &[(2, "lot", "BESIDE_CODE")]),
        ("KH01,81234567890123456789,P1,C1,,", &[(2, "product", "BESIDE_CODE"), (2, "lot", "BESIDE_CODE")]),
        ("KH01,(00)095200000000000011,,C1,,", &[(2, "lot", "BESIDE_CODE")]),
        ("KH01,sgtin:09521234543213.A1,reg:国药准字SJ20171003,,,", &[(2, "product", "BESIDE_CODE")]),
        ("KH01,sgtin:09521234543213.A1,P9,,,", &[(2, "product", "UNKNOWN_PRODUCT")]),
    ];
    for (values, expect) in table {
        for kind in ["201", "102"] {
            assert_eq!(places(&cells(kind, names, values)), *expect, "{kind}: {values}");
        }
    }
    assert_eq!(ship(&cells("201", names, &format!("KH01,{whole},P1,C1,1,box")), 0).items.len(), 1);
    // A Commission carries product and lot itself, whether the code says them or not.
    let names = "code,product,lot,quantity,unit,registration,madeOn,expiresOn";
    let table: &[(&str, Places<'_>)] = &[
        ("81234567890123456789,P1,C1,1,盒", &[]),
        ("(01)09521234543213(10)C1(21)A1,P1,C1,,", &[]),
        ("(01)09521234543213(10)C2(21)A1,P1,C1,,", &[(2, "lot", "DIFFERS")]),
        ("81234567890123456789,P1,C1,5,box", &[(2, "quantity", "BAD_QUANTITY")]),
        ("81234567890123456789,P1,C1,1,U", &[(2, "unit", "DIFFERS")]),
        (
            "sgtin:09521234543213.A1,P1,C1,,,R,2026-01-01,2027-01-01\nB,,,sgtin:09521234543213.A2,9521234543220,,,",
            &[(3, "product", "DIFFERS")],
        ),
    ];
    for (values, expect) in table {
        let days = if values.contains('\n') { "" } else { ",R,2026-01-01,2027-01-01" };
        let values = format!("{values}{days}");
        assert_eq!(places(&cells("101", names, &values)), *expect, "{values}");
    }
}

#[test]
fn nothing_that_a_receiver_wrote_is_dropped() {
    let names = "partner,source,carrier,waybill,code,outcome,note";
    let code = "81234567890123456789";
    let table: &[(String, Places<'_>)] = &[
        (format!("KH01,,,,{code},,wet"), &[(2, "note", "COLUMN_NOT_FOR_TYPE")]),
        (format!("KH01,,,,{code},合格,wet"), &[(2, "note", "COLUMN_NOT_FOR_TYPE")]),
        (format!("KH01,,,,{code},破损,wet"), &[]),
        (format!("KH01,,org:Express,,{code},,"), &[(2, "carrier", "COLUMN_NOT_FOR_TYPE")]),
        (format!("KH01,S1,org:Express,W1,{code},,"), &[]),
        (format!("KH01,S1,org:Other,waybill:org:Express/W1,{code},,"), &[(2, "carrier", "DIFFERS")]),
        (format!("KH01,S1,org:Express,waybill:org:Express/W1,{code},,"), &[]),
        (format!("KH01,bill:org:Dealer/S1,,,{code},,"), &[]),
        (format!("KH01,bill:org:Other/S1,,,{code},,"), &[(2, "partner", "DIFFERS")]),
        (format!(",bill:org:Other/S1,,,{code},,"), &[]),
        (format!(",,,waybill:org:Express/W1,{code},,"), &[]),
        (format!("KH01,,,waybill:org:Express/W1,{code},,"), &[(2, "partner", "COLUMN_NOT_FOR_TYPE")]),
        (format!(",S1,,,{code},,"), &[(2, "partner", "MISSING"), (2, "source", "BAD_DOCUMENT")]),
        (format!(",,,,{code},,"), &[(2, "partner", "MISSING")]),
    ];
    for (values, expect) in table {
        assert_eq!(places(&cells("102", names, values)), *expect, "{values}");
    }
    let unit = cells("use", "code,quantity,unit,wasted", "sgtin:09521234543213.A1,,U,");
    assert_eq!(places(&unit), [(2, "quantity", "MISSING")]);
}

#[test]
fn a_mistyped_warehouse_is_no_new_site_where_the_settings_name_theirs() {
    let text = |site: &str| {
        format!(
            "number,type,time,site,partner,code\nB,201,2026-01-12 8:30,{site},KH01,cdtc:81234567890123456789\n"
        )
    };
    let input = read(text("W2").as_bytes());
    assert_eq!(places(&input), [(2, "site", "UNKNOWN_SITE")]);
    let fault = &input.faults[0];
    assert!(fault.message.contains("there are W1") && fault.message_zh.contains("已登记：W1"), "{fault}");
    let site = |input: &Input| input.bills[0].statement.header.as_ref().unwrap().site.clone();
    assert_eq!(site(&read(text("W1").as_bytes())), "site:org:Dealer/W1");
    assert_eq!(
        site(&read(text("site:org:Maker/W2").as_bytes())),
        "site:org:Maker/W2",
        "whole, it is no slip"
    );
    let (mut mapping, limits) = (mapping(), Limits::default());
    mapping.sites.clear();
    let bare = Reading { mapping: &mapping, limits: &limits }.file(text("W2").as_bytes());
    assert_eq!(site(&bare), "site:org:Maker/W2");
    mapping.sites = (0..30).map(|i| (format!("W{i:02}"), "site:org:Maker/W".to_owned())).collect();
    let many = Reading { mapping: &mapping, limits: &limits }.file(text("W2").as_bytes());
    assert!(many.faults[0].message.contains("W19, …"), "{:?}", many.faults);
}

#[test]
fn who_names_itself_as_principal_acts_for_itself() {
    let (mut mapping, limits) = (mapping(), Limits::default());
    mapping.partners.insert("US".into(), "org:Maker".into());
    let read = |mapping: &Mapping, text: &str| {
        let input = Reading { mapping, limits: &limits }.file(text.as_bytes());
        assert_eq!(input.faults, []);
        let principals = input.bills.iter().map(|b| b.statement.header.clone().unwrap().on_behalf_of);
        principals.collect::<Vec<_>>()
    };
    let head = "number,type,time,partner,principal,code\n";
    let bill =
        |principal: &str| format!("{head}B,201,2026-01-12 8:30,KH01,{principal},cdtc:81234567890123456789\n");
    for (written, principal) in [("", ""), ("US", ""), ("org:Maker", ""), ("org:Other", "org:Other")] {
        assert_eq!(read(&mapping, &bill(written)), [principal], "{written}");
    }
    // However its lines write type and principal, a number is one bill of one kind.
    let lines = format!(
        "{}B,sale,,,,cdtc:81234567890123456780\nB,销售出库,,,org:Maker,cdtc:81234567890123456781\n",
        bill("US")
    );
    assert_eq!(read(&mapping, &lines), [""]);
    mapping.on_behalf_of = "org:Owner".into();
    assert_eq!(read(&mapping, &bill("")), ["org:Owner"]);
    assert_eq!(read(&mapping, &bill("US")), [""], "said so, it is not the settings' principal");
    mapping.on_behalf_of = "org:Maker".into();
    assert_eq!(read(&mapping, &bill("")), [""]);
}

#[test]
fn of_a_number_whose_lines_disagree_in_type_or_principal_nothing_is_kept() {
    let head = "number,type,time,partner,principal,code\n";
    let first = |kind: &str, principal: &str| {
        format!("{head}B,{kind},2026-01-12 8:30,KH01,{principal},cdtc:81234567890123456789\n")
    };
    let whole = |kind: &str| format!("B,{kind},2026-01-12 8:30,KH01,,cdtc:81234567890123456780\n");
    let bare = |kind: &str, principal: &str| format!("B,{kind},,,{principal},cdtc:81234567890123456780\n");
    let table = [
        (first("201", "") + &bare("2O1", ""), "type"),
        (first("201", "") + &bare("203", ""), "type"),
        (first("201", "") + &whole("202"), "type"),
        (first("201", "") + &whole("102"), "type"),
        (first("201", "org:Other") + &bare("", "org:Owner"), "principal"),
        (first("201", "org:Maker") + &bare("201", "org:Owner"), "principal"),
    ];
    for (text, column) in table {
        let other = "C,201,2026-01-12 8:30,KH01,,cdtc:81234567890123456781\n";
        let input = read((text.clone() + other).as_bytes());
        assert_eq!(places(&input), [(3, column, "DIFFERS")], "{text}");
        let numbers: Vec<&str> = input.bills.iter().map(|b| b.number.as_str()).collect();
        assert_eq!(numbers, ["C"], "{text}");
    }
    // A principal that stands on a later line alone is that of the bill, as any other of its columns.
    let input = read((first("201", "") + &bare("", "org:Other")).as_bytes());
    let [bill] = &input.bills[..] else { panic!("{:?}", input.faults) };
    assert_eq!((bill.lines, bill.statement.header.as_ref().unwrap().on_behalf_of.as_str()), (2, "org:Other"));
}

/// A mapping that gives days alone these times.
fn days(out: &str, arriving: &str) -> Mapping {
    let mut mapping = mapping();
    mapping.day_means = DayMeans { out: TimeOfDay::parse(out), arriving: TimeOfDay::parse(arriving) };
    mapping
}

#[test]
fn a_day_alone_is_refused_unless_the_settings_say_what_it_means() {
    let limits = Limits::default();
    for time in
        ["2026-01-12", "2026.1.12", "2026年1月12日", "20260112", "2026-01-12 00:00:00", "2026/1/12 0:00"]
    {
        let input = cells_at(time, "201");
        assert_eq!(places(&input), [(2, "time", "BAD_TIME")], "{time}");
        let fault = &input.faults[0];
        for told in [&fault.message, &fault.message_zh] {
            assert!(
                told.contains(time) && told.contains("[bills.day-means]") && told.contains("out"),
                "{told}"
            );
        }
    }
    for time in ["2026-01-12 00:00:00+08:00", "2026-01-12T00:00:00Z", "2026-01-12 00:00:01"] {
        assert_eq!(cells_at(time, "201").faults, [], "{time}");
    }
    // Only goods in are told.
    let mapping = days("", "18:00");
    let read = |kind| Reading { mapping: &mapping, limits: &limits }.file(at("2026-01-12", kind).as_bytes());
    assert_eq!(places(&read("201")), [(2, "time", "BAD_TIME")]);
    assert_eq!(read("102").faults, []);
}

/// A bill of one code at a time.
fn at(time: &str, kind: &str) -> String {
    let partner = if matches!(kind, "111" | "214" | "use") { "" } else { "KH01" };
    format!("number,type,time,partner,code\nB,{kind},{time},{partner},cdtc:81234567890123456789\n")
}

fn cells_at(time: &str, kind: &str) -> Input {
    read(at(time, kind).as_bytes())
}

#[test]
fn goods_that_left_on_a_day_alone_have_left_before_they_arrive_on_it() {
    let (mapping, limits) = (days("09:00", "18:00"), Limits::default());
    let us = |text: &str| {
        let input = Reading { mapping: &mapping, limits: &limits }.file(text.as_bytes());
        assert_eq!(input.faults, [], "{text}");
        assert!(input.bills[0].day_alone);
        input.bills[0].statement.header.clone().unwrap().occurred_at
    };
    let of = |kind| us(&at("2026-01-12", kind));
    let midnight = 1_768_147_200_000_000;
    let hours = |n: i64| midnight + n * 3_600_000_000;
    assert_eq!((of("201"), of("102")), (hours(9), hours(18)));
    assert_eq!((of("111"), of("use")), (hours(9), hours(18)), "found before it leaves, used after it came");
    assert_eq!(of("214"), hours(18) + 1_000_000, "lost after it came");
    // At one instant the ledger has causes before effects.
    use crate::kinds::{BILL_TYPES, BillType, Makes};
    use statement::Kind::{Adjust, Commission, Pack, Receive, Ship, Unpack, Use};
    let kind = |t: &BillType| match t.makes {
        Makes::Commission => Some(Commission),
        Makes::Pack => Some(Pack),
        Makes::Unpack => Some(Unpack),
        Makes::Ship(_) => Some(Ship),
        Makes::Receive => Some(Receive),
        Makes::Use => Some(Use),
        Makes::Adjust(_) => Some(Adjust),
        Makes::Rework(_) | Makes::ByHand => None,
    };
    let place = |t: &BillType| Some((mapping.day_means.of(t.makes)?, statement::kind_row(kind(t)?)?.cause));
    let mut all: Vec<_> = BILL_TYPES.iter().filter_map(|t| Some((place(t)?, kind(t)?))).collect();
    all.sort_by_key(|(place, _)| *place);
    let mut order: Vec<_> = all.into_iter().map(|(_, kind)| kind).collect();
    order.dedup();
    assert_eq!(order, [Commission, Adjust, Pack, Ship, Receive, Unpack, Use, Adjust]);
    // The later of scans decides, whether it has a time of day or not.
    let xml = |times: [&str; 3]| {
        let data: String = times
            .iter()
            .enumerate()
            .map(|(i, time)| format!("<Data Code=\"8123456789012345678{i}\" CorpOrderID=\"X\" ActDate=\"{time}\" ToCorpID=\"KH01\"/>\n"))
            .collect();
        format!(
            "<Document><Events><Event Name=\"SalesWareHouseOut\"><DataField>\n{data}</DataField></Event></Events></Document>"
        )
    };
    assert_eq!(us(&xml(["2026-01-11 12:00", "2026-01-12", "2026-01-11"])), hours(9));
    assert_eq!(us(&xml(["2026-01-12 08:00", "2026-01-12", "2026-01-12"])), hours(9));
    let late = Reading { mapping: &mapping, limits: &limits }
        .file(xml(["2026-01-12", "2026-01-12 12:00", "2026-01-12"]).as_bytes());
    assert!(!late.bills[0].day_alone, "{:?}", late.faults);
    assert_eq!(late.bills[0].statement.header.clone().unwrap().occurred_at, hours(12));
    // Without the settings the day alone may be the latest, and is refused at its line; what is no time is too.
    let refused = read(xml(["2026-01-12 12:00", "2026-01-12", "2026-01-11"]).as_bytes());
    assert_eq!(places(&refused), [(3, "ActDate", "BAD_TIME")]);
    assert_eq!(read(xml(["2026-01-11", "2026-01-12 12:00", "2026-01-11"]).as_bytes()).faults, []);
    assert_eq!(
        places(&read(xml(["2026-01-11 12:00", "2026-01-12 12:00", "soon"]).as_bytes())),
        [(4, "ActDate", "BAD_TIME")]
    );
}

#[test]
fn a_date_of_a_spreadsheet_at_midnight_is_a_day_alone_unless_its_format_shows_a_time() {
    let book = |format: &str, at: &str| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (i, (head, cell)) in [
            ("number", "S"),
            ("type", "201"),
            ("time", ""),
            ("partner", "KH01"),
            ("code", "cdtc:81234567890123456789"),
        ]
        .into_iter()
        .enumerate()
        {
            sheet.write_string(0, i as u16, head).unwrap().write_string(1, i as u16, cell).unwrap();
        }
        let format = rust_xlsxwriter::Format::new().set_num_format(format);
        let at = rust_xlsxwriter::ExcelDateTime::parse_from_str(at).unwrap();
        sheet.write_datetime_with_format(1, 2, &at, &format).unwrap();
        read(&book.save_to_buffer().unwrap())
    };
    let midnight = "2026-01-12T00:00:00";
    for format in [
        "yyyy-mm-dd",
        "yyyy/m/d",
        "m/d/yy",
        "[$-804]yyyy\"年\"m\"月\"d\"日\"",
        "yyyy\\s\\h-mm-dd",
        "yyyy-mm-dd;hh:mm",
    ] {
        assert_eq!(places(&book(format, midnight)), [(2, "time", "BAD_TIME")], "{format}");
        let timed = book(format, "2026-01-12T08:30:00");
        assert_eq!(timed.faults, [], "{format}");
    }
    for format in ["yyyy-mm-dd hh:mm:ss", "m/d/yy h:mm", "yyyy\"年\"m\"月\"d\"日\" H:mm"] {
        let input = book(format, midnight);
        assert_eq!(input.faults, [], "{format}");
        assert_eq!(
            input.bills[0].statement.header.as_ref().unwrap().occurred_at,
            1_768_147_200_000_000,
            "{format}"
        );
    }
}

#[test]
fn digits_that_are_a_pallet_or_a_drug_are_refused_until_it_is_said_which() {
    let read_code =
        |code: &str| read(format!("{HEAD}B,201,2026-01-12 8:30,KH01,{code},,,,,,,,\n").as_bytes());
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
        r#"{{"number":{number},"type":201,"time":"2026-01-12 8:30","partner":"KH01",
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
        read(format!("{HEAD}S,201,2026-01-12 8:30,KH01,{}\n", cells[4..].join(",")).as_bytes());
        read(format!("{HEAD}{}\n", cells.join(",")).as_bytes());
    }
}
