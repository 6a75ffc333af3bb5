// A verdict in sentences, in Chinese and English: what is proven, by whose word, and what is only claimed.

import type { Act } from "./acts.js";
import type { Fraud, Proven, Refused, Verdict } from "./verdict.js";

export type Words = readonly [chinese: string, english: string];

/** 中文名 of each kind of statement (docs/FORMAT.md 5.3; a test compares them). */
export const KIND_NAMES: Readonly<Record<string, string>> = {
  party: "主体登记", site: "场所登记", licence: "许可", registration: "产品注册", enrol_key: "密钥登记", revoke_key: "密钥吊销",
  mandate: "委托授权", succession: "主体承继", designation: "指定经营", coverage: "登记范围", named_list: "名单", policy: "规则参数",
  commission: "赋码入库", pack: "装箱", unpack: "拆箱", ship: "出库", receive: "入库", use: "使用", alias: "关联码",
  transform: "返工分装", adjust: "盘点调整", service: "维修", condition: "温湿度", import_filing: "进口备案",
  declare_import: "报关", customs_decision: "海关放行", sample: "抽样", test_report: "检验报告", recall: "召回",
  recall_response: "召回答复", hold: "暂停", lift: "解除", inspection: "检查", self_inspection: "自查",
  adverse_event: "不良事件", listing: "网络发布", activity_figure: "业务数据", postal_check: "收寄验视", observation: "扫码",
  opinion: "认定意见", authenticity_reply: "真伪鉴别", assist_request: "协查", assist_reply: "协查答复",
  seize: "查封扣押", keep: "物证保管", hand_over: "物证移交", evidence_return: "发还", destroy: "销毁",
  lead: "线索", lead_step: "线索办理", case_open: "立案", case_link: "案件关联",
  correct: "更正", void: "作废", endorse: "会签", erase: "抹除附件",
  case_transfer: "案件移送", transfer_reply: "移送答复", case_outcome: "处理结果", case_close: "结案", watch: "布控",
};

/** The greatest time that a Date holds, µs. */
const LATEST = 8_640_000_000_000_000_000n;

/** µs since 1970 as a time in UTC, to the second; as the number where it is beyond what a date can be. */
export function instant(us: bigint): string {
  if (us < 0n || us > LATEST) return `${us} µs`;
  return new Date(Number(us / 1000n)).toISOString().replace(/\.[0-9]+Z$/, "Z");
}

/** The verdict in one sentence. */
export function headline(verdict: Verdict): Words {
  switch (verdict.verdict) {
    case "proven":
      return ["成立", "Proven"];
    case "fraud":
      return ["欺诈成立：日志密钥签署了互相矛盾的内容", "Fraud: the log's key has signed what cannot both be true"];
    case "refused":
      return ["不成立：文件内容均不足为信", "Refused: nothing in the file is to be believed"];
  }
}

export function sentences(verdict: Verdict): Words[] {
  switch (verdict.verdict) {
    case "proven":
      return ofProven(verdict);
    case "fraud":
      return [ofFraud(verdict)];
    case "refused":
      return [ofRefused(verdict)];
  }
}

function ofRefused({ part, why, why_zh }: Refused): Words {
  return [`首个不成立之处（${part}）：${why_zh}`, `The first thing that does not hold (${part}): ${why}`];
}

function ofFraud(fraud: Fraud): Words {
  if (fraud.kind === "fork") {
    const { size } = fraud;
    return [`日志密钥对 ${size} 个条目签署了两份不同历史`, `The log's key has signed two histories of ${size} entries`];
  }
  const { entries, subject, seal } = fraud;
  const name = `${subject.kind} ${subject.text}`;
  return [
    `条目 ${entries.join("、")} 提及 ${name}，而覆盖它们的封存条目 ${seal} 与之矛盾`,
    `Entries ${entries.join(", ")} name ${name}, and the seal of entry ${seal}, which covers them, contradicts that`,
  ];
}

function ofProven(proven: Proven): Words[] {
  const lines = [answer(proven), point(proven), vouched(proven), completeness(proven)];
  const { withheld, tokens_not_checked: tokens } = proven;
  if (withheld > 0) {
    lines.push([
      `${withheld} 个条目未出示内容：闭包无法经由它们推导`,
      `${withheld} entries are withheld: the closure is not derivable through them`,
    ]);
  }
  for (const { code, entries } of proven.warnings) lines.push(warning(code, entries));
  if (tokens > 0) {
    lines.push([`文件含 ${tokens} 个 RFC 3161 时间戳：仅附带，未核验`, `${tokens} time stamps (RFC 3161) are in the file: carried, not checked`]);
  }
  lines.push(extraction(proven), [
    "仅为声称：声明所述事实由签署方负责；签署方当时具备相应角色由账本准入审查负责；保密声明不在本证明范围内",
    "Only claimed: what statements say happened is their signers' word; that signers held the roles they acted in is the " +
      "ledger's admission; confidential statements are outside of all this",
  ]);
  return lines;
}

