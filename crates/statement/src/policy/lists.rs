//! The lists that a ledger starts with. A policy statement replaces a list as a whole from a day on.

use super::{Code, List};

macro_rules! lists {
    ($($name:literal, $en:literal, $zh:literal: [$($code:literal $c_en:literal $c_zh:literal,)*];)*) => {
        /// All lists with their default codes, in the order of docs/POLICY.md.
        pub static LISTS: &[List] = &[$(List {
            name: $name,
            english: $en,
            chinese: $zh,
            codes: &[$(Code { code: $code, english: $c_en, chinese: $c_zh },)*],
        },)*];
    };
}

lists! {
    "ship-reason", "Why goods leave", "出库原因": [
        "sale" "sale" "销售出库",
        "return" "returned to the supplier" "退货出库",
        "transfer" "moved between sites or branches" "调拨出库",
        "supply" "issued to a ward or department" "供应出库",
        "drop-shipment" "delivered by the supplier's supplier" "直调出库",
        "loan" "lent" "借出",
        "rental" "rented out" "租赁出库",
        "consignment" "on consignment" "寄售出库",
        "gift" "given away" "赠品出库",
        "rework" "sent for rework" "返工出库",
        "service" "sent for service, or back from it" "维修往返",
        "rejected" "refused on receipt, going back" "拒收退回",
        "recall" "recalled, going back" "召回出库",
        "sample" "sample for test" "抽检出库",
        "disposal" "sent for destruction" "销毁出库",
        "bonded-move" "moved under customs supervision" "保税流转",
        "export" "exported" "出口",
        "evidence" "handed to an authority" "移交主管部门",
        "other" "anything else" "其他出库",
    ];
    "adjust-reason", "Why the books are changed", "账务调整原因": [
        "stock-taking" "found when stock was taken" "盘点",
        "breakage" "broken" "破损",
        "expiry" "past its last day of use" "过期",
        "cold-chain" "stored too warm or too cold" "冷链超限",
        "theft" "stolen" "失窃",
        "opening" "in stock before reporting began" "期初库存",
        "correction" "an earlier count was wrong" "差错更正",
        "disposal" "destroyed" "销毁",
    ];
    "alias-reason", "Why one thing has several codes", "关联码原因": [
        "relabel" "a new label over the old one" "加贴标签",
        "chinese-label" "Chinese label of an import" "加贴中文标签",
        "second-code" "a second code beside the first" "加赋第二码",
        "code-damaged" "the old code can no longer be read" "原码损坏",
        "device-record" "device identifier and trace code of one device" "器械标识与追溯码对应",
    ];
    "transform-reason", "Why goods become other goods", "转换原因": [
        "rework" "rework" "返工",
        "repack" "packed anew" "重新包装",
        "split" "split into smaller packs" "分装",
        "assembly" "parts made into one" "组装",
        "kit" "put together as a kit" "组套",
        "refurbishment" "used device made fit for sale" "翻新",
    ];
    "service-action", "Work on a device", "维修作业": [
        "installation" "installed" "安装",
        "inspection" "looked over" "检查",
        "maintenance" "maintained" "保养",
        "calibration" "calibrated" "校准",
        "repair" "repaired" "维修",
        "board-swap" "main board changed" "更换主板",
        "refurbishment" "refurbished" "翻新",
        "tip-exchange" "tip or handpiece changed" "更换治疗头",
        "counter-reset" "counter set back" "计数清零",
        "decommissioning" "taken out of use" "停用",
    ];
    "sample-purpose", "Why samples are taken or tests made", "抽样检验目的": [
        "port-test" "test at the port of import" "口岸检验",
        "lot-release" "release of the lot" "批签发",
        "registration" "test for registration" "注册检验",
        "inspection" "taken at an inspection" "监督抽检",
        "complaint" "after a complaint" "投诉举报",
        "case" "for a case" "涉案检验",
        "retest" "tested once more" "复检",
        "factory" "the maker's own test" "出厂检验",
    ];
    "inspection-kind", "Kinds of inspection", "检查类型": [
        "random" "by lot, inspectors and inspected" "双随机检查",
        "unannounced" "unannounced" "飞行检查",
        "routine" "routine" "日常检查",
        "licensing" "before a licence is given" "许可检查",
        "complaint" "after a complaint" "投诉举报检查",
        "for-cause" "for a reason that is known" "有因检查",
        "follow-up" "whether orders were carried out" "整改复查",
        "joint" "several authorities together" "联合检查",
    ];
    "adverse-severity", "How grave an adverse event is", "不良事件严重程度": [
        "death" "death" "死亡",
        "serious" "serious harm" "严重伤害",
        "other" "anything else" "其他",
    ];
    "figure-source", "Where figures come from", "数据来源": [
        "tax" "tax invoices" "税务",
        "customs" "customs statistics" "海关",
        "platform" "trading or booking platform" "平台",
        "insurance" "medical insurance" "医保",
        "post" "parcels" "寄递",
        "health" "health administration" "卫健",
        "advertising" "advertising" "广告",
    ];
    "figure-measure", "What is counted", "统计指标": [
        "purchases" "bought" "采购量",
        "sales" "sold" "销售量",
        "treatments" "treatments" "治疗人次",
        "parcels" "parcels" "包裹数",
        "imports" "imported" "进口量",
        "offers" "offers seen" "发布数",
        "stock" "in stock" "库存量",
    ];
    "postal-reason", "Why a parcel is reported", "寄递报告原因": [
        "hit" "something prohibited was found" "查获禁寄物",
        "request" "an authority asked" "应主管部门要求",
        "medical-shipper" "the shipper is registered for medical goods" "医药协议用户",
    ];
    "observation-channel", "Where a code was scanned", "扫码渠道": [
        "counter" "at the counter, by staff" "柜台",
        "consumer" "by a consumer" "消费者",
        "inspection" "at an inspection" "检查",
        "service" "at service" "维修",
        "warehouse" "in a warehouse" "仓库",
        "carrier" "on the way" "运输途中",
        "online" "on a picture shown online" "网络图片",
    ];
    "assist-purpose", "What an authority asks for", "协查事项": [
        "authenticity" "whether goods are genuine" "真伪鉴别",
        "source" "where goods came from" "追查来源",
        "flow" "where goods went" "追查流向",
        "stock" "what is in stock, and its records" "库存与台账",
        "records" "documents" "调取资料",
        "opinion" "an expert conclusion" "出具认定意见",
        "test" "a test" "委托检验",
        "other" "anything else" "其他",
    ];
    "assist-outcome", "How a request was answered", "协查结果": [
        "answered" "answered in full" "已答复",
        "partly" "answered in part" "部分答复",
        "nothing-found" "nothing was found" "未查到",
        "not-ours" "a matter of somebody else" "不属本单位",
        "declined" "declined, with the reason" "不予协助",
    ];
    "opinion-conclusion", "What goods are, in an authority's conclusion", "认定结论": [
        "counterfeit" "counterfeit" "假药（假冒产品）",
        "substandard" "substandard" "劣药（不合格产品）",
        "unapproved" "made or imported without approval" "未经批准生产、进口",
        "unregistered" "device without registration" "未取得注册证的器械",
        "uncleared" "imported without clearance" "未经通关或口岸检验",
        "expired" "past its last day of use" "超过有效期",
        "relabelled" "label or dates changed" "变造标签、批号或效期",
        "as-stated" "what it says it is" "与标示一致",
        "undecided" "cannot be concluded" "无法认定",
        "other" "anything else" "其他",
    ];
    "measure", "Measures against goods; how long each lasts is a setting, measure-days", "对物品采取的措施（期限见规则参数 measure-days）": [
        "preservation" "registered and preserved as evidence" "先行登记保存",
        "sealing" "sealed where they are" "查封",
        "seizure" "taken away" "扣押",
        "customs-detention" "detained by customs" "海关扣留",
        "criminal-seizure" "seized in a criminal case" "刑事查封扣押",
        "confiscation" "confiscated" "没收",
        "surrender" "given up of one's own accord" "主动上交",
    ];
    "seizure-channel", "Where seized goods were found", "查获渠道": [
        "premises" "business premises" "经营场所",
        "warehouse" "warehouse" "仓库",
        "den" "hidden workshop" "制假窝点",
        "residence" "residence" "住所",
        "cargo" "cargo at the border" "货运",
        "traveller" "traveller's luggage" "旅检",
        "mail" "mail" "邮递",
        "express" "express parcel" "快件",
        "bonded" "bonded zone or cross-border retail" "保税/跨境电商",
        "online" "ordered or offered online" "网络",
        "vehicle" "vehicle" "车辆",
        "other" "anywhere else" "其他",
    ];
    "bag-condition", "How a bag was found", "物证袋状况": [
        "intact" "seals intact" "封签完好",
        "opened" "opened by who looked at it" "开封",
        "resealed" "opened before and sealed anew" "重新封签",
        "broken-seal" "seal broken" "封签破损",
        "wrong-seal" "other seals than told before" "封签不符",
        "damaged" "bag or contents damaged" "破损",
        "leaking" "leaking" "渗漏",
    ];
    "hand-over-purpose", "Why evidence is handed over", "物证移交事由": [
        "transfer" "goes with a case" "随案移送",
        "test" "for a test" "送检",
        "storage" "into somebody's keeping" "寄存保管",
        "court" "to a court" "移送法院",
        "return" "back from a test or from keeping" "交还",
        "disposal" "for disposal" "移交处置",
        "other" "anything else" "其他",
    ];
    "return-reason", "Why seized goods go back", "发还原因": [
        "unfounded" "nothing against the law was found" "查无违法事实",
        "lifted" "the measure is lifted" "解除强制措施",
        "time-limit" "the measure's time is over" "期限届满",
        "sample-left" "left over from a test" "检验剩余",
        "court-order" "a court has ordered it" "法院裁判",
        "victim" "they belong to a victim" "发还被害人",
        "other" "anything else" "其他",
    ];
    "destroy-reason", "Why goods are destroyed", "销毁原因": [
        "confiscated" "confiscated" "没收物品",
        "recalled" "recalled" "召回产品",
        "surrendered" "given up" "主动上交",
        "ownerless" "without an owner" "无主物品",
        "expired" "past the last day of use" "过期失效",
        "sample-left" "left over from a test" "检验剩余",
        "other" "anything else" "其他",
    ];
    "destroy-method", "How goods are destroyed", "销毁方式": [
        "incineration" "burnt" "焚烧",
        "chemical" "by chemicals" "化学处理",
        "autoclave" "by steam" "高压灭菌",
        "crushing" "crushed" "粉碎",
        "landfill" "buried" "填埋",
        "other" "anything else" "其他",
    ];
    "lead-source", "Where a lead comes from", "线索来源": [
        "report" "reported" "举报",
        "complaint" "complained of" "投诉",
        "inspection" "found at an inspection" "检查发现",
        "test" "found by a test" "抽检发现",
        "postal" "found in parcels" "寄递发现",
        "customs" "found by customs" "海关发现",
        "online" "found online" "网络监测",
        "data" "found in data" "数据分析",
        "transfer" "from another body" "外单位移交",
        "media" "from the media" "媒体曝光",
        "other" "anything else" "其他",
    ];
    "lead-outcome", "What became of a lead", "线索核查结果": [
        "confirmed" "confirmed" "属实",
        "partly" "confirmed in part" "部分属实",
        "unfounded" "unfounded" "不属实",
        "unverifiable" "cannot be verified" "无法核实",
        "referred" "a matter for another body" "转有权机关",
    ];
    "case-kind", "Kinds of case", "案件类型": [
        "administrative" "administrative" "行政案件",
        "criminal" "criminal" "刑事案件",
        "smuggling" "smuggling" "走私案件",
        "public-interest" "public-interest litigation" "公益诉讼",
    ];
    "case-cause", "What a case is about", "案由": [
        "counterfeit" "counterfeit drugs" "生产销售假药",
        "substandard" "substandard drugs" "生产销售劣药",
        "unapproved-import" "imported without approval" "未经批准进口",
        "unregistered-device" "device without registration" "未取得注册证的器械",
        "substandard-device" "device below standard" "不符合标准的器械",
        "smuggling" "smuggling" "走私",
        "unlicensed-trade" "trade without a licence" "无证经营",
        "illegal-practice" "medicine practised illegally" "非法行医",
        "false-advertising" "false advertising" "虚假宣传",
        "fraud" "fraud" "诈骗",
        "other" "anything else" "其他",
    ];
    "link-role", "What something is in a case", "关联对象身份": [
        "goods" "goods" "涉案物品",
        "suspect" "suspect" "嫌疑人（单位）",
        "supplier" "one step up" "上家",
        "buyer" "one step down" "下家",
        "place" "place" "场所",
        "evidence" "evidence" "证据",
        "victim" "victim" "被害人",
        "related" "has to do with it" "关联",
    ];
    "transfer-basis", "Why a case goes to another authority", "移送依据": [
        "suspected-crime" "from an administrative authority to the police" "涉嫌犯罪移送公安",
        "no-crime" "from the police back to an administrative authority" "不构成犯罪移送行政",
        "jurisdiction" "to the authority in charge" "管辖移送",
        "prosecution" "to the procuratorate" "移送审查起诉",
        "superior" "to the authority above" "报送上级",
        "other" "anything else" "其他",
    ];
    "outcome-kind", "What a case has come to", "处理结果类型": [
        "penalty" "penalty" "行政处罚",
        "no-penalty" "no penalty" "不予处罚",
        "confiscation" "confiscation" "没收",
        "arrest" "people caught" "抓获",
        "prosecution" "charges" "移送起诉",
        "judgment" "judgment" "判决",
        "destruction" "goods destroyed" "销毁",
        "network" "network broken up" "摧毁网络",
        "other" "anything else" "其他",
    ];
    "close-reason", "Why a case is closed", "结案原因": [
        "punished" "punished" "已处罚",
        "judged" "judged" "已判决",
        "unfounded" "nothing against the law" "违法事实不成立",
        "transferred" "with another authority" "已移送",
        "withdrawn" "withdrawn" "撤案",
        "merged" "part of another case" "并案",
        "time-barred" "too long ago" "超过时效",
        "other" "anything else" "其他",
    ];
    "register", "What a register is complete for", "登记范围": [
        "parties" "parties and their roles" "主体",
        "licences" "licences" "许可证",
        "registrations" "registrations of products" "产品注册",
        "coding" "codes on every unit" "赋码",
        "clearance" "clearance notes" "进口通关单",
        "test-release" "test reports that release a lot" "检验放行",
        "designations" "designated wholesalers" "指定经营",
        "customs" "customs decisions" "海关放行",
        "cold-chain" "conditions on the way" "冷链记录",
        "usage" "use in clinics" "使用记录",
    ];
    "named-list", "Lists kept by authorities", "名单": [
        "blacklist" "blacklist" "黑名单",
        "key-products" "key products" "重点产品",
        "key-parties" "key parties" "重点主体",
        "licensed-clinics" "with business registration and medical licence" "有照有证",
        "unlicensed-clinics" "with business registration, without medical licence" "有照无证",
        "illegal-clinics" "with neither" "无照无证",
        "problem-clinics" "clinics with problems" "问题机构清单",
        "problem-products" "products with problems" "问题产品清单",
        "problem-persons" "practitioners with problems, by pseudonym only" "问题人员清单",
        "problem-platforms" "platforms with problems" "问题平台清单",
        "rectification" "account of what was put right" "整改台账",
        "unapproved-brands" "brands without approval" "未获批品牌",
        "foreign-suspensions" "suspended abroad" "境外停产停售",
    ];
    "succession-kind", "How a party takes another's place", "承继方式": [
        "merger" "merger" "合并",
        "acquisition" "acquisition" "收购",
        "division" "division" "分立",
        "closure" "closure, rest taken over" "注销承接",
        "renaming" "new identity of the same body" "更名换证",
    ];
    "unit", "Units of quantities", "计量单位": [
        "box" "box" "盒",
        "vial" "vial" "瓶",
        "ampoule" "ampoule" "安瓿",
        "syringe" "prefilled syringe" "预灌封注射器",
        "piece" "piece" "件",
        "pair" "pair" "对",
        "set" "set" "套",
        "bag" "bag" "袋",
        "case" "case" "箱",
        "pallet" "pallet" "托盘",
        "U" "unit of toxin potency" "单位（效价）",
        "IU" "international unit" "国际单位",
        "mL" "millilitre" "毫升",
        "uL" "microlitre" "微升",
        "mg" "milligram" "毫克",
        "ug" "microgram" "微克",
        "g" "gram" "克",
        "kg" "kilogram" "千克",
        "shot" "shot of a device" "发次",
        "pulse" "pulse of a device" "脉冲",
        "treatment" "treatment" "人次",
        "parcel" "parcel" "包裹",
        "offer" "offer online" "条",
        "minute" "minute" "分钟",
    ];
    "market", "Markets goods are meant for", "销售市场": [
        "CN" "mainland of China" "中国内地",
        "HK" "Hong Kong, China" "中国香港",
        "MO" "Macao, China" "中国澳门",
        "TW" "Taiwan, China" "中国台湾",
        "export" "export" "出口",
        "bonded" "bonded zone, not yet in free circulation" "保税",
        "pilot-zone" "pilot zone, use on the spot only" "先行区",
        "clinical-trial" "clinical trial" "临床试验",
        "donation" "donated" "捐赠",
    ];
    "product-class", "Classes of product", "产品类别": [
        "toxin" "botulinum toxin" "注射用A型肉毒毒素",
        "filler" "hyaluronic filler" "透明质酸填充剂",
        "collagen" "collagen filler" "胶原蛋白填充剂",
        "regenerative" "biostimulating filler" "再生类填充剂",
        "water-light" "water-light injection" "水光针",
        "lipolytic" "lipolytic injection" "溶脂针",
        "anaesthetic" "local anaesthetic" "局部麻醉药",
        "rf-console" "radio-frequency console" "射频治疗仪主机",
        "rf-tip" "radio-frequency tip" "射频治疗头",
        "ultrasound-console" "focused-ultrasound console" "超声治疗仪主机",
        "ultrasound-tip" "focused-ultrasound transducer" "超声治疗头",
        "laser" "laser or light device" "激光光子设备",
        "thread" "lifting thread" "埋植线",
        "needle" "needle or cannula" "针具",
    ];
    "licence-kind", "Kinds of licence", "许可种类": [
        "business-licence" "business registration" "营业执照",
        "drug-making" "drug manufacture" "药品生产许可证",
        "drug-wholesale" "drug wholesale" "药品经营许可证（批发）",
        "drug-retail" "drug retail" "药品经营许可证（零售）",
        "toxic-drug" "trade in toxic drugs" "医疗用毒性药品经营资格",
        "device-making" "device manufacture" "医疗器械生产许可证",
        "device-trade" "trade in class 3 devices" "医疗器械经营许可证",
        "device-filing" "trade in class 2 devices, filed" "第二类医疗器械经营备案",
        "online-sale" "sale of devices online" "医疗器械网络销售备案",
        "medical-institution" "medical institution" "医疗机构执业许可证",
        "clinic-filing" "clinic, filed" "诊所备案凭证",
        "third-party-logistics" "storage and transport for others" "第三方物流",
        "courier" "courier" "快递业务经营许可证",
        "customs-broker" "customs broker" "报关单位备案",
        "importer" "importer" "进口单位备案",
        "laboratory" "test laboratory" "检验检测机构资质认定",
    ];
    "attachment-role", "What an attachment is", "附件类型": [
        "invoice" "invoice" "发票",
        "contract" "contract" "合同",
        "packing-list" "packing list" "装箱单",
        "bill-of-lading" "bill of lading or air waybill" "提单/空运单",
        "delivery-note" "delivery note" "随货同行单",
        "origin-certificate" "certificate of origin" "原产地证",
        "factory-report" "maker's test report" "出厂检验报告",
        "test-report" "test report" "检验报告",
        "registration" "registration certificate" "注册证",
        "licence" "licence" "许可证",
        "clearance-note" "clearance note" "进口药品通关单",
        "special-permit" "special-article permit" "特殊物品审批单",
        "declaration" "customs declaration" "报关单",
        "lot-release" "lot release certificate" "批签发证明",
        "temperature-log" "temperature log" "温湿度记录",
        "photo" "photo" "照片",
        "video" "video" "视频",
        "key-certificate" "certificate of a licensed CA for a key" "电子认证证书（密钥）",
        "record" "record of an inspection or talk" "检查/询问笔录",
        "decision" "decision of an authority" "行政决定书",
        "mandate" "mandate or power of attorney" "委托书",
        "label" "label or leaflet" "标签说明书",
        "report" "report" "报告",
        "other" "anything else" "其他",
    ];
}
