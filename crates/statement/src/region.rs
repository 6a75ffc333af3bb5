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

/// First two digits of the GB/T 2260 codes of the province that its number names as having registered or filed
/// a device; `None` for all other numbers.
#[must_use]
pub fn registration_province(number: &str) -> Option<&'static str> {
    let province = number.chars().next().filter(|_| is_provincial_registration(number))?;
    PROVINCES.iter().find(|(names, _)| names.contains(province)).map(|(_, code)| *code)
}

/// Short names of provinces in numbers, and their codes.
const PROVINCES: [(&str, &str); 31] = [
    ("京", "11"),
    ("津", "12"),
    ("冀", "13"),
    ("晋", "14"),
    ("蒙", "15"),
    ("辽", "21"),
    ("吉", "22"),
    ("黑", "23"),
    ("沪", "31"),
    ("苏", "32"),
    ("浙", "33"),
    ("皖", "34"),
    ("闽", "35"),
    ("赣", "36"),
    ("鲁", "37"),
    ("豫", "41"),
    ("鄂", "42"),
    ("湘", "43"),
    ("粤", "44"),
    ("桂", "45"),
    ("琼", "46"),
    ("渝", "50"),
    ("川蜀", "51"),
    ("贵黔", "52"),
    ("云滇", "53"),
    ("藏", "54"),
    ("陕秦", "61"),
    ("甘陇", "62"),
    ("青", "63"),
    ("宁", "64"),
    ("新", "65"),
];

#[cfg(test)]
mod tests {
    use super::{is_provincial_registration, may_lie_in, party_region, registration_province};

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
    #[test]
    fn every_number_of_a_province_tells_which() {
        let known = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川蜀贵黔云滇藏陕秦甘陇青宁新";
        for province in known.chars() {
            let number = format!("{province}械注准20202140001");
            assert!(registration_province(&number).is_some(), "{number}");
        }
        for (number, code) in [
            ("沪械注准20202140001", Some("31")),
            ("粤穗械备20150001", Some("44")),
            ("蜀械备20150001", Some("51")),
            ("国械注准20203139905", None),
            ("国药准字S20209904", None),
            ("沪药", None),
        ] {
            assert_eq!(registration_province(number), code, "{number}");
        }
    }
}
