//! The rows.

use proto::v1::{AuthorityField, Role, StatementKind as Kind};

use super::{
    KindRow,
    Relation::{
        self, Case, Child, Counterparty, Document, Exhibit, Input, Item, Key, Lot, Paired, Parent, Principal,
        Product, Signer, Site, Target,
    },
    Secrecy, Signers,
};

const MAKERS: &[Role] = &[Role::Manufacturer, Role::DomesticAgent];
const CLINICS: &[Role] = &[Role::Clinic];
const AUTHORITIES: &[Role] = &[Role::Authority];
const HOLDERS: &[Role] = &[
    Role::Manufacturer,
    Role::DomesticAgent,
    Role::Importer,
    Role::Distributor,
    Role::Logistics,
    Role::Carrier,
    Role::Clinic,
    Role::Laboratory,
    Role::Authority,
];

const SAMPLERS: &[Role] = &[Role::Laboratory, Role::Authority];
/// Who may have evidence.
const KEEPERS: &[Role] = &[Role::Logistics, Role::Laboratory, Role::Authority];
const IMPORTERS: &[Role] = &[Role::Importer];
const RECALLERS: &[Role] = &[Role::Manufacturer, Role::DomesticAgent, Role::Authority];
const SERVICERS: &[Role] = &[Role::Manufacturer, Role::DomesticAgent, Role::Importer, Role::Distributor];
const REPORTERS: &[Role] =
    &[Role::Clinic, Role::Distributor, Role::Importer, Role::Manufacturer, Role::DomesticAgent];
const CARRIERS: &[Role] = &[Role::Carrier, Role::Authority];

const DRUG: &[AuthorityField] = &[AuthorityField::Drug];
/// Who keeps registers of parties, places and keys. Police, courts, tax and others read them.
const REGISTRARS: &[AuthorityField] = &[
    AuthorityField::Root,
    AuthorityField::Drug,
    AuthorityField::Customs,
    AuthorityField::Health,
    AuthorityField::Market,
    AuthorityField::Post,
];
/// Whose register products and rules stand in.
const PRODUCT_REGISTER: &[AuthorityField] = &[AuthorityField::Root, AuthorityField::Drug];
/// Who registers that one firm takes another's place.
const FIRM_REGISTER: &[AuthorityField] =
    &[AuthorityField::Root, AuthorityField::Drug, AuthorityField::Health, AuthorityField::Market];
const CUSTOMS: &[AuthorityField] = &[AuthorityField::Customs];
const POST: &[AuthorityField] = &[AuthorityField::Post];
/// Who opens cases and has goods and people watched.
const INVESTIGATORS: &[AuthorityField] = &[
    AuthorityField::Drug,
    AuthorityField::Customs,
    AuthorityField::Health,
    AuthorityField::Market,
    AuthorityField::Post,
    AuthorityField::Police,
    AuthorityField::Procuratorate,
    AuthorityField::Cyberspace,
    AuthorityField::Tax,
    AuthorityField::Insurance,
];
/// Whom the law lets take hold of goods, give them back and have them destroyed.
const SEIZERS: &[AuthorityField] = &[
    AuthorityField::Drug,
    AuthorityField::Customs,
    AuthorityField::Health,
    AuthorityField::Market,
    AuthorityField::Post,
    AuthorityField::Police,
    AuthorityField::Procuratorate,
    AuthorityField::Court,
    AuthorityField::Tax,
];

const fn row(kind: Kind, name: &'static str, chinese: &'static str, cause: u8) -> KindRow {
    KindRow {
        kind,
        name,
        chinese,
        cause,
        signers: Signers::AnyParty,
        fields: &[],
        delegable: false,
        correctable: false,
        confidential: Secrecy::Never,
        subjects: &[],
    }
}

