//! Every application identifier: what its value is made of and what it goes with.
//!
//! Facts of the GS1 Barcode Syntax Dictionary, maintained by GS1 AISBL, as of commit `ff2eb4bfc8f6` of
//! `gs1/gs1-syntax-dictionary` (its release line reads UNSET). Put down here in this crate's own form; a test
//! compares it with the published file entry by entry.

use super::row::{Component, Row, n, nv, opt, r, x, xv, yv, zv};
use crate::linter::Linter::*;

// What values are made of: `n(18, …)` is eighteen digits, `xv(20, …)` one to twenty characters of set 82.
#[rustfmt::skip]
mod parts {
    use super::*;
    pub(super) const GTIN: &[Component] = &[n(14, &[Csum, GcpPos2])];
    pub(super) const GLN: &[Component] = &[n(13, &[Csum, GcpPos1])];
    pub(super) const DATE0: &[Component] = &[n(6, &[Yymmd0])];
    pub(super) const DATE: &[Component] = &[n(6, &[Yymmdd])];
    pub(super) const SIX: &[Component] = &[n(6, &[])];
    pub(super) const GSRN: &[Component] = &[n(18, &[Csum, GcpPos1])];
    pub(super) const ITIP: &[Component] = &[n(14, &[Csum, GcpPos2]), n(4, &[PieceOfTotal])];
    pub(super) const X20: &[Component] = &[xv(20, &[])];
    pub(super) const X30: &[Component] = &[xv(30, &[])];
    pub(super) const AMOUNT: &[Component] = &[nv(15, &[])];
    pub(super) const NAME35: &[Component] = &[xv(35, &[PcEnc])];
    pub(super) const NAME70: &[Component] = &[xv(70, &[PcEnc])];
    pub(super) const NAME40: &[Component] = &[xv(40, &[PcEnc])];
    pub(super) const FLAG: &[Component] = &[n(1, &[YesNo])];
    pub(super) const MOMENT: &[Component] = &[n(6, &[Yymmd0]), n(4, &[Hhmi])];
    pub(super) const DEGREES: &[Component] = &[n(6, &[]), opt(x(1, &[Hyphen]))];
    pub(super) const PROCESSOR: &[Component] = &[n(3, &[Iso3166Or999]), xv(27, &[])];
    pub(super) const CERTIFICATE: &[Component] = &[x(2, &[]), xv(28, &[])];
    pub(super) const COUNTRY: &[Component] = &[n(3, &[Iso3166])];
    pub(super) const COUNTRIES: &[Component] = &[n(3, &[Iso3166]), opt(n(3, &[Iso3166])), opt(n(3, &[Iso3166])), opt(n(3, &[Iso3166])), opt(n(3, &[Iso3166]))];
    pub(super) const IMEI: &[Component] = &[n(15, &[])];
    pub(super) const COUNT: &[Component] = &[nv(8, &[])];
    pub(super) const ALPHA2: &[Component] = &[x(2, &[Iso3166Alpha2])];
}
use parts::*;

// Whether the length is predefined, so that no separator need follow; whether a Digital Link may carry it as
// an attribute.
const PLAIN: (bool, bool) = (false, false);
const ATTR: (bool, bool) = (false, true);
const FIXED: (bool, bool) = (true, false);
const FIXED_ATTR: (bool, bool) = (true, true);

// What an element needs beside it, where many need the same.
const GOODS: &str = "01,02,03,8006,8026";
const ITEMS: &str = "01,02,03";
const TRADE: &str = "01,02";
const TRADE_OR_UNIT: &str = "00,01";

/// No key of a Digital Link.
const NO: Option<&str> = None;

