//! Coupon codes of North America: AI (8110), and AI (8112) with positive offer file.

use super::dates;
use super::text::{company_prefix, digits};
use crate::error::Error;
use crate::fault::{Fault, Form};

/// Walks a coupon code from the left. What is missing at the end is the fault of the whole code.
struct Coupon<'a> {
    code: &'a str,
    at: usize,
}

impl<'a> Coupon<'a> {
    fn new(code: &'a str) -> Result<Self, Error> {
        digits(code)?;
        Ok(Self { code, at: 0 })
    }

    fn rest(&self) -> &'a str {
        self.code.get(self.at..).unwrap_or_default()
    }

    /// The next `len` digits.
    fn take(&mut self, len: usize, field: Form) -> Result<&'a str, Error> {
        let rest = self.rest();
        let Some(taken) = rest.get(..len) else {
            let (at, len) = if rest.is_empty() { (0, self.code.len()) } else { (self.at, rest.len()) };
            return Err(Error::span(at, len, Fault::Coupon(field)));
        };
        self.at += len;
        Ok(taken)
    }

    /// The next digit, which must be one of `allowed`.
    fn digit(&mut self, allowed: &str, field: Form) -> Result<usize, Error> {
        let digit = self.take(1, field)?;
        match allowed.contains(digit) {
            true => Ok(digit.parse().unwrap_or_default()),
            false => Err(Error::span(self.at - 1, 1, Fault::Coupon(field))),
        }
    }

    /// A field behind the digit that tells its length, less `base`.
    fn sized(&mut self, allowed: &str, base: usize, field: Form) -> Result<&'a str, Error> {
        let len = self.digit(allowed, field)? + base;
        self.take(len, field)
    }

    /// A company prefix behind the digit that tells its length less 6.
    fn prefix(&mut self, allowed: &str, field: Form) -> Result<(), Error> {
        let prefix = self.sized(allowed, 6, field)?;
        company_prefix(prefix).map_err(|error| error.shifted(self.at - prefix.len()))
    }

    /// Whether an optional field with this number stands here; steps over the number.
    fn option(&mut self, number: char) -> bool {
        let here = self.rest().starts_with(number);
        self.at += usize::from(here);
        here
    }

    /// Requirement, its code, and the family of what must be bought.
    fn purchase(&mut self, field: Form) -> Result<(), Error> {
        self.sized("12345", 0, field)?;
        self.digit("012349", field)?;
        self.take(3, field).map(drop)
    }

    /// Company prefix of a further purchase; 9 stands for the one of the first.
    fn other_prefix(&mut self, field: Form) -> Result<(), Error> {
        match self.option('9') {
            true => Ok(()),
            false => self.prefix("0123456", field),
        }
    }

    /// A date YYMMDD.
    fn date(&mut self, field: Form) -> Result<&'a str, Error> {
        let date = self.take(6, field)?;
        match dates::date(date, 2, false) {
            Ok(()) => Ok(date),
            Err(_) => Err(Error::span(self.at - 6, 6, Fault::Coupon(field))),
        }
    }

    fn end(&self) -> Result<(), Error> {
        match self.rest() {
            "" => Ok(()),
            rest => Err(Error::span(self.at, rest.len(), Fault::Trailing)),
        }
    }
}

/// North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols.
pub(super) fn code(value: &str) -> Result<(), Error> {
    let mut coupon = Coupon::new(value)?;
    coupon.prefix("0123456", Form::of("company prefix", "厂商识别代码"))?;
    coupon.take(6, Form::of("offer code", "优惠代码"))?;
    coupon.sized("12345", 0, Form::of("save value", "优惠金额"))?;
    coupon.purchase(Form::of("first purchase", "首项购买"))?;
    if coupon.option('1') {
        coupon.digit("0123", Form::of("additional purchase rules", "附加购买规则"))?;
        coupon.purchase(Form::of("second purchase", "第二项购买"))?;
        coupon.other_prefix(Form::of("company prefix of the second purchase", "第二项购买的厂商识别代码"))?;
    }
    if coupon.option('2') {
        coupon.purchase(Form::of("third purchase", "第三项购买"))?;
        coupon.other_prefix(Form::of("company prefix of the third purchase", "第三项购买的厂商识别代码"))?;
    }
    validity(&mut coupon)?;
    if coupon.option('5') {
        coupon.sized("0123456789", 6, Form::of("serial number", "序列号"))?;
    }
    if coupon.option('6') {
        coupon.prefix("1234567", Form::of("retailer", "零售商"))?;
    }
    if coupon.option('9') {
        coupon.digit("01256", Form::of("save value code", "优惠金额代码"))?;
        coupon.digit("012", Form::of("save value item", "优惠项目"))?;
        coupon.digit("0123456789", Form::of("store coupon flag", "商店优惠券标志"))?;
        coupon.digit("01", Form::of("don't multiply flag", "不可加倍标志"))?;
    }
    coupon.end()
}

/// Expiry and start, which must not come after the expiry.
fn validity(coupon: &mut Coupon<'_>) -> Result<(), Error> {
    let mut expiry = None;
    if coupon.option('3') {
        expiry = Some(coupon.date(Form::of("expiration date", "截止日期"))?);
    }
    if coupon.option('4') {
        let start = coupon.date(Form::of("start date", "起始日期"))?;
        if expiry.is_some_and(|expiry| expiry < start) {
            return Err(Error::span(
                coupon.at - 6,
                6,
                Fault::Coupon(Form::of("start date before its expiration", "晚于截止日期的起始日期")),
            ));
        }
    }
    Ok(())
}

/// GS1 AI (8112) Coupon Data Specification.
pub(super) fn positive_offer(value: &str) -> Result<(), Error> {
    let mut coupon = Coupon::new(value)?;
    coupon.digit("01", Form::of("format", "格式"))?;
    coupon.sized("0123456", 6, Form::of("funder", "出资方"))?;
    coupon.take(6, Form::of("offer code", "优惠代码"))?;
    coupon.sized("0123456789", 6, Form::of("serial number", "序列号"))?;
    coupon.end()
}