/// All kinds, ascending by number.
pub static KINDS: &[KindRow] = &[
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: REGISTRARS,
        subjects: &[(Signer, false), (Relation::Party, false), (Document, true)],
        ..row(Kind::Party, "party", "主体登记", 1)
    },
    KindRow {
        signers: Signers::SelfOrAuthority,
        fields: REGISTRARS,
        subjects: &[(Signer, false), (Relation::Party, false), (Site, false), (Document, true)],
        ..row(Kind::Site, "site", "场所登记", 2)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: REGISTRARS,
        subjects: &[(Signer, false), (Relation::Party, false), (Site, false), (Document, true)],
        ..row(Kind::Licence, "licence", "许可", 3)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: PRODUCT_REGISTER,
        subjects: &[(Signer, false), (Relation::Party, false), (Product, false), (Document, true)],
        ..row(Kind::Registration, "registration", "产品注册", 4)
    },
    KindRow {
        signers: Signers::SelfOrAuthority,
        fields: REGISTRARS,
        subjects: &[(Signer, false), (Relation::Party, false), (Key, true), (Document, true)],
        ..row(Kind::EnrolKey, "enrol_key", "密钥登记", 5)
    },
    KindRow {
        signers: Signers::SelfOrAuthority,
        fields: REGISTRARS,
        subjects: &[(Signer, false), (Relation::Party, false), (Key, true), (Document, true)],
        ..row(Kind::RevokeKey, "revoke_key", "密钥吊销", 6)
    },
    KindRow {
        subjects: &[(Signer, false), (Relation::Party, false), (Document, true)],
        ..row(Kind::Mandate, "mandate", "委托授权", 7)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: FIRM_REGISTER,
        subjects: &[(Signer, false), (Relation::Party, false), (Site, false), (Document, true)],
        ..row(Kind::Succession, "succession", "主体承继", 8)
    },
    KindRow {
        signers: Signers::Roles(MAKERS),
        subjects: &[(Signer, false), (Relation::Party, false), (Product, false), (Document, true)],
        ..row(Kind::Designation, "designation", "指定经营", 9)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: REGISTRARS,
        subjects: &[(Signer, false), (Document, true)],
        ..row(Kind::Coverage, "coverage", "登记范围", 76)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        subjects: &[
            (Signer, false),
            (Relation::Party, false),
            (Site, false),
            (Product, false),
            (Document, true),
        ],
        ..row(Kind::NamedList, "named_list", "名单", 77)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: PRODUCT_REGISTER,
        subjects: &[(Signer, false), (Document, true)],
        ..row(Kind::Policy, "policy", "规则参数", 78)
    },
    KindRow {
        signers: Signers::Roles(MAKERS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Item, false), (Lot, true), (Document, true)],
        ..row(Kind::Commission, "commission", "赋码入库", 10)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Parent, true), (Child, false), (Document, true)],
        ..row(Kind::Pack, "pack", "装箱", 20)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Parent, true), (Child, false), (Document, true)],
        ..row(Kind::Unpack, "unpack", "拆箱", 50)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
        ],
        ..row(Kind::Ship, "ship", "出库", 30)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Target, false),
        ],
        ..row(Kind::Receive, "receive", "入库", 40)
    },
    KindRow {
        signers: Signers::Roles(CLINICS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Item, false), (Paired, false), (Document, true)],
        ..row(Kind::Use, "use", "使用", 60)
    },
    KindRow {
        signers: Signers::Roles(MAKERS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Item, true), (Document, true)],
        ..row(Kind::Alias, "alias", "关联码", 11)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Product, false),
            (Item, false),
            (Lot, true),
            (Document, true),
            (Input, true),
        ],
        ..row(Kind::Transform, "transform", "返工分装", 15)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Item, false), (Lot, true), (Document, true)],
        ..row(Kind::Adjust, "adjust", "盘点调整", 12)
    },
    KindRow {
        signers: Signers::Roles(SERVICERS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Item, false), (Paired, false), (Document, true)],
        ..row(Kind::Service, "service", "维修", 55)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Target, false),
        ],
        ..row(Kind::Condition, "condition", "温湿度", 32)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: DRUG,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Counterparty, false),
            (Product, false),
            (Lot, false),
            (Document, true),
            (Target, false),
        ],
        ..row(Kind::ImportFiling, "import_filing", "进口备案", 33)
    },
    KindRow {
        signers: Signers::Roles(IMPORTERS),
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Product, false),
            (Item, false),
            (Lot, false),
            (Document, true),
        ],
        ..row(Kind::DeclareImport, "declare_import", "报关", 34)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: CUSTOMS,
        correctable: true,
        subjects: &[(Signer, false), (Item, false), (Lot, false), (Document, true)],
        ..row(Kind::CustomsDecision, "customs_decision", "海关放行", 36)
    },
    KindRow {
        signers: Signers::Roles(SAMPLERS),
        correctable: true,
        subjects: &[(Signer, false), (Counterparty, false), (Item, false), (Lot, false), (Document, true)],
        ..row(Kind::Sample, "sample", "抽样", 45)
    },
    KindRow {
        signers: Signers::Roles(SAMPLERS),
        correctable: true,
        subjects: &[
            (Signer, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Target, false),
        ],
        ..row(Kind::TestReport, "test_report", "检验报告", 47)
    },
    KindRow {
        signers: Signers::Roles(RECALLERS),
        fields: DRUG,
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Item, false), (Lot, false), (Document, true)],
        ..row(Kind::Recall, "recall", "召回", 62)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Target, false),
        ],
        ..row(Kind::RecallResponse, "recall_response", "召回答复", 63)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Product, false),
            (Item, false),
            (Lot, false),
            (Document, true),
        ],
        ..row(Kind::Hold, "hold", "暂停", 61)
    },
    KindRow {
        signers: Signers::Roles(HOLDERS),
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Target, false),
        ],
        ..row(Kind::Lift, "lift", "解除", 64)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        correctable: true,
        subjects: &[
            (Signer, false),
            (Counterparty, false),
            (Site, false),
            (Item, false),
            (Lot, false),
            (Document, true),
        ],
        ..row(Kind::Inspection, "inspection", "检查", 66)
    },
    KindRow {
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Document, true)],
        ..row(Kind::SelfInspection, "self_inspection", "自查", 67)
    },
    KindRow {
        signers: Signers::Roles(REPORTERS),
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Item, false), (Lot, false), (Document, true)],
        ..row(Kind::AdverseEvent, "adverse_event", "不良事件", 68)
    },
    KindRow {
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Product, false),
            (Document, true),
        ],
        ..row(Kind::Listing, "listing", "网络发布", 69)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        correctable: true,
        subjects: &[(Signer, false), (Counterparty, false), (Document, true)],
        ..row(Kind::ActivityFigure, "activity_figure", "业务数据", 73)
    },
    KindRow {
        signers: Signers::Roles(CARRIERS),
        fields: POST,
        delegable: true,
        correctable: true,
        subjects: &[(Signer, false), (Principal, false), (Item, false), (Document, true)],
        ..row(Kind::PostalCheck, "postal_check", "收寄验视", 31)
    },
    KindRow {
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Item, false),
            (Document, true),
        ],
        ..row(Kind::Observation, "observation", "扫码", 74)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        correctable: true,
        confidential: Secrecy::Optional,
        subjects: &[
            (Signer, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Target, false),
            (Case, false),
        ],
        ..row(Kind::Opinion, "opinion", "认定意见", 83)
    },
    KindRow {
        signers: Signers::Roles(MAKERS),
        delegable: true,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Target, false),
        ],
        ..row(Kind::AuthenticityReply, "authenticity_reply", "真伪鉴别", 81)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        correctable: true,
        confidential: Secrecy::Optional,
        subjects: &[
            (Signer, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Case, false),
        ],
        ..row(Kind::AssistRequest, "assist_request", "协查", 80)
    },
    KindRow {
        delegable: true,
        correctable: true,
        confidential: Secrecy::Optional,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Target, false),
            (Case, false),
        ],
        ..row(Kind::AssistReply, "assist_reply", "协查答复", 82)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: SEIZERS,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Counterparty, false),
            (Site, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Target, false),
            (Exhibit, true),
        ],
        ..row(Kind::Seize, "seize", "查封扣押", 84)
    },
    KindRow {
        signers: Signers::Roles(KEEPERS),
        correctable: true,
        subjects: &[(Signer, false), (Site, false), (Document, true), (Exhibit, true)],
        ..row(Kind::Keep, "keep", "物证保管", 85)
    },
    KindRow {
        signers: Signers::Roles(KEEPERS),
        correctable: true,
        subjects: &[
            (Signer, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Exhibit, true),
        ],
        ..row(Kind::HandOver, "hand_over", "物证移交", 86)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: SEIZERS,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Counterparty, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Exhibit, true),
        ],
        ..row(Kind::EvidenceReturn, "evidence_return", "发还", 87)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: SEIZERS,
        correctable: true,
        subjects: &[
            (Signer, false),
            (Counterparty, false),
            (Site, false),
            (Item, false),
            (Lot, false),
            (Document, true),
            (Exhibit, true),
        ],
        ..row(Kind::Destroy, "destroy", "销毁", 88)
    },
    KindRow {
        correctable: true,
        confidential: Secrecy::Always,
        subjects: &[(Case, false)],
        ..row(Kind::Lead, "lead", "线索", 89)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        correctable: true,
        confidential: Secrecy::Always,
        subjects: &[(Case, false)],
        ..row(Kind::LeadStep, "lead_step", "线索办理", 90)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: INVESTIGATORS,
        correctable: true,
        confidential: Secrecy::Always,
        subjects: &[(Case, false)],
        ..row(Kind::CaseOpen, "case_open", "立案", 91)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        correctable: true,
        confidential: Secrecy::Always,
        subjects: &[(Case, false)],
        ..row(Kind::CaseLink, "case_link", "案件关联", 92)
    },
    KindRow {
        signers: Signers::TargetSigner,
        confidential: Secrecy::Optional,
        subjects: &[
            (Signer, false),
            (Principal, false),
            (Counterparty, false),
            (Site, false),
            (Product, false),
            (Item, true),
            (Lot, true),
            (Parent, true),
            (Child, false),
            (Paired, false),
            (Document, true),
            (Target, false),
            (Input, true),
            (Case, false),
            (Exhibit, true),
        ],
        ..row(Kind::Correct, "correct", "更正", 70)
    },
    KindRow {
        signers: Signers::TargetSigner,
        confidential: Secrecy::Optional,
        subjects: &[(Signer, false), (Principal, false), (Document, true), (Target, false)],
        ..row(Kind::Void, "void", "作废", 71)
    },
    KindRow {
        signers: Signers::Asked,
        subjects: &[(Signer, false), (Document, true), (Target, false)],
        ..row(Kind::Endorse, "endorse", "会签", 72)
    },
    KindRow {
        signers: Signers::TargetSignerOrAuthority,
        confidential: Secrecy::Optional,
        subjects: &[(Signer, false), (Principal, false), (Document, true), (Target, false)],
        ..row(Kind::Erase, "erase", "抹除附件", 79)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        correctable: true,
        confidential: Secrecy::Always,
        subjects: &[(Case, false)],
        ..row(Kind::CaseTransfer, "case_transfer", "案件移送", 93)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        correctable: true,
        confidential: Secrecy::Always,
        subjects: &[(Case, false)],
        ..row(Kind::TransferReply, "transfer_reply", "移送答复", 94)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        correctable: true,
        confidential: Secrecy::Always,
        subjects: &[(Case, false)],
        ..row(Kind::CaseOutcome, "case_outcome", "处理结果", 95)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        correctable: true,
        confidential: Secrecy::Always,
        subjects: &[(Case, false)],
        ..row(Kind::CaseClose, "case_close", "结案", 96)
    },
    KindRow {
        signers: Signers::Roles(AUTHORITIES),
        fields: INVESTIGATORS,
        correctable: true,
        confidential: Secrecy::Always,
        subjects: &[(Case, false)],
        ..row(Kind::Watch, "watch", "布控", 97)
    },
];
