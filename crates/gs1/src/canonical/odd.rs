//! What is odd about a canonical text, though no fault.

use super::{DocumentRef, ItemRef, PartyRef, ProductRef, SiteRef};
use crate::china::{MaPart, registration_caution};
use crate::keys::Sscc;
use crate::warning::Caution;

/// What is odd about a canonical text of any sort (item, lot, product, party, site, document); `None` where
/// nothing is, or where it is no canonical text. A party inside a site or document counts for the whole.
///
/// ```
/// use gs1::{Caution, caution};
///
/// assert_eq!(caution("sgtin:09521234543213.A1"), Some(Caution::DemonstrationNumber));
/// assert_eq!(caution("site:uscc:91350100M0001TGQXM/W1"), Some(Caution::UsccCheck));
/// assert_eq!(caution("reg:国械注进2015313131"), Some(Caution::RegistrationNumber));
/// assert_eq!(caution("sgtin:06901234567892.A1"), None);
/// ```
pub fn caution(text: &str) -> Option<Caution> {
    match text.split_once(':')?.0 {
        "uscc" => of_party(text),
        "site" => SiteRef::parse(text).ok()?.party().and_then(|party| of_party(party.as_str())),
        "bill" | "waybill" | "cert" => {
            DocumentRef::parse(text).ok()?.party().and_then(|party| of_party(party.as_str()))
        }
        "gtin" | "reg" => of_product(ProductRef::parse(text).ok()?),
        "sgtin" | "lot" | "cdtc" | "ma" => of_item(ItemRef::parse(text).ok()?),
        _ => None,
    }
}

fn of_party(text: &str) -> Option<Caution> {
    PartyRef::parse(text).ok()?.warning().map(|warning| warning.caution)
}

fn of_item(item: ItemRef<'_>) -> Option<Caution> {
    if let Some(code) = item.cdtc() {
        let sscc = code.as_str().strip_prefix("00").is_some_and(|rest| Sscc::parse(rest).is_ok());
        return sscc.then_some(Caution::TraceCodeOrSscc);
    }
    if let Some(udi) = item.ma() {
        return udi.part(MaPart::Check).map(|_| Caution::CheckUnverified);
    }
    match item.lot_product() {
        Some(product) => of_product(product),
        None => item.gtin()?.caution(),
    }
}

fn of_product(product: ProductRef<'_>) -> Option<Caution> {
    match product.registration() {
        Some(number) => registration_caution(&number),
        None => product.gtin()?.caution(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sort_of_text_is_looked_at() {
        let table = [
            ("sgtin:09521234543213.A1", Some(Caution::DemonstrationNumber)),
            ("lot:gtin:09521234543213.L7", Some(Caution::DemonstrationNumber)),
            ("gtin:09521234543213", Some(Caution::DemonstrationNumber)),
            ("sgtin:09521234543210.A1", None),
            ("lot:gtin:06901234567892.L7", None),
            ("sgtin:02012345678903.A1", Some(Caution::RestrictedNumber)),
            ("sgtin:09912345678909.A1", Some(Caution::CouponNumber)),
            ("cdtc:00095212340000000013", Some(Caution::TraceCodeOrSscc)),
            ("cdtc:81000110000000000001", None),
            ("uscc:91350100M0001TGQXM", Some(Caution::UsccCheck)),
            ("uscc:91110000600037341L", None),
            ("site:uscc:91350100M0001TGQXM/W1", Some(Caution::UsccCheck)),
            ("bill:uscc:91350100M0001TGQXM/1", Some(Caution::UsccCheck)),
            ("waybill:uscc:91350100M0001TGQXM/1", Some(Caution::UsccCheck)),
            ("cert:uscc:91350100M0001TGQXM/1", Some(Caution::UsccCheck)),
            ("waybill:SF/1", None),
            ("reg:国药准字SJ20171003", None),
            ("reg:粤穗械备20150001", None),
            ("reg:国药准字SJ2017100", Some(Caution::RegistrationNumber)),
            ("lot:reg:国械注进20153131313.L7", None),
            ("lot:reg:国械注进20153131313号.L7", Some(Caution::RegistrationNumber)),
            ("lot:nhi:86900001000016.L7", None),
            ("org:Maker", None),
            ("uscc:91350100M0001TGQX", None),
            ("site:", None),
            ("", None),
            ("sgtin", None),
        ];
        for (text, expect) in table {
            assert_eq!(caution(text), expect, "{text}");
            assert!(expect.is_none_or(|caution| caution.row().canonical), "{text}");
        }
        let told = |name| table.iter().any(|(_, expect)| expect.is_some_and(|c| c.as_str() == name));
        // The one is tried below, the other is said of a number that has a field of its own.
        let elsewhere = ["check_unverified", "institution_licence_number"];
        for row in crate::CAUTIONS.iter().filter(|row| row.canonical && !elsewhere.contains(&row.name)) {
            assert!(told(row.name), "{} is given for no text", row.name);
        }
    }

    #[test]
    fn a_check_character_that_nobody_can_verify_is_told() {
        let plain = "ma:MA.156.M0.100221.10000019.ST1";
        assert_eq!(caution(plain), None);
        assert_eq!(caution(&format!("{plain}.C7")), Some(Caution::CheckUnverified));
        assert!(Caution::CheckUnverified.row().canonical);
    }
}
