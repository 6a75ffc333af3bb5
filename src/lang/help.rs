//! The help of the command line in Chinese, laid over the English one that stands at the arguments.
//!
//! A test walks every command and argument: none may be missing here, and nothing here may be without use.

use clap::{Arg, ArgAction, Command};

/// Commands by their path.
pub(super) const COMMANDS: [(&str, &str); 61] = [
    ("", "源流：自证其答的供应链追溯账本。"),
    ("init", "创建账本：密钥、根主管部门、首条目。"),
    ("serve", "运行服务端。"),
    ("keygen", "生成密钥文件。"),
    ("config", "显示生效的配置及其来源。"),
    ("sign", "签署声明（JSON 或 JSON Lines），输出为 JSON Lines，不提交。"),
    ("submit", "提交声明（JSON、JSON Lines 或已签署的 JSON Lines）。"),
    ("item", "查物品现在何处。"),
    ("verify-item", "在您的权限内核验所扫之物是否与其编码相符；可疑或未知时退出码为 1。"),
    ("history", "列出关于一件物品的全部声明。"),
    ("trace", "追源头、查流向。"),
    ("trace source", "追源头：回溯至每个源头。"),
    ("trace flow", "查流向：追踪一件物品、一个包装或一批货物的每个去处。"),
    ("checkpoint", "账本最新的签名检查点（C2SP 签名文本）；加 --vkey 则输出其验证公钥。"),
    ("ledger", "账本的公开信息：标识、公钥、条目数、最新检查点。"),
    ("scan", "解读原始扫码内容（GS1 要素串，FNC1 写作 <GS>，或带括号），说明其所指。"),
    ("audit", "从字节起重新推导整个日志：已停止的账本目录，或服务端；指出首个不符之处。"),
    ("verify", "运营方的快捷写法，同 `audit DIR`，但不留存状态；只读，不改动其中任何文件。"),
    ("evidence", "证据包：提取、离线核验；欺诈证明的核验。"),
    ("evidence export", "从账本提取证据包：回答一个问题并自证其答案的单个文件。"),
    ("evidence verify", "不经网络核验证据包或欺诈证明：证明了什么、截至何时、由谁担保。"),
    ("access", "谁读了什么：将应答所附记录与日志核对；审计方可查某分钟的全部记录。"),
    ("access check", "核对应答所附记录：日志是否承诺了每一条。"),
    ("access list", "某分钟内谁读了什么；仅限审计方。"),
    ("rebuild", "从日志重新生成视图。"),
    ("backup", "将已停止的账本的日志复制到新目录。"),
    ("restore", "从备份恢复账本。"),
    ("demo", "演示：模拟贸易、一次崩溃，以及无一丢失的已确认声明。"),
    ("bench", "测量本机性能。"),
    ("validate", "逐行逐字段指出声明（JSON 或 JSON Lines）的全部问题；不记录任何内容。"),
    ("desk", "业务台：待收货、库存、已提交、批次资料。"),
    ("desk inbound", "发给您而尚未完全收货的发货单。"),
    ("desk shipment", "一张发货单，逐行列出。"),
    ("desk holdings", "您现有的库存。"),
    ("desk requests", "发给您的协查与真伪鉴别请求。"),
    ("desk submitted", "您提交过的声明，最新在前。"),
    ("desk dossier", "一个批的随货资料：注册证、许可、通关单、检验报告。"),
    ("case", "案件：内容、期限、汇总与布控预警，仅限承办单位。"),
    ("case show", "一个案件：其中各项声明、承办单位、全部期限及办理情况。"),
    ("case list", "您承办或曾承办的案件。"),
    ("case summary", "一段时间内您各案件的汇总表。"),
    ("case watch", "案件布控所涉的声明；他人不会知晓。"),
    ("finding", "规则发现：只提示线索，不作结论。"),
    ("finding list", "规则发现，最新在前。"),
    ("finding watch", "随其出现、变化与消除持续输出，直至中止；可从游标处继续。"),
    ("import-lot", "海关核查一份进口报关单：逐项结论、阻碍放行的事项与决定草稿。"),
    ("import-lots", "某关区或口岸的进口报关单及其状态、已过天数。"),
    ("attach", "账本旁的附件，由声明引用。"),
    ("attach put", "在引用附件的声明之前上传附件；输出声明首部的写法。"),
    ("attach get", "下载某条目的声明所引用的附件并校验。"),
    ("attach info", "某条目的声明所引用的附件及其存否。"),
    ("attach rewrap", "为已停止的账本的全部附件换用新的主密钥。"),
    ("gateway", "网关：ERP 系统与账本之间的本机小程序。"),
    ("gateway run", "运行网关：REST、收件目录与发件箱。"),
    ("gateway submit", "交入单据：CSV、XLSX、XML 或 JSON；网关未运行时直接进入其发件箱。"),
    ("gateway status", "单据的去向：指定单号的，否则待发送或被拒的。"),
    ("gateway put-aside", "搁置一张待发送的单据：移出队列，保留其签名与单号；其余单据继续发送。"),
    ("gateway retry", "将搁置的单据放回队列，或立即重试待发送的单据。"),
    ("gateway give-up", "放弃一张因账本缺少登记而等待的单据：计为被拒，其单号可用于更正。"),
    ("witness", "见证者：日志的检查点经证明承接前一个时，为其联署。"),
    ("gateway key", "显示签名所用密钥，以及由登记方签署的登记声明（JSON）。"),
];

