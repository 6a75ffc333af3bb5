//! Where parties and registrations belong, as far as their numbers tell.

use gs1::{DeviceFiling, DeviceRegistration, PartyRef};

/// What regions of credit codes of the national register begin with: 100000.
const NATIONAL: &str = "10";

/// GB/T 2260 code of the region whose register gave a party its unified social credit code, six digits; `None`
/// for codes of the national register, and for parties without such a code.
#[must_use]
pub fn party_region(party: &str) -> Option<String> {
    let code = PartyRef::parse(party).ok()?.uscc()?;
    let region = code.region();
    (!region.starts_with(NATIONAL)).then(|| region.to_owned())
}

/// Whether what has a GB/T 2260 code may lie in a region, given by a code or the prefix of one. Codes given by
/// a city or province end in 00 or 0000 and say no more than that, so that a code above the region may too.
#[must_use]
pub fn may_lie_in(code: &str, region: &str) -> bool {
    let (code, region) = (known_part(code), known_part(region));
    code.starts_with(region) || region.starts_with(code)
}

/// A code without the pairs 00 at its end; its first pair stays.
fn known_part(mut code: &str) -> &str {
    while let Some(shorter) = code.strip_suffix("00").filter(|c| !c.is_empty()) {
        code = shorter;
    }
    code
}

/// Whether a number is that of a device which a province has registered (class 2) or filed (class 1). All
/// others are given for the whole country: drugs, imports, devices of class 3, and what has no known form.
#[must_use]
pub fn is_provincial_registration(number: &str) -> bool {
    let device = DeviceRegistration::parse(number).is_ok() || DeviceFiling::parse(number).is_ok();
    device && !number.starts_with('国')
}

#[cfg(test)]
mod tests {
    use super::{is_provincial_registration, may_lie_in, party_region};

    #[test]
    fn a_credit_code_tells_the_region_and_other_ids_do_not() {
        for (party, region) in [
            ("uscc:91440300708461136T", Some("440300")),
            ("uscc:91110000600037341L", Some("110000")),
            ("uscc:91100000100003962T", None),
            ("gln:9521234567011", None),
            ("org:Maker", None),
            ("uscc:", None),
        ] {
            assert_eq!(party_region(party).as_deref(), region, "{party}");
        }
    }

    #[test]
    fn a_code_of_a_city_lies_in_any_district_of_it() {
        for (code, region, may) in [
            ("440305", "440305", true),
            ("440305", "4403", true),
            ("440305", "", true),
            ("440304", "440305", false),
            ("440300", "440305", true),
            ("440000", "440305", true),
            ("110000", "110105", true),
            ("440300", "4403", true),
            ("440300", "440300", true),
            ("440305", "440300", true),
            ("440100", "440305", false),
            ("450000", "440305", false),
            ("000000", "440305", false),
        ] {
            assert_eq!(may_lie_in(code, region), may, "{code} {region}");
        }
    }

    #[test]
    fn provinces_register_devices_of_lower_classes_only() {
        for (number, provincial) in [
            ("沪械注准20202140001", true),
            ("粤穗械备20150001", true),
            ("国械备20150001", false),
            ("国械注准20203139905", false),
            ("国药准字S20209904", false),
            ("H20150001", false),
            ("XYZ", false),
        ] {
            assert_eq!(is_provincial_registration(number), provincial, "{number}");
        }
    }
}
