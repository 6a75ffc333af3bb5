// Every message that a statement or genesis can hold: the tables at the end of docs/FORMAT.md. A test compares them.

export interface Field {
  readonly number: number;
  readonly label: string;
  /** A scalar, or the name of an enum or message. */
  readonly type: string;
  readonly repeated: boolean;
}

// Number, name and type of each field; `*` is repeated.
const MESSAGES: Readonly<Record<string, string>> = {
  Statement:
    "1 header Header, 10 party Party, 11 site Site, 12 licence Licence, 13 registration Registration, " +
    "14 enrol_key EnrolKey, 15 revoke_key RevokeKey, 16 mandate Mandate, 17 succession Succession, " +
    "18 designation Designation, 19 coverage Coverage, 20 named_list NamedList, 21 policy Policy, " +
    "40 commission Commission, 41 pack Pack, 42 unpack Unpack, 43 ship Ship, 44 receive Receive, 45 use Use, " +
    "46 alias Alias, 47 transform Transform, 48 adjust Adjust, 49 service Service, 50 condition Condition, " +
    "51 import_filing ImportFiling, 52 declare_import DeclareImport, 53 customs_decision CustomsDecision, " +
    "54 sample Sample, 55 test_report TestReport, 56 recall Recall, 57 recall_response RecallResponse, " +
    "58 hold Hold, 59 lift Lift, 60 inspection Inspection, 61 self_inspection SelfInspection, " +
    "62 adverse_event AdverseEvent, 63 listing Listing, 64 activity_figure ActivityFigure, " +
    "65 postal_check PostalCheck, 66 observation Observation, 67 opinion Opinion, " +
    "68 authenticity_reply AuthenticityReply, 69 assist_request AssistRequest, 70 assist_reply AssistReply, " +
    "71 seize Seize, 72 keep Keep, 73 hand_over HandOver, 74 evidence_return EvidenceReturn, " +
    "75 destroy Destroy, " +
    "76 lead Lead, 77 lead_step LeadStep, 78 case_open CaseOpen, 79 case_link CaseLink, " +
    "80 correct Correct, 81 void Void, " +
    "82 endorse Endorse, 83 erase Erase, " +
    "84 case_transfer CaseTransfer, 85 transfer_reply TransferReply, 86 case_outcome CaseOutcome, " +
    "87 case_close CaseClose, 88 watch Watch",
  Header:
    "1 ledger bytes, 2 id bytes, 3 salt bytes, 4 party string, 5 on_behalf_of string, 6 site string, " +
    "7 occurred_at int64, 8 offset_minutes sint32, 9 business_key string, 10 confidential bool, " +
    "11 attachments Attachment*",
  Attachment: "1 digest bytes, 2 role string, 3 media_type string, 4 size uint64",
  Party: "1 party string, 2 name string, 3 name_latin string, 4 country string, 5 roles RoleGrant*, 6 closed_on string",
  RoleGrant: "1 role Role, 2 field AuthorityField, 3 valid_from string, 4 valid_to string, 5 region string",
  Site:
    "1 site string, 2 party string, 3 name string, 4 address string, 5 region string, 6 country string, " +
    "7 latitude_e7 sint32, 8 longitude_e7 sint32, 9 bonded bool, 10 closed_on string",
  Licence:
    "1 site string, 2 kind string, 3 number string, 4 issuer string, 5 valid_from string, 6 valid_to string, " +
    "7 scope string*, 8 suspended_from string, 9 suspended_to string, 10 revoked_on string",
  Registration:
    "1 number string, 2 products string*, 3 holder string, 4 agent string, 5 name string, 6 model string, " +
    "7 product_class string, 8 device_class uint32, 9 storage_min Temperature, 10 storage_max Temperature, " +
    "11 units_per_code uint32, 12 label_content Quantity, 13 single_use bool, 14 maximum_uses uint64, " +
    "15 valid_from string, 16 valid_to string, 17 origin string",
  Temperature: "1 millicelsius sint32",
  Quantity: "1 amount uint64, 2 unit string",
  EnrolKey:
    "1 party string, 2 algorithm Algorithm, 3 public_key bytes, 4 possession bytes, 5 uses KeyUse*, " +
    "6 kinds StatementKind*, 7 site string, 8 expires_at int64, 9 label string",
  RevokeKey: "1 party string, 2 key_id bytes, 3 compromised_since int64, 4 reason string",
  Mandate:
    "1 number string, 2 agent string, 3 acts StatementKind*, 4 sites string*, 5 valid_from string, " +
    "6 valid_to string",
  Succession:
    "1 predecessor string, 2 successor string, 3 kind string, 4 effective_on string, 5 sites string*, " +
    "6 number string",
  Designation:
    "1 number string, 2 registration string, 3 wholesalers string*, 4 region string, 5 valid_from string, " +
    "6 valid_to string",
  Coverage: "1 register string, 2 region string, 3 product_class string, 4 since string, 5 until string, 6 note string",
  NamedList: "1 list string, 2 version uint64, 3 title string, 4 whole bool, 5 entries ListEntry*",
  ListEntry:
    "1 subject string, 2 reason string, 3 legal_basis string, 4 valid_from string, 5 valid_to string, " +
    "6 removed_on string",
  Policy: "1 policy string, 2 effective_on string, 3 codes PolicyCode*, 4 settings PolicySetting*, 5 note string",
  PolicyCode: "1 code string, 2 name string, 3 name_zh string, 4 retired bool",
  PolicySetting: "1 key string, 2 value int64",
  Commission:
    "1 items string*, 2 lot string, 3 quantity Quantity, 4 registration string, 5 made_on string, " +
    "6 expires_on string, 7 units_per_code uint32, 8 market string, 9 opening_stock bool",
  Pack: "1 parent string, 2 children string*",
  Unpack: "1 parent string, 2 children string*",
  Ship:
    "1 items string*, 2 lots LotAmount*, 3 addressee string, 4 ship_to string, 5 owner string, " +
    "6 bill_to string, 7 reason string, 8 carrier string, 9 waybill string",
  LotAmount: "1 lot string, 2 quantity Quantity",
  Receive:
    "1 shipment StatementRef, 2 bill string, 3 waybill string, 4 items string*, 5 lots LotAmount*, " +
    "6 exceptions ReceiveException*, 7 arrival Temperature, 8 check PurchaseCheck",
  StatementRef: "1 party string, 2 id bytes, 3 digest bytes",
  ReceiveException: "1 outcome ReceiveOutcome, 2 item string, 3 lot LotAmount, 4 note string",
  PurchaseCheck: "1 supplier_licence bool, 2 registration bool, 3 invoice bool, 4 passed bool",
  Use: "1 lines UseLine*",
  UseLine:
    "1 item string, 2 vial uint32, 3 used Quantity, 4 wasted Quantity, 5 opened_at int64, 6 finished bool, " +
    "7 empties_destroyed bool, 8 counter uint64, 9 paired string",
  Alias: "1 codes string*, 2 reason string",
  Transform:
    "1 inputs string*, 2 input_lots LotAmount*, 3 outputs string*, 4 output_lots LotAmount*, 5 lot string, " +
    "6 registration string, 7 made_on string, 8 expires_on string, 9 units_per_code uint32, " +
    "10 reason string",
  Adjust: "1 lines AdjustLine*, 2 reason string",
  AdjustLine:
    "1 outcome AdjustOutcome, 2 item string, 3 lot LotAmount, 4 item_lot string, 5 made_on string, " +
    "6 expires_on string, 7 note string",
  Service: "1 lines ServiceLine*",
  ServiceLine:
    "1 item string, 2 action string, 3 counter_before uint64, 4 counter_after uint64, 5 removed string, " +
    "6 fitted string, 7 note string",
  Condition:
    "1 shipment StatementRef, 2 waybill string, 3 items string*, 4 lots string*, 5 started_at int64, " +
    "6 ended_at int64, 7 min Temperature, 8 max Temperature, 9 mean Temperature, " +
    "10 excursion_minutes uint32, 11 humidity_min uint32, 12 humidity_max uint32, 13 readings uint32, " +
    "14 logger string",
  ImportFiling:
    "1 number string, 2 outcome FilingOutcome, 3 registration string, 4 lots LotAmount*, 5 importer string, " +
    "6 port string, 7 reports StatementRef*, 8 valid_to string, 9 reason string",
  DeclareImport:
    "1 declaration string, 2 lines DeclarationLine*, 3 waybill string, 4 consignor string, " +
    "5 clearance string, 6 permit string, 7 dispatched_from string, 8 bonded bool",
  DeclarationLine:
    "1 number uint32, 2 lot string, 3 items string*, 4 quantity Quantity, 5 hs string, 6 origin string, " +
    "7 registration string",
  CustomsDecision:
    "1 declaration string, 2 outcome CustomsOutcome, 3 lines CustomsLine*, 4 number string, " +
    "5 legal_basis string, 6 note string",
  CustomsLine:
    "1 number uint32, 2 lot string, 3 items string*, 4 quantity Quantity, 5 hs string, 6 origin string, " +
    "7 outcome CustomsOutcome",
  Sample:
    "1 number string, 2 purpose string, 3 items string*, 4 lots LotAmount*, 5 holder string, " +
    "6 laboratory string, 7 declaration string",
  TestReport:
    "1 number string, 2 sample StatementRef, 3 items string*, 4 lots string*, 5 purpose string, " +
    "6 verdict TestVerdict, 7 method string, 8 results TestResult*, 9 urgent bool, " +
    "10 retest_of StatementRef, 11 issued_on string",
  TestResult: "1 property string, 2 value string, 3 limit string, 4 passed bool",
  Recall:
    "1 number string, 2 lots string*, 3 items string*, 4 level uint32, 5 reason string, " +
    "6 instruction string, 7 respond_by int64, 8 complete_by int64",
  RecallResponse: "1 recall StatementRef, 2 stopped bool, 3 stock RecallStock*, 4 items string*, 5 note string",
  RecallStock: "1 lot string, 2 on_hand Quantity, 3 used Quantity, 4 passed_on Quantity",
  Hold:
    "1 items string*, 2 lots string*, 3 products string*, 4 party string, 5 legal_basis string, " +
    "6 reason string, 7 until string",
  Lift: "1 hold StatementRef, 2 items string*, 3 lots string*, 4 reason string",
  Inspection:
    "1 number string, 2 kind string, 3 party string, 4 site string, 5 shelf ShelfLine*, 6 orders Order*, " +
    "7 officers string*, 8 result string",
  ShelfLine: "1 item string, 2 lot LotAmount, 3 empty bool, 4 note string",
  Order: "1 text string, 2 due_on string",
  SelfInspection: "1 from string, 2 to string, 3 passed bool, 4 points string*",
  AdverseEvent:
    "1 number string, 2 items string*, 3 lots string*, 4 severity string, 5 event string, 6 fault string, " +
    "7 noticed_on string",
  Listing:
    "1 platform string, 2 number string, 3 url string, 4 seller string, 5 products string*, 6 brand string, " +
    "7 price uint64, 8 currency string, 9 seen_from string, 10 removed_on string",
  ActivityFigure:
    "1 party string, 2 source string, 3 measure string, 4 from string, 5 to string, 6 quantity Quantity, " +
    "7 product_class string",
  PostalCheck:
    "1 waybill string, 2 identified bool, 3 opened bool, 4 scanned bool, 5 hit bool, 6 reason string, " +
    "7 sender string, 8 items string*, 9 contents string",
  Observation:
    "1 item string, 2 scan string, 3 named string, 4 region string, 5 latitude_e7 sint32, " +
    "6 longitude_e7 sint32, 7 channel string",
  Opinion:
    "1 number string, 2 request StatementRef, 3 lines OpinionLine*, 4 legal_basis string, 5 reasoning string, " +
    "6 grounds StatementRef*, 7 document bytes, 8 case_id string",
  OpinionLine: "1 goods GoodsLine, 2 conclusion string, 3 note string",
  GoodsLine: "1 item string, 2 lot LotAmount, 3 description string, 4 quantity Quantity",
  AuthenticityReply:
    "1 request StatementRef, 2 number string, 3 lines AuthenticityLine*, 4 report bytes, 5 method string",
  AuthenticityLine: "1 goods GoodsLine, 2 verdict Authenticity, 3 grounds string",
  AssistRequest:
    "1 number string, 2 addressee string, 3 purpose string, 4 question string, 5 lines GoodsLine*, " +
    "6 due_on string, 7 legal_basis string, 8 case_id string",
  AssistReply:
    "1 request StatementRef, 2 number string, 3 outcome string, 4 findings string, 5 lines GoodsLine*, " +
    "6 documents bytes*, 7 case_id string",
  Seize:
    "1 number string, 2 kind string, 3 until string, 4 follows StatementRef, 5 holder string, " +
    "6 person string, 7 witness string, 8 officers string*, 9 site string, 10 place string, " +
    "11 region string, 12 channel string, 13 waybill string, 14 declaration string, 15 legal_basis string, " +
    "16 reason string, 17 lines SeizedLine*",
  SeizedLine:
    "1 bag string, 2 items string*, 3 lot LotAmount, 4 description string, 5 printed string, 6 mask string, " +
    "7 quantity Quantity, 8 value uint64, 9 currency string, 10 photos bytes*",
  BagCheck: "1 bag string, 2 seals string*, 3 condition string, 4 note string",
  Keep:
    "1 number string, 2 bags BagCheck*, 3 site string, 4 place string, 5 keeper string, " +
    "6 temperature Temperature",
  HandOver:
    "1 number string, 2 receiver string, 3 purpose string, 4 bags BagCheck*, 5 items string*, " +
    "6 lots LotAmount*, 7 officers string*, 8 takers string*, 9 legal_basis string",
  EvidenceReturn:
    "1 number string, 2 to string, 3 person string, 4 reason string, 5 bags string*, 6 items string*, " +
    "7 lots LotAmount*, 8 officers string*, 9 legal_basis string",
  Destroy:
    "1 number string, 2 holder string, 3 reason string, 4 method string, 5 site string, 6 place string, " +
    "7 bags string*, 8 items string*, 9 lots LotAmount*, 10 officers string*, 11 witness string, " +
    "12 legal_basis string, 13 photos bytes*",
  Lead:
    "1 case_id string, 2 addressee string, 3 source string, 4 informant string, 5 summary string, " +
    "6 lines GoodsLine*, 7 parties string*, 8 sites string*, 9 region string, 10 entries StatementRef*",
  LeadStep:
    "1 case_id string, 2 lead StatementRef, 3 action LeadAction, 4 assignee string, 5 due_on string, " +
    "6 outcome string, 7 note string, 8 officers string*",
  CaseOpen:
    "1 case_id string, 2 number string, 3 kind string, 4 cause string, 5 summary string, " +
    "6 leads StatementRef*, 7 officers string*, 8 legal_basis string",
  CaseLink:
    "1 case_id string, 2 role string, 3 items string*, 4 lots string*, 5 parties string*, 6 sites string*, " +
    "7 bags string*, 8 papers string*, 9 entries StatementRef*, 10 cases string*, 11 people string*, " +
    "12 note string",
  CaseTransfer:
    "1 case_id string, 2 number string, 3 addressee string, 4 copies string*, 5 basis string, " +
    "6 proposed_at int64, 7 decided_at int64, 8 officers string*, 9 summary string, 10 bags string*, " +
    "11 entries StatementRef*, 12 legal_basis string",
  TransferReply:
    "1 case_id string, 2 transfer StatementRef, 3 decision TransferDecision, 4 number string, " +
    "5 forward_to string, 6 reason string, 7 officers string*",
  CaseOutcome:
    "1 case_id string, 2 kind string, 3 number string, 4 decided_on string, 5 goods_value uint64, " +
    "6 fines uint64, 7 confiscated uint64, 8 currency string, 9 goods Quantity*, 10 arrested uint32, " +
    "11 charged uint32, 12 convicted uint32, 13 dens uint32, 14 note string",
  CaseClose: "1 case_id string, 2 number string, 3 reason string, 4 summary string",
  Watch:
    "1 case_id string, 2 items string*, 3 lots string*, 4 products string*, 5 parties string*, " +
    "6 sites string*, 7 regions string*, 8 people string*, 9 valid_from string, 10 valid_to string, " +
    "11 reason string",
  Correct: "1 target StatementRef, 2 reason string, 3 replacement Replacement, 4 by_line bool, 5 removed LineRef*",
  LineRef: "1 field string, 2 index uint32",
  Replacement:
    "1 site string, 2 occurred_at int64, 40 commission Commission, 41 pack Pack, 42 unpack Unpack, " +
    "43 ship Ship, 44 receive Receive, 45 use Use, 46 alias Alias, 47 transform Transform, 48 adjust Adjust, " +
    "49 service Service, 50 condition Condition, 51 import_filing ImportFiling, " +
    "52 declare_import DeclareImport, 53 customs_decision CustomsDecision, 54 sample Sample, " +
    "55 test_report TestReport, 56 recall Recall, 57 recall_response RecallResponse, 58 hold Hold, " +
    "59 lift Lift, 60 inspection Inspection, 61 self_inspection SelfInspection, " +
    "62 adverse_event AdverseEvent, 63 listing Listing, 64 activity_figure ActivityFigure, " +
    "65 postal_check PostalCheck, 66 observation Observation, 67 opinion Opinion, " +
    "68 authenticity_reply AuthenticityReply, 69 assist_request AssistRequest, 70 assist_reply AssistReply, " +
    "71 seize Seize, 72 keep Keep, 73 hand_over HandOver, 74 evidence_return EvidenceReturn, " +
    "75 destroy Destroy, " +
    "76 lead Lead, 77 lead_step LeadStep, 78 case_open CaseOpen, 79 case_link CaseLink, " +
    "84 case_transfer CaseTransfer, 85 transfer_reply TransferReply, 86 case_outcome CaseOutcome, " +
    "87 case_close CaseClose, 88 watch Watch",
  Void: "1 target StatementRef, 2 reason string",
  Endorse: "1 target StatementRef",
  Erase: "1 target StatementRef, 2 digests bytes*, 3 reason string, 4 legal_basis string",
  Genesis:
    "1 origin string, 2 random bytes, 3 log_key string, 4 answer_key string, 5 witness_keys string*, " +
    "6 roots RootAuthority*, 7 threshold uint32, 8 settings Settings, 9 predecessor Predecessor",
  RootAuthority: "1 party string, 2 name string, 3 algorithm Algorithm, 4 public_key bytes, 5 possession bytes",
  Settings: "1 max_id_age int64, 2 max_ahead int64",
  Predecessor: "1 ledger bytes, 2 size uint64, 3 root bytes",
};