/// Arguments by name, or by command and name where they mean something else there.
pub(super) const ARGUMENTS: [(&str, &str); 156] = [
    ("help", "显示帮助。"),
    ("version", "显示版本。"),
    ("json", "在标准输出给出一个 JSON 值（或 JSON Lines），而非给人看的文字。"),
    ("lang", "给人看的文字所用语言；默认取自系统区域设置。"),
    ("data", "账本目录。"),
    ("checkpoint.data", "读取已停止的账本目录，而不询问服务端。"),
    ("vkey", "改为输出日志的验证公钥。"),
    (
        "memory",
        "在此保存各账本所见过的最大检查点，以察觉日志被回退或出现两份历史；默认 $XDG_STATE_HOME/yuanliu 或 ~/.local/state/yuanliu。",
    ),
    (
        "access_records",
        "将特权读取的应答所附记录逐行追加到此文件：日后可据以证明某次读取未入日志（`yuanliu access check`）。应答未附记录即拒用：仅供具有主管部门或审计方角色的主体使用。",
    ),
    ("no_memory", "不保存检查点，也不与以往所见相对照。"),
    (
        "demo.data",
        "账本留存的目录；默认用临时目录，结束后删除。目录中已有沙盒时从原处继续（账本、密钥、对方均不变）。",
    ),
    (
        "bench.costs",
        "改测封存与磁盘的开销，约两分钟：每个链接的 CPU、归并进行与否时的回执延迟、压实后各部分的字节数。",
    ),
    ("bench.data", "账本存放的目录；默认用临时目录，结束后删除。"),
    ("origin", "日志在检查点中的名称，例如 \"example.com/yuanliu\"。"),
    ("roots", "根主管部门：PARTY（在 DIR/keys 中生成密钥文件）或 PARTY=KEYFILE；多个则重复此参数。"),
    ("threshold", "根行为所需的根主管部门数；默认过半数。"),
    ("no_passphrase", "密钥文件不设口令。"),
    ("config", "配置文件（TOML）；环境变量（YUANLIU_…）与命令行参数优先于它。"),
    ("listen", "gRPC 服务地址，例如 \"0.0.0.0:7443\"；端口 0 表示任取空闲端口。"),
    ("http", "指标与健康检查的 HTTP 地址。"),
    ("ready_file", "就绪后把实际监听的地址以 JSON 写入此文件。"),
    ("until_eof", "标准输入结束时停止：不比父进程活得更久。"),
    ("accept_clock_jump", "即使本机时钟与最后一条的记录时间相差过大也启动。"),
    ("keygen.output", "密钥的写入位置（PKCS#8 PEM）；须不存在。"),
    ("keygen.party", "同时输出登记声明（JSON），由登记方为此主体签署……"),
    ("keygen.ledger", "……所登记账本的标识（64 位十六进制；见 `yuanliu ledger`）。"),
    ("uses", "密钥用途：sign、read、administer。"),
    ("server", "服务端地址。"),
    ("ca", "所信任的证书（PEM），代替系统证书，例如 DIR/tls/cert.pem。"),
    ("key", "主体的密钥文件。"),
    ("party", "签署或查询的主体。"),
    ("purpose", "查询目的；写入每个读取令牌。"),
    ("ledger", "应为此账本（64 位十六进制）；默认以服务端所报为准。"),
    (
        "findings_wait",
        "最多等待这么多毫秒，以取得规则对刚记录的声明的提示；0 表示不等待。一旦应答未附提示，后续不再等待。",
    ),
    ("case", "案件编号，32 位十六进制；读取令牌中一并写明。"),
    ("case list.open", "不含已结案及已不再承办的。"),
    ("case summary.from", "首日，YYYY-MM-DD。"),
    ("case summary.to", "末日。"),
    ("csv", "输出为 CSV。"),
    ("start", "自此条目查起。"),
    ("follow", "等待新条目，直至中止。"),
    ("scans", "扫码内容（FNC1 写作 <GS>）或规范编码。"),
    ("rule", "仅此规则，例如 UNKNOWN_ITEM（见 docs/RULES.md）。"),
    ("severity", "至少这一严重程度。"),
    ("about", "关于此主体。"),
    ("goods", "关于此批次，或此产品及其各批次。"),
    ("since", "此日所在周及以后，YYYY-MM-DD。"),
    ("until", "此日所在周及以前。"),
    ("states", "取哪些状态。"),
    ("finding list.item", "有明细涉及此物品或包装，以其任一编码指明。"),
    ("cursor", "上次输出的游标；不指定则先给出全部。"),
    ("only_new", "仅输出此后的变化。"),
    ("files", "声明文件；\"-\" 为标准输入。"),
    ("on_behalf_of", "依授权代此委托方签署。"),
    ("site", "声明未写明场所时所用的场所。"),
    ("signed", "文件中是已签署的声明，即 `yuanliu sign` 的输出。"),
    ("item", "物品：\"sgtin:…\"、\"sscc:…\"、\"cdtc:…\"、\"ma:…\"、\"ahm:…\" 或 \"lot:…\"。"),
    ("limit", "结果最多几行；默认 1,000。"),
    ("history.limit", "最多几条；默认全部。"),
    ("text", "扫码内容。"),
    ("verify.ledger", "应为此账本（64 位十六进制），以您从可信方得知的为准。"),
    ("evidence export.data", "改为读取已停止的账本目录，而不询问服务端。"),
    ("evidence export.item", "单件或容器的历史：\"sgtin:…\"、\"sscc:…\"、\"cdtc:…\"、\"ma:…\"、\"ahm:…\"。"),
    ("evidence export.lot", "批次的历史：\"lot:…\"。"),
    ("evidence export.about_party", "主体的登记事项，及其签署或被提及的记录（提取方由 --party 指定）。"),
    ("evidence export.document", "单证下的声明：\"bill:…\"、\"declaration:…\" 等。"),
    ("evidence export.entry", "按索引取单个条目。"),
    ("evidence export.absent", "证明某物品、单证或主体从未被提及。"),
    ("evidence export.as_of", "以多少条目为限；默认为最新封印所涵盖的全部。"),
    ("evidence export.named_only", "只含所查对象的历史，不含其所属的容器、批次与单证。"),
    ("evidence export.case", "所为案件；写入文件。"),
    ("evidence export.output", "写入此文件；须不存在。"),
    ("access check.data", "改为读取已停止的账本目录，而不询问服务端。"),
    ("access check.file", "由 --access-records 保存的记录。"),
    ("access check.proofs", "漏记证明写入此目录。"),
    ("access list.data", "改为读取已停止的账本目录，而不询问服务端。"),
    ("access list.minute", "分钟：其中任一时刻（RFC 3339），或自 1970 年起的分钟数。"),
    ("access list.minutes", "自该分钟起共多少分钟。"),
    ("evidence verify.file", "待核验的文件。"),
    (
        "evidence verify.ledger",
        "所属账本须为此账本（64 位十六进制），以您从可信方得知的为准；欺诈证明只需日志公钥。",
    ),
    ("evidence verify.log_key", "日志公钥，即 `yuanliu init` 与 `yuanliu checkpoint --vkey` 所输出的公钥。"),
    ("evidence verify.witness_key", "您所信任的见证方的公钥。可重复。"),
    ("auditor_key", "您所信任的审计见证方的公钥：会签前先重新推导全部内容。可重复。"),
    ("quorum", "其中须有多少个见证方已会签；默认全部。"),
    ("max_age", "封存条目早于此秒数的证据包予以拒绝。"),
    ("evidence verify.report", "证据包成立时，将打印用报告（HTML，中英文）写入此文件；须不存在。"),
    ("log_key", "检查点须由此日志公钥签署，即 `yuanliu init` 所输出的公钥。"),
    ("checkpoint", "自行留存或从别处取得的已签署检查点文件；日志须与之相符。可重复。"),
    (
        "evidence verify.tsa_root",
        "向您所信任的时间戳机构签发证书者的证书（PEM）：文件中的时间戳逐一核验，须全部成立。可重复。不给出则仅附带，不核验。",
    ),
    (
        "tsa_root",
        "向您所信任的时间戳机构签发证书者的证书（PEM）：所存时间戳逐一核验，并与记录时间相对照。可重复。",
    ),
    ("verify.witness_key", "首条目所列之外您所信任的见证方的公钥：以其会签与记录时间相对照。可重复。"),
    ("max_time_lag", "条目晚于某会签或时间戳出现、其记录时间却早于该时刻超过此秒数的，予以提示；默认 60。"),
    ("witness_key", "您信任其时钟的见证者的公钥：以其联署时间核对记录时间。可重复。"),
    (
        "target",
        "已停止的账本目录，或公布日志的网址（C2SP tlog-tiles）：无 --key 与 --party 时只查验叶、哈希块与检查点；\
         有则另查验 --server 给出的全部内容。",
    ),
    (
        "state",
        "在此保存推导结果，供下次审计同一日志时续行，被强行终止后亦然。约需视图大小的空间；审计服务端时另加日志。",
    ),
    ("audit.scratch", "不用 --state 时临时视图所在的目录；默认为系统临时目录（TMPDIR）。"),
    ("scratch", "临时视图所在的目录；默认为系统临时目录（TMPDIR）。约需视图大小的空间。"),
    ("backup.output", "备份的去处；须不存在或为空，且不在账本目录之内。"),
    ("backup", "备份。"),
    ("once", "做完即退出；否则服务端持续运行至 Ctrl-C。"),
    ("seed", "模拟贸易的种子：种子相同，贸易相同。"),
    ("demo.statements", "模拟贸易的声明数（约）。"),
    ("quick", "45 秒之内完成。"),
    ("bench.statements", "测量的声明数；默认以时间所容为限。"),
    ("serve", "改为沙盒：持续运行的账本，模拟对方会给您发货，并确认您的发货。"),
    ("demo.listen", "沙盒的监听地址；端口 0 表示任取空闲端口。"),
    ("every", "沙盒中两次发货给您之间的秒数。"),
    ("sender", "只列此主体发来的。"),
    ("desk inbound.limit", "最多几行；0 = 全部。"),
    ("desk holdings.limit", "最多几行；0 = 全部。"),
    ("desk requests.limit", "最多几行；0 = 全部。"),
    ("open", "只列尚未答复的。"),
    ("desk submitted.limit", "最多几行；0 = 全部。"),
    ("statement", "发货声明，写作 PARTY#UUID；`desk inbound` 会列出。"),
    ("desk holdings.lot", "只列此批。"),
    ("desk holdings.site", "只列此场所。"),
    ("contents", "列出包装内的物品，而非包装本身。"),
    ("kind", "只列此类声明，例如 \"ship\"。"),
    ("business_key", "只列此业务单号。"),
    ("desk dossier.lot", "批。"),
    ("desk dossier.item", "该批中的一件物品。"),
    ("declaration", "报关单号：18 位数字，可带 \"decl:\"。"),
    ("draft", "只输出决定草稿，可直接用于 `yuanliu sign` 与 `submit`。"),
    ("office", "只列此关区：四位代码或其开头。"),
    ("port", "只列有批次在此口岸备案的。"),
    ("import-lots.state", "只列此状态的；可重复。"),
    ("older_than", "只列申报至今不少于此天数的。"),
    ("import-lots.limit", "最多几行；0 = 全部。"),
    ("attach put.files", "附件文件。"),
    ("role", "附件的性质：\"invoice\"、\"packing-list\"、\"test-report\"、\"photo\" 等。"),
    ("media_type", "媒体类型；文件名后缀不足以判断时填写。"),
    ("attach put.entry", "已引用它的您的声明的条目，用于补传遗失的附件。"),
    ("entry", "声明的条目。"),
    ("digest", "附件摘要或其开头；只有一个附件时可省略。"),
    ("attach get.output", "写入位置；须不存在。"),
    ("attach", "随声明上传的附件，写作 FILE[:role]；可重复。"),
    ("keygen.witness", "改为生成此名称的见证者的密钥，例如 \"witness.example/1\"；输出其验证公钥。"),
    ("witness.config", "见证者设置（TOML）；命令行参数优先于它；见 docs/WITNESS.md。"),
    ("witness.key", "见证者的密钥文件，由 `yuanliu keygen --witness NAME` 生成。"),
    ("logs", "所见证日志的验证公钥，例如 \"log.example/a+1a2b3c4d+AX…\"；多个则重复此参数。"),
    ("witness.data", "见证者状态的目录。"),
    ("new", "新建状态：仅用于从未联署过的见证者。"),
    ("witness.listen", "监听地址；端口 0 表示任取空闲端口。默认 127.0.0.1:7490。"),
    ("prefix", "所有路径之前的路径，例如 \"/w1\"。"),
    ("tls_cert", "TLS 所用的证书链（PEM）。"),
    ("tls_key", "该证书的私钥（PEM）。"),
    ("audit", "联署前重新推导日志的全部内容：设置文件的 [[audit]] 节写明各日志由谁、从何处读取。"),
    ("plain_http", "不用 TLS：仅限本机，或置于提供 TLS 的代理之后。"),
    ("settings", "网关设置（TOML）；见 docs/GATEWAY.md。"),
    ("gateway submit.files", "单据文件。"),
    ("number", "单据自身的单号。"),
    ("reason", "搁置的原因；与单据一同保存。"),
    ("gateway put-aside.kind", "声明的种类，如 \"ship\"；仅在同一单号有多张单据时需要。"),
    ("gateway retry.kind", "声明的种类，如 \"ship\"；仅在同一单号有多张单据时需要。"),
    ("gateway give-up.kind", "声明的种类，如 \"ship\"；仅在同一单号有多张单据时需要。"),
    ("principal", "委托方；仅在种类仍不足以区分时需要，空 = 签名方自身。"),
];

