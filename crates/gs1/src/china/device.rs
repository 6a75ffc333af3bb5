//! Numbers of medical devices: registration (classes 2 and 3) and filing (class 1).

use core::fmt;
use core::str::FromStr;

use super::Reader;
use crate::error::Error;
use crate::fault::{Fault, Form};

/// One character for each provincial authority, with the second name some are known by.
const PROVINCES: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川蜀贵黔云滇藏陕秦甘陇青宁新";

/// Device registration number 注册证编号, such as `国械注进20173131234`.
///
/// The year is that of the first registration and outlives renewals: it says nothing of expiry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceRegistration {
    text: Box<str>,
    origin: DeviceOrigin,
    class: DeviceClass,
    year: u16,
}

/// The letter of a registration number that tells where the device comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceOrigin {
    /// 准: mainland China.
    Domestic,
    /// 进: imported.
    Imported,
    /// 许: Hong Kong, Macau or Taiwan.
    HongKongMacauTaiwan,
}

/// Risk class of a registered device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceClass {
    /// Class 2.
    Second,
    /// Class 3, always registered nationally.
    Third,
}

impl DeviceRegistration {
    /// Reads authority, `械注`, origin, first year, class, category (2 digits), serial (4 digits).
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut reader = Reader::new("device registration", text)?;
        let Some(national) = reader.one(authority) else {
            return reader.fail(Fault::Expected(Form::of("国 or a province", "国或省级简称")));
        };
        reader.need("械注")?;
        let before = reader.at;
        let Some(origin) = reader.one(origin) else {
            return reader.fail(Fault::Expected(Form::of("准, 进 or 许", "准、进或许")));
        };
        if origin != DeviceOrigin::Domestic && !national {
            return Err(Error::new(
                reader.part,
                before,
                Fault::Expected(Form::of("准, or 国 before 械", "准，或械前为国")),
            ));
        }
        let year = year(&mut reader)?;
        let before = reader.at;
        let Some(class) = reader.one(class) else {
            return reader.fail(Fault::Expected(Form::of("class 2 or 3", "类别2或3")));
        };
        if class == DeviceClass::Third && !national {
            return Err(Error::new(
                reader.part,
                before,
                Fault::Expected(Form::of("class 2, or 国 before 械", "类别2，或械前为国")),
            ));
        }
        reader.digits(6)?;
        reader.end()?;
        Ok(Self { text: text.into(), origin, class, year })
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the device comes from.
    pub const fn origin(&self) -> DeviceOrigin {
        self.origin
    }

    /// Its risk class.
    pub const fn class(&self) -> DeviceClass {
        self.class
    }

    /// Year of the first registration.
    pub const fn first_year(&self) -> u16 {
        self.year
    }
}

/// Filing number of a class 1 device 备案编号, such as `国械备20150001` or `粤穗械备20150001`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceFiling {
    text: Box<str>,
    year: u16,
}

impl DeviceFiling {
    /// Reads 国, or a province and at most two characters for its city; `械备`; year; 1–8 digits.
    ///
    /// The word 号 that often follows in print is not part of the number and is refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut reader = Reader::new("device filing", text)?;
        let Some(national) = reader.one(authority) else {
            return reader.fail(Fault::Expected(Form::of("国 or a province", "国或省级简称")));
        };
        let city = if national { 0 } else { 2 };
        for _ in 0..city {
            reader.one(|c| (c != '械' && is_han(c)).then_some(()));
        }
        reader.need("械备")?;
        let year = year(&mut reader)?;
        reader.digits(1)?;
        for _ in 0..7 {
            reader.one(|c| c.is_ascii_digit().then_some(()));
        }
        reader.end()?;
        Ok(Self { text: text.into(), year })
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Year of the filing.
    pub const fn year(&self) -> u16 {
        self.year
    }
}

macro_rules! text_face {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.text)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Self::parse(text)
            }
        }
    };
}
text_face!(DeviceRegistration);
text_face!(DeviceFiling);

/// Whether the authority is the national one; `None` if the character names none.
fn authority(c: char) -> Option<bool> {
    match c {
        '国' => Some(true),
        _ => PROVINCES.contains(c).then_some(false),
    }
}

fn origin(c: char) -> Option<DeviceOrigin> {
    match c {
        '准' => Some(DeviceOrigin::Domestic),
        '进' => Some(DeviceOrigin::Imported),
        '许' => Some(DeviceOrigin::HongKongMacauTaiwan),
        _ => None,
    }
}

fn class(c: char) -> Option<DeviceClass> {
    match c {
        '2' => Some(DeviceClass::Second),
        '3' => Some(DeviceClass::Third),
        _ => None,
    }
}

fn year(reader: &mut Reader<'_>) -> Result<u16, Error> {
    // Four digits are at most 9999.
    Ok(u16::try_from(reader.digits(4)?).unwrap_or(u16::MAX))
}

/// The block of common Chinese characters: cities need no more.
fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}