/// A key of a Digital Link, with its qualifiers in order; `|` parts alternatives.
const fn key(qualifiers: &'static str) -> Option<&'static str> {
    Some(qualifiers)
}

// Columns: identifiers, flags, parts of the value, needs one of, excludes, Digital Link key, title.
#[rustfmt::skip]
pub(super) static TABLE: [Row; 224] = [
    r("00", FIXED_ATTR, &[n(18, &[Csum, GcpPos2])], "", "", key(""), "SSCC"),
    r("01", FIXED_ATTR, GTIN, "", "255,37", key("22,10,21|235"), "GTIN"),
    r("02", FIXED_ATTR, GTIN, "37", "01,03", NO, "CONTENT"),
    r("03", FIXED, GTIN, "", "01,02,37,235", NO, "MTO GTIN"),
    r("10", ATTR, X20, GOODS, "", NO, "BATCH/LOT"),
    r("11", FIXED_ATTR, DATE0, GOODS, "", NO, "PROD DATE"),
    r("12", FIXED_ATTR, DATE0, "8020", "", NO, "DUE DATE"),
    r("13", FIXED_ATTR, DATE0, GOODS, "", NO, "PACK DATE"),
    r("15", FIXED_ATTR, DATE0, GOODS, "", NO, "BEST BEFORE or BEST BY"),
    r("16", FIXED_ATTR, DATE0, GOODS, "", NO, "SELL BY"),
    r("17", FIXED_ATTR, DATE0, "01,02,03,255,8006,8026", "", NO, "USE BY or EXPIRY"),
    r("20", FIXED_ATTR, &[n(2, &[])], GOODS, "", NO, "VARIANT"),
    r("21", PLAIN, X20, "01,03,8006", "235", NO, "SERIAL"),
    r("22", PLAIN, X20, "01", "", NO, "CPV"),
    r("235", PLAIN, &[xv(28, &[])], "01", "", NO, "TPX"),
    r("240", ATTR, X30, GOODS, "", NO, "ADDITIONAL ID"),
    r("241", ATTR, X30, GOODS, "", NO, "CUST. PART No."),
    r("242", ATTR, &[nv(6, &[])], "01,02,8006,8026", "", NO, "MTO VARIANT"),
    r("243", ATTR, X20, "01,03", "", NO, "PCN"),
    r("250", ATTR, X30, "01+21,03+21,8006+21", "", NO, "SECONDARY SERIAL"),
    r("251", ATTR, X30, "01,03,8006", "", NO, "REF. TO SOURCE"),
    r("253", ATTR, &[n(13, &[Csum, GcpPos1]), opt(xv(17, &[]))], "", "", key(""), "GDTI"),
    r("254", PLAIN, X20, "414", "", NO, "GLN EXTENSION COMPONENT"),
    r("255", ATTR, &[n(13, &[Csum, GcpPos1]), opt(nv(12, &[]))], "", "01,02,415,8006,8020,8026", key(""), "GCN"),
    r("30", ATTR, COUNT, TRADE, "", NO, "VAR. COUNT"),
    r("3100-3105", FIXED_ATTR, SIX, TRADE, "310n", NO, "NET WEIGHT (kg)"),
    r("3110-3115", FIXED_ATTR, SIX, TRADE, "311n", NO, "LENGTH (m)"),
    r("3120-3125", FIXED_ATTR, SIX, TRADE, "312n", NO, "WIDTH (m)"),
    r("3130-3135", FIXED_ATTR, SIX, TRADE, "313n", NO, "HEIGHT (m)"),
    r("3140-3145", FIXED_ATTR, SIX, TRADE, "314n", NO, "AREA (m²)"),
    r("3150-3155", FIXED_ATTR, SIX, TRADE, "315n", NO, "NET VOLUME (l)"),
    r("3160-3165", FIXED_ATTR, SIX, TRADE, "316n", NO, "NET VOLUME (m³)"),
    r("3200-3205", FIXED_ATTR, SIX, TRADE, "320n", NO, "NET WEIGHT (lb)"),
    r("3210-3215", FIXED_ATTR, SIX, TRADE, "321n", NO, "LENGTH (in)"),
    r("3220-3225", FIXED_ATTR, SIX, TRADE, "322n", NO, "LENGTH (ft)"),
    r("3230-3235", FIXED_ATTR, SIX, TRADE, "323n", NO, "LENGTH (yd)"),
    r("3240-3245", FIXED_ATTR, SIX, TRADE, "324n", NO, "WIDTH (in)"),
    r("3250-3255", FIXED_ATTR, SIX, TRADE, "325n", NO, "WIDTH (ft)"),
    r("3260-3265", FIXED_ATTR, SIX, TRADE, "326n", NO, "WIDTH (yd)"),
    r("3270-3275", FIXED_ATTR, SIX, TRADE, "327n", NO, "HEIGHT (in)"),
    r("3280-3285", FIXED_ATTR, SIX, TRADE, "328n", NO, "HEIGHT (ft)"),
    r("3290-3295", FIXED_ATTR, SIX, TRADE, "329n", NO, "HEIGHT (yd)"),
    r("3300-3305", FIXED_ATTR, SIX, TRADE_OR_UNIT, "330n", NO, "GROSS WEIGHT (kg)"),
    r("3310-3315", FIXED_ATTR, SIX, TRADE_OR_UNIT, "331n", NO, "LENGTH (m), log"),
    r("3320-3325", FIXED_ATTR, SIX, TRADE_OR_UNIT, "332n", NO, "WIDTH (m), log"),
    r("3330-3335", FIXED_ATTR, SIX, TRADE_OR_UNIT, "333n", NO, "HEIGHT (m), log"),
    r("3340-3345", FIXED_ATTR, SIX, TRADE_OR_UNIT, "334n", NO, "AREA (m²), log"),
    r("3350-3355", FIXED_ATTR, SIX, TRADE_OR_UNIT, "335n", NO, "VOLUME (l), log"),
    r("3360-3365", FIXED_ATTR, SIX, TRADE_OR_UNIT, "336n", NO, "VOLUME (m³), log"),
    r("3370-3375", FIXED_ATTR, SIX, "01", "337n", NO, "KG PER m²"),
    r("3400-3405", FIXED_ATTR, SIX, TRADE_OR_UNIT, "340n", NO, "GROSS WEIGHT (lb)"),
    r("3410-3415", FIXED_ATTR, SIX, TRADE_OR_UNIT, "341n", NO, "LENGTH (in), log"),
    r("3420-3425", FIXED_ATTR, SIX, TRADE_OR_UNIT, "342n", NO, "LENGTH (ft), log"),
    r("3430-3435", FIXED_ATTR, SIX, TRADE_OR_UNIT, "343n", NO, "LENGTH (yd), log"),
    r("3440-3445", FIXED_ATTR, SIX, TRADE_OR_UNIT, "344n", NO, "WIDTH (in), log"),
    r("3450-3455", FIXED_ATTR, SIX, TRADE_OR_UNIT, "345n", NO, "WIDTH (ft), log"),
    r("3460-3465", FIXED_ATTR, SIX, TRADE_OR_UNIT, "346n", NO, "WIDTH (yd), log"),
    r("3470-3475", FIXED_ATTR, SIX, TRADE_OR_UNIT, "347n", NO, "HEIGHT (in), log"),
    r("3480-3485", FIXED_ATTR, SIX, TRADE_OR_UNIT, "348n", NO, "HEIGHT (ft), log"),
    r("3490-3495", FIXED_ATTR, SIX, TRADE_OR_UNIT, "349n", NO, "HEIGHT (yd), log"),
    r("3500-3505", FIXED_ATTR, SIX, TRADE, "350n", NO, "AREA (in²)"),
    r("3510-3515", FIXED_ATTR, SIX, TRADE, "351n", NO, "AREA (ft²)"),
    r("3520-3525", FIXED_ATTR, SIX, TRADE, "352n", NO, "AREA (yd²)"),
    r("3530-3535", FIXED_ATTR, SIX, TRADE_OR_UNIT, "353n", NO, "AREA (in²), log"),
    r("3540-3545", FIXED_ATTR, SIX, TRADE_OR_UNIT, "354n", NO, "AREA (ft²), log"),
    r("3550-3555", FIXED_ATTR, SIX, TRADE_OR_UNIT, "355n", NO, "AREA (yd²), log"),
    r("3560-3565", FIXED_ATTR, SIX, TRADE, "356n", NO, "NET WEIGHT (tr oz)"),
    r("3570-3575", FIXED_ATTR, SIX, TRADE, "357n", NO, "NET VOLUME (oz)"),
    r("3600-3605", FIXED_ATTR, SIX, TRADE, "360n", NO, "NET VOLUME (qt (US))"),
    r("3610-3615", FIXED_ATTR, SIX, TRADE, "361n", NO, "NET VOLUME (gal.)"),
    r("3620-3625", FIXED_ATTR, SIX, TRADE_OR_UNIT, "362n", NO, "VOLUME (qt (US)), log"),
    r("3630-3635", FIXED_ATTR, SIX, TRADE_OR_UNIT, "363n", NO, "VOLUME (gal (US)), log"),
    r("3640-3645", FIXED_ATTR, SIX, TRADE, "364n", NO, "NET VOLUME (in³)"),
    r("3650-3655", FIXED_ATTR, SIX, TRADE, "365n", NO, "NET VOLUME (ft³)"),
    r("3660-3665", FIXED_ATTR, SIX, TRADE, "366n", NO, "NET VOLUME (yd³)"),
    r("3670-3675", FIXED_ATTR, SIX, TRADE_OR_UNIT, "367n", NO, "VOLUME (in³), log"),
    r("3680-3685", FIXED_ATTR, SIX, TRADE_OR_UNIT, "368n", NO, "VOLUME (ft³), log"),
    r("3690-3695", FIXED_ATTR, SIX, TRADE_OR_UNIT, "369n", NO, "VOLUME (yd³), log"),
    r("37", ATTR, COUNT, "00+02,00+8026", "", NO, "COUNT"),
    r("3900-3909", ATTR, AMOUNT, "255,8020", "390n,391n,394n,8111", NO, "AMOUNT"),
    r("3910-3919", ATTR, &[n(3, &[Iso4217]), nv(15, &[])], "8020", "391n", NO, "AMOUNT"),
    r("3920-3929", ATTR, AMOUNT, "01+30,01+31nn,01+32nn,01+35nn,01+36nn", "392n,393n", NO, "PRICE"),
    r("3930-3939", ATTR, &[n(3, &[Iso4217]), nv(15, &[])], "30,31nn,32nn,35nn,36nn", "393n", NO, "PRICE"),
    r("3940-3943", ATTR, &[n(4, &[])], "255", "394n,8111", NO, "PRCNT OFF"),
    r("3950-3955", ATTR, SIX, "30,31nn,32nn,35nn,36nn", "392n,393n,395n,8005", NO, "PRICE/UoM"),
    r("400", ATTR, X30, "", "", NO, "ORDER NUMBER"),
    r("401", ATTR, &[xv(30, &[GcpPos1])], "", "", key(""), "GINC"),
    r("402", ATTR, &[n(17, &[Csum, GcpPos1])], "", "", key(""), "GSIN"),
    r("403", ATTR, X30, "00", "", NO, "ROUTE"),
    r("410", FIXED_ATTR, GLN, "", "", NO, "SHIP TO LOC"),
    r("411", FIXED_ATTR, GLN, "", "", NO, "BILL TO"),
    r("412", FIXED_ATTR, GLN, "", "", NO, "PURCHASE FROM"),
    r("413", FIXED_ATTR, GLN, "", "", NO, "SHIP FOR LOC"),
    r("414", FIXED_ATTR, GLN, "", "", key("254|7040"), "LOC No."),
    r("415", FIXED_ATTR, GLN, "8020", "", key("8020"), "PAY TO"),
    r("416", FIXED_ATTR, GLN, "", "", NO, "PROD/SERV LOC"),
    r("417", FIXED_ATTR, GLN, "", "", key("7040"), "PARTY"),
    r("420", ATTR, X20, "", "421", NO, "SHIP TO POST"),
    r("421", ATTR, &[n(3, &[Iso3166]), xv(9, &[])], "", "4307", NO, "SHIP TO POST"),
    r("422", ATTR, COUNTRY, GOODS, "426", NO, "ORIGIN"),
    r("423", ATTR, COUNTRIES, ITEMS, "426", NO, "COUNTRY - INITIAL PROCESS"),
    r("424", ATTR, COUNTRY, ITEMS, "426", NO, "COUNTRY - PROCESS"),
    r("425", ATTR, COUNTRIES, ITEMS, "426", NO, "COUNTRY - DISASSEMBLY"),
    r("426", ATTR, COUNTRY, ITEMS, "", NO, "COUNTRY - FULL PROCESS"),
    r("427", ATTR, &[xv(3, &[])], "01+422,02+422,03+422", "", NO, "ORIGIN SUBDIVISION"),
    r("4300", ATTR, NAME35, "00", "", NO, "SHIP TO COMP"),
    r("4301", ATTR, NAME35, "00", "", NO, "SHIP TO NAME"),
    r("4302", ATTR, NAME70, "00", "", NO, "SHIP TO ADD1"),
    r("4303", ATTR, NAME70, "4302", "", NO, "SHIP TO ADD2"),
    r("4304", ATTR, NAME70, "00", "", NO, "SHIP TO SUB"),
    r("4305", ATTR, NAME70, "00", "", NO, "SHIP TO LOC"),
    r("4306", ATTR, NAME70, "00", "", NO, "SHIP TO REG"),
    r("4307", ATTR, ALPHA2, "00", "", NO, "SHIP TO COUNTRY"),
    r("4308", ATTR, X30, "00", "", NO, "SHIP TO PHONE"),
    r("4309", ATTR, &[n(10, &[Latitude]), n(10, &[Longitude])], "00", "", NO, "SHIP TO GEO"),
    r("4310", ATTR, NAME35, "00", "", NO, "RTN TO COMP"),
    r("4311", ATTR, NAME35, "00", "", NO, "RTN TO NAME"),
    r("4312", ATTR, NAME70, "00", "", NO, "RTN TO ADD1"),
    r("4313", ATTR, NAME70, "4312", "", NO, "RTN TO ADD2"),
    r("4314", ATTR, NAME70, "00", "", NO, "RTN TO SUB"),
    r("4315", ATTR, NAME70, "00", "", NO, "RTN TO LOC"),
    r("4316", ATTR, NAME70, "00", "", NO, "RTN TO REG"),
    r("4317", ATTR, ALPHA2, "00", "", NO, "RTN TO COUNTRY"),
    r("4318", ATTR, X20, "00", "", NO, "RTN TO POST"),
    r("4319", ATTR, X30, "00", "", NO, "RTN TO PHONE"),
    r("4320", ATTR, NAME35, "00", "", NO, "SRV DESCRIPTION"),
    r("4321", ATTR, FLAG, "00", "", NO, "DANGEROUS GOODS"),
    r("4322", ATTR, FLAG, "00", "", NO, "AUTH TO LEAVE"),
    r("4323", ATTR, FLAG, "00", "", NO, "SIG REQUIRED"),
    r("4324", ATTR, MOMENT, "00", "", NO, "NOT BEF DEL DT"),
    r("4325", ATTR, MOMENT, "00", "", NO, "NOT AFT DEL DT"),
    r("4326", ATTR, DATE, "00", "", NO, "REL DATE"),
    r("4330", ATTR, DEGREES, "00", "4331", NO, "MAX TEMP F."),
    r("4331", ATTR, DEGREES, "00", "4330", NO, "MAX TEMP C."),
    r("4332", ATTR, DEGREES, "00", "4333", NO, "MIN TEMP F."),
    r("4333", ATTR, DEGREES, "00", "4332", NO, "MIN TEMP C."),
    r("7001", ATTR, &[n(13, &[])], "01,02,8006,8026", "", NO, "NSN"),
    r("7002", ATTR, X30, TRADE, "", NO, "MEAT CUT"),
    r("7003", ATTR, &[n(6, &[Yymmdd]), n(4, &[Hhmi])], ITEMS, "", NO, "EXPIRY TIME"),
    r("7004", ATTR, &[nv(4, &[])], "01+10,03+10", "", NO, "ACTIVE POTENCY"),
    r("7005", ATTR, &[xv(12, &[])], TRADE, "", NO, "CATCH AREA"),
    r("7006", ATTR, DATE, TRADE, "", NO, "FIRST FREEZE DATE"),
    r("7007", ATTR, &[n(6, &[Yymmdd]), opt(n(6, &[Yymmdd]))], TRADE, "", NO, "HARVEST DATE"),
    r("7008", ATTR, &[xv(3, &[])], TRADE, "", NO, "AQUATIC SPECIES"),
    r("7009", ATTR, &[xv(10, &[])], TRADE, "", NO, "FISHING GEAR TYPE"),
    r("7010", ATTR, &[xv(2, &[])], ITEMS, "", NO, "PROD METHOD"),
    r("7011", ATTR, &[n(6, &[Yymmdd]), opt(n(4, &[Hhmi]))], ITEMS, "", NO, "TEST BY DATE"),
    r("7020", ATTR, X20, "01+416,03+416,8006+416", "", NO, "REFURB LOT"),
    r("7021", ATTR, X20, "01,03,8006", "", NO, "FUNC STAT"),
    r("7022", ATTR, X20, "01+7021,03+7021,8006+7021", "", NO, "REV STAT"),
    r("7023", ATTR, &[xv(30, &[GcpPos1])], "", "", NO, "GIAI - ASSEMBLY"),
    r("7030", ATTR, PROCESSOR, TRADE, "", NO, "PROCESSOR # 0"),
    r("7031", ATTR, PROCESSOR, TRADE, "", NO, "PROCESSOR # 1"),
    r("7032", ATTR, PROCESSOR, TRADE, "", NO, "PROCESSOR # 2"),
    r("7033", ATTR, PROCESSOR, TRADE, "", NO, "PROCESSOR # 3"),
    r("7034", ATTR, PROCESSOR, TRADE, "", NO, "PROCESSOR # 4"),
    r("7035", ATTR, PROCESSOR, TRADE, "", NO, "PROCESSOR # 5"),
    r("7036", ATTR, PROCESSOR, TRADE, "", NO, "PROCESSOR # 6"),
    r("7037", ATTR, PROCESSOR, TRADE, "", NO, "PROCESSOR # 7"),
    r("7038", ATTR, PROCESSOR, TRADE, "", NO, "PROCESSOR # 8"),
    r("7039", ATTR, PROCESSOR, TRADE, "", NO, "PROCESSOR # 9"),
    r("7040", PLAIN, &[n(1, &[]), x(1, &[]), x(1, &[]), x(1, &[ImporterIdx])], "", "", NO, "UIC+EXT"),
    r("7041", PLAIN, &[xv(4, &[PackageType])], "00", "", NO, "UFRGT UNIT TYPE"),
    r("710", ATTR, X20, "01", "", NO, "NHRN PZN"),
    r("711", ATTR, X20, "01", "", NO, "NHRN CIP"),
    r("712", ATTR, X20, "01", "", NO, "NHRN CN"),
    r("713", ATTR, X20, "01", "", NO, "NHRN DRN"),
    r("714", ATTR, X20, "01", "", NO, "NHRN AIM"),
    r("715", ATTR, X20, "01", "", NO, "NHRN NDC"),
    r("716", ATTR, X20, "01", "", NO, "NHRN AIC"),
    r("717", ATTR, X20, "01", "", NO, "NHRN SRN"),
    r("7230", ATTR, CERTIFICATE, "01,8004", "", NO, "CERT # 1"),
    r("7231", ATTR, CERTIFICATE, "01,8004", "", NO, "CERT # 2"),
    r("7232", ATTR, CERTIFICATE, "01,8004", "", NO, "CERT # 3"),
    r("7233", ATTR, CERTIFICATE, "01,8004", "", NO, "CERT # 4"),
    r("7234", ATTR, CERTIFICATE, "01,8004", "", NO, "CERT # 5"),
    r("7235", ATTR, CERTIFICATE, "01,8004", "", NO, "CERT # 6"),
    r("7236", ATTR, CERTIFICATE, "01,8004", "", NO, "CERT # 7"),
    r("7237", ATTR, CERTIFICATE, "01,8004", "", NO, "CERT # 8"),
    r("7238", ATTR, CERTIFICATE, "01,8004", "", NO, "CERT # 9"),
    r("7239", ATTR, CERTIFICATE, "01,8004", "", NO, "CERT # 10"),
    r("7240", ATTR, X20, "01,8006", "03", NO, "PROTOCOL"),
    r("7241", ATTR, &[n(2, &[MediaType])], "8017,8018", "", NO, "AIDC MEDIA TYPE"),
    r("7242", ATTR, &[xv(25, &[])], "8017,8018", "", NO, "VCN"),
    r("7250", ATTR, &[n(8, &[Yyyymmdd])], "8018", "7251", NO, "DOB"),
    r("7251", ATTR, &[n(8, &[Yyyymmdd]), n(4, &[Hhmi])], "8018", "7250", NO, "DOB TIME"),
    r("7252", ATTR, &[n(1, &[Iso5218])], "8018", "", NO, "BIO SEX"),
    r("7253", ATTR, NAME40, "8017,8018", "7256,7259", NO, "FAMILY NAME"),
    r("7254", ATTR, NAME40, "8017,8018", "7256,7259", NO, "GIVEN NAME"),
    r("7255", ATTR, &[xv(10, &[])], "8017,8018", "7256,7259", NO, "SUFFIX"),
    r("7256", ATTR, &[xv(90, &[PcEnc])], "8017,8018", "", NO, "FULL NAME"),
    r("7257", ATTR, NAME70, "8018", "", NO, "PERSON ADDR"),
    r("7258", ATTR, &[x(3, &[PosInSeqSlash])], "8018+7259", "", NO, "BIRTH SEQUENCE"),
    r("7259", ATTR, NAME40, "8018", "7256", NO, "BABY"),
    r("8001", ATTR, &[n(4, &[NonZero]), n(5, &[NonZero]), n(3, &[NonZero]), n(1, &[Winding]), n(1, &[])], "01", "", NO, "DIMENSIONS"),
    r("8002", ATTR, X20, "", "", NO, "CMT No."),
    r("8003", ATTR, &[n(1, &[Zero]), n(13, &[Csum, GcpPos1]), opt(xv(16, &[]))], "", "", key(""), "GRAI"),
    r("8004", ATTR, &[xv(30, &[GcpPos1])], "", "", key("7040"), "GIAI"),
    r("8005", ATTR, SIX, TRADE, "", NO, "PRICE PER UNIT"),
    r("8006", ATTR, ITIP, "", "01,03,37", key("22,10,21"), "ITIP"),
    r("8007", ATTR, &[xv(34, &[Iban])], "415", "", NO, "IBAN"),
    r("8008", ATTR, &[n(6, &[Yymmdd]), n(2, &[Hh]), opt(n(2, &[Mi])), opt(n(2, &[Ss]))], ITEMS, "", NO, "PROD TIME"),
    r("8009", ATTR, &[xv(50, &[])], "00,01,03", "", NO, "OPTSEN"),
    r("8010", ATTR, &[yv(30, &[GcpPos1])], "", "", key("8011"), "CPID"),
    r("8011", PLAIN, &[nv(12, &[NoZeroPrefix])], "8010", "", NO, "CPID SERIAL"),
    r("8012", ATTR, X20, "01,03,8006", "", NO, "VERSION"),
    r("8013", ATTR, &[xv(25, &[CsumAlpha, GcpPos1])], "", "", key(""), "GMN"),
    r("8014", PLAIN, &[xv(25, &[CsumAlpha, GcpPos1, HasNonDigit])], "01", "", NO, "MUDI"),
    r("8017", ATTR, GSRN, "", "8018", key("8019"), "GSRN - PROVIDER"),
    r("8018", ATTR, GSRN, "", "8017", key("8019"), "GSRN - RECIPIENT"),
    r("8019", PLAIN, &[nv(10, &[])], "8017,8018", "", NO, "SRIN"),
    r("8020", PLAIN, &[xv(25, &[])], "415", "", NO, "REF No."),
    r("8026", ATTR, ITIP, "37", "02,03,8006", NO, "ITIP CONTENT"),
    r("8030", ATTR, &[zv(90, &[])], "00,01+21,03+21,253,255,8003,8004,8006+21,8010+8011,8017,8018", "", NO, "DIGSIG"),
    r("8040", PLAIN, IMEI, "01+21", "", NO, "IMEI"),
    r("8041", PLAIN, IMEI, "01+21+8040", "", NO, "IMEI2"),
    r("8042", PLAIN, &[n(32, &[])], "01+21+8040", "", NO, "ESIM"),
    r("8043", PLAIN, &[n(18, &[]), opt(nv(2, &[]))], "01+21+8040", "", NO, "PSIM"),
    r("8110", ATTR, &[xv(70, &[CouponCode])], "", "", NO, ""),
    r("8111", ATTR, &[n(4, &[])], "255", "", NO, "POINTS"),
    r("8112", ATTR, &[xv(70, &[CouponPosOffer])], "", "", NO, ""),
    r("8200", PLAIN, &[xv(70, &[])], "01", "", NO, "PRODUCT URL"),
    r("90", ATTR, X30, "", "", NO, "INTERNAL"),
    r("91-99", ATTR, &[xv(90, &[])], "", "", NO, "INTERNAL"),
];