const EXIT_CODES: &str = "\
退出码：0 完成；1 被拒绝或校验未通过；2 用法有误（参数、设置或其所指）；3 服务端无法连接或繁忙；4 文件或机器故障；130 未完成即被要求结束。";

const TEMPLATE: &str = "{about}\n\n用法：{usage}\n\n{all-args}{after-help}";

/// The text for a command's path.
pub(super) fn of_command(path: &str) -> Option<&'static str> {
    COMMANDS.iter().find(|(p, _)| *p == path).map(|(_, text)| *text)
}

/// The row for an argument of a command.
pub(super) fn of_argument(path: &str, id: &str) -> Option<&'static (&'static str, &'static str)> {
    let own = format!("{path}.{id}");
    let row = |name: &str| ARGUMENTS.iter().find(|(n, _)| *n == name);
    row(&own).or_else(|| row(id))
}

/// A command with its commands and arguments, in Chinese.
pub(super) fn chinese(command: Command) -> Command {
    translated(command, "").after_help(EXIT_CODES)
}

fn translated(mut command: Command, path: &str) -> Command {
    if let Some(about) = of_command(path) {
        command = command.about(about);
    }
    command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .arg(flag("help", 'h', ArgAction::Help));
    if path.is_empty() {
        command = command.disable_version_flag(true).arg(flag("version", 'V', ArgAction::Version));
    }
    let heading = |arg: &Arg| if arg.is_positional() { "参数" } else { "选项" };
    command = command.mut_args(|arg| {
        let heading = heading(&arg);
        let text = of_argument(path, arg.get_id().as_str()).map_or("", |(_, text)| text);
        arg.help(text).help_heading(heading)
    });
    command.mut_subcommands(|sub| {
        let name = sub.get_name().to_owned();
        let path = if path.is_empty() { name } else { format!("{path} {name}") };
        translated(sub, &path)
    })
}

fn flag(name: &'static str, short: char, action: ArgAction) -> Arg {
    Arg::new(name).long(name).short(short).action(action)
}
