//! Where the trade takes place: real cities with a district's GB/T 2260 code and the middle of the
//! district, WGS 84.

/// A city.
#[derive(Debug)]
pub(crate) struct City {
    /// City and district.
    pub(crate) name: &'static str,
    pub(crate) latin: &'static str,
    /// GB/T 2260 code of the district.
    pub(crate) region: &'static str,
    /// 1e-7 degrees.
    pub(crate) latitude: i32,
    pub(crate) longitude: i32,
}

const fn city(
    name: &'static str,
    latin: &'static str,
    region: &'static str,
    latitude_e2: i32,
    longitude_e2: i32,
) -> City {
    City { name, latin, region, latitude: latitude_e2 * 100_000, longitude: longitude_e2 * 100_000 }
}

/// The cities, busiest first.
pub(crate) static CITIES: [City; 24] = [
    city("上海市徐汇区", "Shanghai", "310104", 3119, 12144),
    city("北京市朝阳区", "Beijing", "110105", 3992, 11644),
    city("广州市天河区", "Guangzhou", "440106", 2313, 11336),
    city("深圳市福田区", "Shenzhen", "440304", 2254, 11406),
    city("成都市武侯区", "Chengdu", "510107", 3064, 10404),
    city("杭州市西湖区", "Hangzhou", "330106", 3026, 12013),
    city("重庆市渝中区", "Chongqing", "500103", 2955, 10657),
    city("武汉市江汉区", "Wuhan", "420103", 3060, 11427),
    city("南京市鼓楼区", "Nanjing", "320106", 3207, 11877),
    city("西安市雁塔区", "Xi'an", "610113", 3422, 10895),
    city("长沙市芙蓉区", "Changsha", "430102", 2819, 11303),
    city("天津市和平区", "Tianjin", "120101", 3912, 11720),
    city("苏州市姑苏区", "Suzhou", "320508", 3131, 12062),
    city("郑州市金水区", "Zhengzhou", "410105", 3480, 11366),
    city("青岛市市南区", "Qingdao", "370202", 3607, 12038),
    city("济南市历下区", "Jinan", "370102", 3667, 11708),
    city("沈阳市和平区", "Shenyang", "210102", 4179, 12342),
    city("大连市中山区", "Dalian", "210202", 3892, 12164),
    city("厦门市思明区", "Xiamen", "350203", 2445, 11808),
    city("福州市鼓楼区", "Fuzhou", "350102", 2608, 11930),
    city("昆明市五华区", "Kunming", "530102", 2504, 10270),
    city("哈尔滨市南岗区", "Harbin", "230103", 4576, 12666),
    city("合肥市蜀山区", "Hefei", "340104", 3185, 11726),
    city("宁波市海曙区", "Ningbo", "330203", 2987, 12155),
];
