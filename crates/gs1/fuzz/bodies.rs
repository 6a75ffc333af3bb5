//! What each fuzz target does with its bytes. libFuzzer runs these (`fuzz_targets/`), and so does a test
//! of the crate on stable Rust, over mutated seeds (`tests/fuzz.rs`).
//!
//! Each body holds laws, not only that nothing panics: what is accepted reads back from its own text, and
//! what is refused is refused at a place inside the text, which can be drawn.

use std::borrow::Cow;

use gs1::*;

/// A target: its name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 11] = [
    ("scan", scan),
    ("digital_link", digital_link),
    ("bracketed", bracketed),
    ("item", item),
    ("party", party),
    ("product", product),
    ("lot", lot),
    ("site", site),
    ("document", document),
    ("codes", codes),
    ("linters", linters),
];

fn text(data: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(data)
}

/// A refusal points into the text, on a character, and can be drawn.
fn refused(text: &str, error: Error) {
    assert!(error.at <= text.len() && text.is_char_boundary(error.at), "{error} in {text:?}");
    assert!(error.marked(text).contains('*') && error.caret(text).ends_with('^'));
    assert!(!error.to_string().is_empty());
}

/// Scans of every kind, strict and lenient.
pub fn scan(data: &[u8]) {
    let text = text(data);
    let lenient = ScanSettings { leniency: Leniency::ALL, opaque_as_ahm: true, ..ScanSettings::new(2026) };
    for settings in [ScanSettings::new(2026), lenient] {
        match ScanData::parse_with(&text, &settings) {
            Err(error) => refused(&text, error),
            Ok(data) => scan_holds(&text, &data),
        }
    }
    match Transmission::parse(&text) {
        Err(error) => refused(&text, error),
        Ok(sent) => {
            let message = sent.to_message();
            if let Some(Ok(again)) = sent.symbology().map(|symbology| symbology.transmit(&message)) {
                assert_eq!(Transmission::parse(&again).map(|sent| sent.to_message()), Ok(message));
            }
        }
    }
}

fn scan_holds(text: &str, data: &ScanData) {
    if let Some(item) = data.item() {
        assert_eq!(Item::parse(item.as_str()), Ok(item));
    }
    if let Some(product) = data.product() {
        assert_eq!(Product::parse(product.as_str()), Ok(product));
    }
    for element in data.elements() {
        assert!(element.at() <= text.len() && element.ai().check(element.value()).is_ok());
        assert_eq!(data.date(element.ai()).is_some(), element.ai().is_date());
    }
    for warning in data.warnings() {
        assert!(warning.at <= text.len() && !warning.to_string().is_empty());
    }
    assert!(data.elements().len() <= MAX_ELEMENTS);
}

/// Digital Links, strict and lenient.
pub fn digital_link(data: &[u8]) {
    let text = text(data);
    for leniency in [Leniency::default(), Leniency::ALL] {
        match DigitalLink::parse_with(&text, leniency) {
            Err(error) => refused(&text, error),
            Ok(link) => {
                let again = DigitalLink::parse_with(&link.to_string(), leniency);
                assert_eq!(again.as_ref(), Ok(&link));
                let canonical = link.canonical();
                assert_eq!(
                    DigitalLink::parse_with(&canonical, leniency).map(|link| link.canonical()),
                    Ok(canonical)
                );
            }
        }
    }
}

/// Element strings: in brackets, and as transmitted.
pub fn bracketed(data: &[u8]) {
    let text = text(data);
    for leniency in [Leniency::default(), Leniency::ALL] {
        match ElementString::parse_bracketed_with(&text, leniency) {
            Err(error) => refused(&text, error),
            Ok(elements) => {
                let again = ElementString::parse_bracketed_with(&elements.to_bracketed(), leniency);
                assert_eq!(again, Ok(elements));
            }
        }
    }
    match ElementString::parse_raw(&text) {
        Err(error) => refused(&text, error),
        Ok(elements) => {
            assert!(elements.pair_faults().count() <= 3 * MAX_ELEMENTS);
            if let Ok(link) = DigitalLink::of(&elements) {
                assert_eq!(
                    DigitalLink::parse(&link.canonical()).map(|link| link.canonical()),
                    Ok(link.canonical())
                );
            }
            assert_eq!(ElementString::parse_raw(&elements.to_raw()), Ok(elements));
        }
    }
}