function answer({ query, answer: indices, covered }: Proven): Words {
  const { text } = query;
  switch (query.kind) {
    case "absent":
      return [`已证明：前 ${covered} 个条目从未提及 ${text}`, `Proven: ${text} is named by none of the first ${covered} entries`];
    case "entry":
      return [
        `已证明：条目 ${text} 在日志中，且由当时有效的密钥签署`,
        `Proven: entry ${text} is in the log, signed with a key valid at its place`,
      ];
    default:
      return [
        `已证明：${indices.length} 个条目提及 ${text}，前 ${query.as_of} 个条目中再无其他`,
        `Proven: ${indices.length} entries name ${text}, and among the first ${query.as_of} no others do`,
      ];
  }
}

function point({ covered, sealed_at, checkpoint }: Proven): Words {
  const at = instant(sealed_at);
  return [
    `截至：${covered} 个条目，封存于 ${at}；检查点含 ${checkpoint.size} 个条目`,
    `As of: ${covered} entries, sealed at ${at}; checkpoint of ${checkpoint.size} entries`,
  ];
}

function vouched({ vouchers, completeness: by }: Proven): Words {
  const names = (auditing: boolean): string => {
    const of = vouchers.filter((voucher) => voucher.auditing === auditing);
    return of.map(({ name, at }) => `${name} (${instant(at * 1_000_000n)})`).join(", ") || "—";
  };
  const [auditors, witnesses] = [names(true), names(false)];
  if (by === "audited") {
    return [
      `担保：审计见证方 ${auditors} 已重新推导检查点以下全部签名、链接与封存；见证方 ${witnesses}`,
      `Vouched by: auditing witnesses ${auditors}, who re-derived every signature, link and seal below the checkpoint; ` +
        `witnesses ${witnesses}`,
    ];
  }
  if (vouchers.length === 0) {
    return [
      "担保：完整性与历史唯一性均仅凭运营方之言",
      "Vouched by: the operator's word alone, for completeness and for there being one history only",
    ];
  }
  return [
    `担保：完整性仅凭运营方之言；历史唯一性由见证方 ${witnesses} 担保`,
    `Vouched by: completeness by the operator's word; one history only, by witnesses ${witnesses}`,
  ];
}

function completeness({ closure, subjects }: Proven): Words {
  const n = subjects.length;
  if (closure === "whole") {
    return [
      `完整：共 ${n} 个对象，含由条目推及的容器、投入物、关联码、批次、单据与密钥`,
      `Complete: ${n} subjects, with all that follows from the entries: containers, inputs, aliases, lots, documents and keys`,
    ];
  }
  return [
    `并非完整闭包：仅对所问对象及签名密钥（共 ${n} 个对象）完整；未追溯容器、批次与单据`,
    `NOT the whole closure: complete only for what is asked for and for the keys that signed (${n} subjects); containers, ` +
      "lots and documents are not followed",
  ];
}

function warning(code: string, entries: readonly number[]): Words {
  const list = entries.join(", ");
  if (code === "key_compromised") {
    return [
      `注意：以下条目由其时已泄露（见吊销声明）的密钥签署：${list}`,
      `Look: signed with a key while, as its revocation says, it was compromised: ${list}`,
    ];
  }
  return [
    `注意：以下条目的记录时间晚于见证方会签时间，必有一方时钟有误：${list}`,
    `Look: recorded later than a witness cosigned it, so one of the clocks is wrong: ${list}`,
  ];
}

function extraction({ extraction: { party, at, purpose, case: number } }: Proven): Words {
  const when = instant(BigInt(at));
  return [
    `提取（提取人自述）：${party}，${when}；用途：${purpose || "—"}；案件：${number || "—"}`,
    `Extraction, by the exporter's word: ${party}, ${when}; purpose: ${purpose || "—"}; case: ${number || "—"}`,
  ];
}

/** What an act is, and on what it acts. */
export function actWords(act: Act): Words {
  const target = act.target === undefined ? "" : ` #${act.target}`;
  return [(KIND_NAMES[act.kind] ?? act.kind) + target, act.kind + target];
}
