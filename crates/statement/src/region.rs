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

/// Whether a number is that of a device which a province has registered (class 2) or filed (class 1). All
/// others are given for the whole country: drugs, imports, devices of class 3, and what has no known form.
#[must_use]
pub fn is_provincial_registration(number: &str) -> bool {
    let device = DeviceRegistration::parse(number).is_ok() || DeviceFiling::parse(number).is_ok();
    device && !number.starts_with('国')
}

#[cfg(test)]
mod tests {
    use super::{is_provincial_registration, party_region};

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