const ENUMS: Readonly<Record<string, readonly number[]>> = {
  Role: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  AuthorityField: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  Algorithm: [0, 1],
  KeyUse: [0, 1, 2, 3],
  StatementKind: [
    0, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
    54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80,
    81, 82, 83, 84, 85, 86, 87, 88,
  ],
  ReceiveOutcome: [0, 1, 2, 3, 4],
  AdjustOutcome: [0, 1, 2, 3, 4, 5, 6],
  FilingOutcome: [0, 1, 2],
  CustomsOutcome: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  TestVerdict: [0, 1, 2, 3],
  Authenticity: [0, 1, 2, 3, 4],
  LeadAction: [0, 1, 2, 3],
  TransferDecision: [0, 1, 2, 3, 4],
};

/** Fields of which a message has one at most: the first and the last number. */
const ONEOF: Readonly<Record<string, readonly [number, number]>> = { Statement: [10, 88], Replacement: [40, 88] };

export interface Shape {
  readonly name: string;
  readonly fields: ReadonlyMap<number, Field>;
  readonly oneof: readonly [number, number] | undefined;
}

function field(text: string): Field {
  const [number, label, type] = text.split(" ") as [string, string, string];
  return { number: Number(number), label, type: type.replace("*", ""), repeated: type.endsWith("*") };
}

function shape(name: string, fields: string): Shape {
  const all = fields.split(", ").map(field);
  return { name, fields: new Map(all.map((one) => [one.number, one])), oneof: ONEOF[name] };
}

export const SHAPES: ReadonlyMap<string, Shape> = new Map(
  Object.entries(MESSAGES).map(([name, fields]) => [name, shape(name, fields)]),
);

export const ENUM_VALUES: ReadonlyMap<string, ReadonlySet<number>> = new Map(
  Object.entries(ENUMS).map(([name, values]) => [name, new Set(values)]),
);

/** The number of each kind of statement by its name. */
export const KIND_NUMBERS: ReadonlyMap<string, number> = new Map(
  [...(SHAPES.get("Statement")?.fields.values() ?? [])].filter((f) => f.number >= 10).map((f) => [f.label, f.number]),
);