/// A canonical text that is accepted is its own written form.
macro_rules! canonical {
    ($(#[$doc:meta])* $target:ident, $owned:ident, $borrowed:ident, $parts:expr) => {
        $(#[$doc])*
        pub fn $target(data: &[u8]) {
            let text = text(data);
            match $borrowed::parse(&text) {
                Err(error) => refused(&text, error),
                Ok(view) => {
                    assert!(text.len() <= MAX_CANONICAL_BYTES);
                    assert_eq!(view.as_str(), text);
                    assert_eq!($owned::parse(&text).map(String::from), Ok(text.clone().into_owned()));
                    let again: Option<String> = $parts(view);
                    assert_eq!(again.as_deref().unwrap_or(&text), text);
                }
            }
        }
    };
}

canonical! {
    /// Items: put together again from their parts.
    item, Item, ItemRef, |view: ItemRef<'_>| match view.kind() {
        ItemKind::Sgtin => Item::sgtin(&view.gtin()?, &view.serial()?).ok().map(String::from),
        ItemKind::Lot => Item::lot(&view.to_product()?, &view.as_lot()?.lot()).ok().map(String::from),
        ItemKind::Sscc => Some(Item::sscc(&view.sscc()?).to_string()),
        ItemKind::Cdtc => Some(Item::cdtc(&view.cdtc()?).to_string()),
        ItemKind::Ma => Item::ma(&view.ma()?).ok().map(String::from),
        ItemKind::Ahm => Item::ahm(&AhmUdi::parse(view.ahm()?).ok()?).ok().map(String::from),
        ItemKind::Bag => Item::bag(&view.bag()?).ok().map(String::from),
    }
}

canonical! {
    /// Parties.
    party, PartyId, PartyRef, |view: PartyRef<'_>| {
        let _ = view.warning();
        match view.org_name() {
            Some(name) => PartyId::org(name).ok().map(String::from),
            None => view.uscc().map(|code| PartyId::uscc(&code)).or(view.gln().map(|gln| PartyId::gln(&gln))).map(String::from),
        }
    }
}

canonical! {
    /// Products.
    product, Product, ProductRef, |view: ProductRef<'_>| match view.scheme() {
        Scheme::Gtin => Some(Product::gtin(&view.gtin()?).to_string()),
        Scheme::Ma => Some(Product::ma(&MaUdi::parse(&view.code()).ok()?).to_string()),
        Scheme::Nhi => Some(Product::nhi(&view.national_drug_code()?).to_string()),
        Scheme::Reg => Product::reg(&view.registration()?).ok().map(String::from),
    }
}

canonical! {
    /// Lots.
    lot, Lot, LotRef, |view: LotRef<'_>| Lot::new(&Product::from(view.product()), &view.lot()).ok().map(String::from)
}

canonical! {
    /// Sites.
    site, Site, SiteRef, |view: SiteRef<'_>| match view.gln() {
        Some(gln) => Some(Site::gln(&gln).to_string()),
        None => Site::local(view.party()?.view(), &view.code()?).ok().map(String::from),
    }
}

canonical! {
    /// Documents.
    document, Document, DocumentRef, |view: DocumentRef<'_>| {
        let (party, source, number) = (view.party(), view.source(), view.number());
        let from = match (&party, source.as_deref()) {
            (Some(party), _) => Source::Party(party.view()),
            (None, code) => Source::Code(code.unwrap_or_default()),
        };
        match view.kind() {
            DocumentKind::Declaration => Some(Document::declaration(&view.declaration()?).to_string()),
            DocumentKind::Waybill => Document::waybill(from, &number).ok().map(String::from),
            DocumentKind::Bill => Document::bill(party.as_ref()?.view(), &number).ok().map(String::from),
            DocumentKind::Certificate => Document::certificate(from, &number).ok().map(String::from),
        }
    }
}

/// Every code with a type of its own: what is accepted is written as it was read. A GTIN is padded.
pub fn codes(data: &[u8]) {
    let text = text(data);
    let results = [
        Gtin::parse(&text).map(|code| code.to_string().trim_start_matches('0').to_owned()),
        Gtin::parse14(&text).map(|code| code.to_string()),
        Gln::parse(&text).map(|code| code.to_string()),
        Sscc::parse(&text).map(|code| code.to_string()),
        Uscc::parse(&text).map(|code| code.to_string()),
        Cdtc::parse(&text).map(|code| code.to_string()),
        NationalDrugCode::parse(&text).map(|code| code.to_string()),
        DrugApproval::parse(&text).map(|code| code.to_string()),
        DeviceRegistration::parse(&text).map(|code| code.to_string()),
        DeviceFiling::parse(&text).map(|code| code.to_string()),
        DeclarationNumber::parse(&text).map(|code| code.to_string()),
        InstitutionLicence::parse(&text).map(|code| code.to_string()),
        MaUdi::parse(&text).map(|code| code.to_string()),
        AhmUdi::parse(&text).map(|code| code.to_string()),
    ];
    for (number, result) in results.into_iter().enumerate() {
        match result {
            Err(error) => refused(&text, error),
            Ok(again) if number == 0 => assert_eq!(again, text.trim_start_matches('0')),
            Ok(again) => assert_eq!(again, text),
        }
    }
    let _ = (check_digit_ok(&text), check_pair_ok(&text), text.parse::<Ai>());
}

/// Every linter.
pub fn linters(data: &[u8]) {
    let text = text(data);
    for linter in Linter::ALL {
        if let Err(error) = linter.lint(&text) {
            refused(&text, error);
        }
    }
}
