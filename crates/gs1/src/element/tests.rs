use super::*;
use crate::Form;
use crate::tests::refused;

fn read(text: &str) -> ElementString {
    ElementString::parse_bracketed(text).unwrap()
}

#[test]
fn an_element_cannot_hold_a_value_its_identifier_forbids() {
    assert_eq!(Element::new(Ai::LOT, "A1").unwrap().value(), "A1");
    refused(Element::new(Ai::LOT, "A 1"), "BATCH/LOT", 1, Fault::Character);
    refused(Element::new(Ai::GTIN, "09521234543214"), "GTIN", 13, Fault::CheckDigit);
    refused(ElementString::new([]), "element string", 0, Fault::Empty);
    refused(ElementString::new([(Ai::LOT, "A"), (Ai::LOT, "B")]), "BATCH/LOT", 0, Fault::Repeated);
}

#[test]
fn the_same_elements_are_written_in_every_form() {
    let elements = read("(01)09521234543213(10)A\\(1)(17)281231(21)S");
    assert_eq!(elements.to_raw(), "010952123454321310A(1)\u{1d}1728123121S");
    assert_eq!(elements.to_message(), "^010952123454321310A(1)^1728123121S");
    assert_eq!(elements.to_bracketed(), "(01)09521234543213(10)A\\(1)(17)281231(21)S");
    assert_eq!(ElementString::parse_raw(&elements.to_raw()), Ok(elements));
}

#[test]
fn a_value_of_predefined_length_may_be_followed_by_a_separator() {
    for raw in ["010952123454321310A", "0109521234543213\u{1d}10A\u{1d}", "\u{1d}010952123454321310A"] {
        assert_eq!(ElementString::parse_raw(raw).unwrap(), read("(01)09521234543213(10)A"), "{raw:?}");
    }
}

#[test]
fn unknown_identifiers_pass_by_agreement_alone() {
    let lenient = Leniency { unknown_ais: true, ..Leniency::default() };
    refused(ElementString::parse_bracketed("(89)A"), "ai", 1, Fault::UnknownAi);
    let elements = ElementString::parse_bracketed_with("(89)A(10)B", lenient).unwrap();
    assert_eq!(elements.to_bracketed(), "(89)A(10)B");
    refused(ElementString::parse_bracketed_with("(18)A", lenient), "ai", 1, Fault::UnknownAi);
    refused(ElementString::parse_bracketed_with("(89)A B", lenient), "UNKNOWN", 5, Fault::Character);
}

#[test]
fn broken_brackets_are_told_from_broken_values() {
    let check = |text: &str, part, at, fault| refused(ElementString::parse_bracketed(text), part, at, fault);
    let brackets = Fault::Expected(Form::of("an application identifier in brackets", "括号中的应用标识符"));
    check("", "element string", 0, Fault::Empty);
    check("A(10)B", "ai", 0, brackets);
    check("(10", "ai", 1, Fault::UnknownAi);
    check("()A", "ai", 1, Fault::UnknownAi);
    check("(批)A", "ai", 1, Fault::UnknownAi);
    check("(10)A(21)", "SERIAL", 9, Fault::Empty);
}

#[test]
fn more_elements_than_a_carrier_holds_are_refused() {
    let many = "(10)A".repeat(MAX_ELEMENTS);
    assert!(ElementString::parse_bracketed(&many).is_ok());
    let fault = Fault::TooManyElements { max: MAX_ELEMENTS };
    refused(ElementString::parse_bracketed(&format!("{many}(10)A")), "BATCH/LOT", many.len() + 4, fault);
}

#[test]
fn elements_that_contradict_or_lack_each_other_are_found_at_their_place() {
    let find = |text: &str| {
        let faults =
            read(text).pair_faults().map(|error| (error.ai.unwrap(), error.at, error.fault)).collect();
        let faults: Vec<(Ai, usize, Fault)> = faults;
        faults
    };
    assert_eq!(find("(01)09521234543213(21)A"), []);
    assert_eq!(find("(21)A"), [(Ai::SERIAL, 4, Fault::Requires("01,03,8006"))]);
    let ai = |code| Ai::from_code(code).unwrap();
    // A measure in two units of one kind, an identifier never being its own opponent.
    assert_eq!(
        find("(01)09521234543213(3103)000123(3102)000012"),
        [(ai("3103"), 24, Fault::Excluded(ai("3102"))), (ai("3102"), 36, Fault::Excluded(ai("3103")))]
    );
    assert_eq!(find("(01)09521234543213(3103)000123"), []);
    assert_eq!(find("(253)9521234567899(8030)QUJD"), [(ai("8030"), 24, Fault::Unserialised(ai("253")))]);
    assert_eq!(read("(21)A").check_pairs().unwrap_err().len, 1);
}
