//! Every reason that the gateway gives itself: one table, from which answers, reports and the last part of
//! docs/ERRORS.md are made. What the ledger's own rules refuse has the ledger's reason (`statement::Reason`).

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $status:literal,
        $en:literal => $en_do:literal, $zh:literal => $zh_do:literal;)*) => {
        /// Why something was not taken in. The text form is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Reason { $($(#[doc = $doc])* $name,)* }

        impl Reason {
            #[cfg(test)]
            pub(super) const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, stringify!($name)),)*];

            /// The stable name.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Status of an HTTP answer that is about this alone; 422 for what is told among `faults`.
            pub(crate) const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// What is wrong and what to do.
            pub(crate) const fn english(self) -> &'static str {
                match self { $(Self::$name => concat!($en, "; ", $en_do),)* }
            }

            /// The same in Chinese.
            pub(crate) const fn chinese(self) -> &'static str {
                match self { $(Self::$name => concat!($zh, "；", $zh_do),)* }
            }

            /// Cause and remedy, in English and in Chinese.
            #[cfg(test)]
            pub(super) const fn parts(self) -> [&'static str; 4] {
                match self { $(Self::$name => [$en, $en_do, $zh, $zh_do],)* }
            }
        }
    };
}

reasons! {
    /// Larger than may be. Of a request's body it is the status; of a file's inside a fault.
    TooLarge = "TOO_LARGE", 413,
        "the file or request is larger than the gateway takes, or its parts inflate to more, or it broke off" => "split it, and hand it in again",
        "文件或请求过大、解压后过大，或传输中断" => "请拆分后重新提交";
    /// Too many lines.
    TooManyLines = "TOO_MANY_LINES", 422,
        "the file has more lines than are taken at a time" => "split it between two bills",
        "文件行数超过上限" => "请在两张单据之间拆分文件";
    /// Too many columns.
    TooManyColumns = "TOO_MANY_COLUMNS", 422,
        "the file has more columns than are taken" => "leave out those that no bill needs",
        "文件列数超过上限" => "请删去单据不需要的列";
    /// Not text in a known encoding, or in two.
    Encoding = "ENCODING", 422,
        "the file cannot be read as text, or could be read in two encodings with different words" => "save it as UTF-8 with BOM",
        "无法判定文件的文本编码，或两种编码均可读而内容不同" => "请另存为带 BOM 的 UTF-8";
    /// Not CSV.
    BrokenCsv = "BROKEN_CSV", 422,
        "the file cannot be read as CSV" => "export it again; the line is named",
        "文件无法按 CSV 读取" => "请重新导出，出错行见说明";
    /// Not XLSX.
    BrokenXlsx = "BROKEN_XLSX", 422,
        "the file cannot be read as XLSX" => "open it and save it again, or save it as CSV UTF-8",
        "文件无法按 XLSX 读取" => "请打开后重新保存，或另存为 CSV UTF-8";
    /// Not XML.
    BrokenXml = "BROKEN_XML", 422,
        "the file cannot be read as XML" => "export it again; the line is named",
        "文件无法按 XML 读取" => "请重新导出，出错行见说明";
    /// Not JSON.
    BrokenJson = "BROKEN_JSON", 422,
        "the bill cannot be read as JSON, or names a field twice" => "correct it at the line named",
        "单据无法按 JSON 读取，或字段重复" => "请在所指行更正";
    /// Another shape.
    NotABill = "NOT_A_BILL", 422,
        "the file is none of bills: an object of JSON, or Document with Events in XML, is expected, and JSON in its own place" => "hand in the file that was meant; JSON goes to /v1/bills or /v1/statements, or into a file that ends in .json",
        "不是单据文件：JSON 应为对象，XML 应为 Document 内含 Events，且 JSON 不与其他文件混用" => "请提交正确的文件；JSON 请提交至 /v1/bills 或 /v1/statements，或存为 .json 文件";
    /// Nothing in it.
    Empty = "EMPTY", 422,
        "the file holds no line of a bill" => "export it again",
        "文件没有单据数据" => "请重新导出";
    /// An element that is not known.
    ElementUnknown = "ELEMENT_UNKNOWN", 422,
        "an element of the XML is not known at its place" => "leave it out; docs/GATEWAY.md shows the shape",
        "此处出现未知的 XML 元素" => "请删去，格式见 docs/GATEWAY.md";
    /// A head that means nothing.
    ColumnUnknown = "COLUMN_UNKNOWN", 422,
        "a column, field or attribute has no meaning for bills" => "give its meaning under [bills.columns], list it in ignore-columns, or correct its name",
        "列、字段或属性没有对应的含义" => "请在 [bills.columns] 中说明其含义，列入 ignore-columns，或更正名称";
    /// A head that is needed.
    ColumnMissing = "COLUMN_MISSING", 422,
        "the file lacks a column that every bill needs" => "add it, or give its meaning under [bills.columns]",
        "文件缺少必需的列" => "请补上，或在 [bills.columns] 中说明其含义";
    /// Two heads of one meaning.
    ColumnTwice = "COLUMN_TWICE", 422,
        "two columns mean the same" => "leave one out",
        "两列含义相同" => "请删去一列";
    /// Cells without a head.
    ColumnNameless = "COLUMN_NAMELESS", 422,
        "a cell stands in a column without a head" => "name the column, or empty it",
        "单元格所在的列没有列名" => "请填写列名或清空该列";
    /// A column that bills of the type do not have.
    ColumnNotForType = "COLUMN_NOT_FOR_TYPE", 422,
        "a bill of this type, or such a line of it, has no place for the cell" => "leave it empty, or fill in what it belongs to",
        "此类单据或此类行无处记录该单元格" => "请留空，或补填其所属的内容";
    /// A cell beside a code that has no place in the statement.
    BesideCode = "BESIDE_CODE", 422,
        "a cell says of a coded item what its code does not say, and would get lost" => "leave it empty, or list the column in ignore-columns",
        "单元格写明的内容是同一行编码本身所不含的，会丢失" => "请留空，或将该列列入 ignore-columns";
    /// A cell beyond the heads.
    CellTooMany = "CELL_TOO_MANY", 422,
        "a cell stands beyond the last column" => "see whether a separator stands within a cell without quotes",
        "有单元格超出最后一列" => "请检查单元格中是否有未加引号的分隔符";
    /// A long cell.
    CellTooLong = "CELL_TOO_LONG", 422,
        "a cell is longer than is taken" => "shorten it",
        "单元格过长" => "请缩短";
    /// A cell whose meaning has been lost.
    CellUnreadable = "CELL_UNREADABLE", 422,
        "a cell is a number that has lost digits, or may have (in a spreadsheet beyond 15, in JSON with a fraction or beyond 64 bits), or a duration or an error" => "format the column as text and fill it in again; in JSON put the number in quotes",
        "单元格是已丢失或可能丢失数位的数字（表格中超过 15 位，JSON 中带小数或超出 64 位）、时长或错误值" => "请将列设为文本格式后重新填写，JSON 中请为数字加引号";
    /// Needed and empty.
    Missing = "MISSING", 422,
        "is empty" => "fill it in",
        "为空" => "请填写";
    /// Lines of one bill contradict each other.
    Differs = "DIFFERS", 422,
        "a line differs from an earlier one of its bill in what they share, or a cell from what the code or document beside it says" => "correct it, or write two bills",
        "同一单据的各行在应一致处不一致，或单元格与同一行的编码、单据不一致" => "请更正或分为两张单据";
    /// No type of bill.
    UnknownType = "UNKNOWN_TYPE", 422,
        "the type of the bill is not known" => "write number or name of a type of docs/GATEWAY.md",
        "未知的单据类型" => "请写 docs/GATEWAY.md 所列的类型号或名称";
    /// A type that bills cannot express.
    TypeNotSupported = "TYPE_NOT_SUPPORTED", 422,
        "bills of this type do not say enough for a statement" => "complete the statement that is shown and hand it in under /v1/statements",
        "此类单据的内容不足以构成声明" => "请补全所示声明并提交至 /v1/statements";
    /// No party.
    UnknownPartner = "UNKNOWN_PARTNER", 422,
        "the partner is no party" => "write uscc:…, gln:…, org:…, or put the code under [bills.partners]",
        "往来单位不是主体" => "请写 uscc:…、gln:…、org:…，或在 [bills.partners] 中登记该代码";
    /// No site.
    UnknownSite = "UNKNOWN_SITE", 422,
        "the site is none, or its code is not among those of the settings" => "write site:…, or put the code under [bills.sites]",
        "不是场所，或代码未在设置中登记" => "请写 site:…，或在 [bills.sites] 中登记该代码";
    /// No product.
    UnknownProduct = "UNKNOWN_PRODUCT", 422,
        "the product is none" => "write a GTIN, gtin:…, or put the code under [bills.products]",
        "不是产品" => "请写 GTIN、gtin:…，或在 [bills.products] 中登记该代码";
    /// No code of a thing, or of one that does not belong here.
    BadCode = "BAD_CODE", 422,
        "the code is none of an item, or not of one that can stand here" => "scan it again; the description says what is wrong",
        "不是物品编码，或不是此处可用的编码" => "请重新扫描，错误见说明";
    /// A code that could be of two things.
    CodeAmbiguous = "CODE_AMBIGUOUS", 422,
        "the 20 digits may be (00) and the SSCC of a pallet or parcel, or a drug trace code" => "write sscc: and the last 18 digits, or cdtc: and all 20",
        "20 位数字既可能是（00）加托盘或箱的 SSCC，也可能是药品追溯码" => "请写 sscc: 加后 18 位，或 cdtc: 加全部 20 位";
    /// No lot.
    BadLot = "BAD_LOT", 422,
        "the lot number cannot be one of the product" => "correct it, or write lot:gtin:GTIN14.LOT",
        "不能作为该产品的批号" => "请更正，或写 lot:gtin:GTIN14.LOT";
    /// No amount.
    BadQuantity = "BAD_QUANTITY", 422,
        "the quantity is no whole number from 1, or another than 1 beside the code of one thing" => "use a smaller unit for parts, and leave it empty beside a code",
        "数量不是正整数，或与独立编码并列而不为 1" => "不足一个单位时请改用更小的单位，有独立编码的行请留空";
    /// No time, or a day alone.
    BadTime = "BAD_TIME", 422,
        "the time cannot be read, or is a day alone" => "write 2026-11-20 08:30:00, with or without +08:00, or say under [bills.day-means] what a day alone means",
        "无法读取时间，或只有日期" => "请写成 2026-11-20 08:30:00，可带 +08:00，或在 [bills.day-means] 中说明仅有日期时的时刻";
    /// No day.
    BadDay = "BAD_DAY", 422,
        "the day cannot be read" => "write 2026-11-20",
        "无法读取日期" => "请写成 2026-11-20";
    /// No document.
    BadDocument = "BAD_DOCUMENT", 422,
        "the number of a document cannot be read" => "write waybill:PARTY/NUMBER or bill:PARTY/NUMBER, or fill in the party whose number it is",
        "无法读取单据号或运单号" => "请写 waybill:主体/号码 或 bill:主体/号码，或填写编号所属的单位";
    /// No outcome.
    BadOutcome = "BAD_OUTCOME", 422,
        "the outcome of a line is not known" => "write accepted, short, over, damaged or refused",
        "未知的验收结果" => "请写 合格、短少、多货、破损、拒收 之一";
    /// No temperature.
    BadTemperature = "BAD_TEMPERATURE", 422,
        "the temperature cannot be read" => "write degrees Celsius such as 5.4",
        "无法读取温度" => "请写摄氏度，例如 5.4";
    /// Neither yes nor no.
    BadYes = "BAD_YES", 422,
        "neither yes nor no" => "write one of them",
        "既非“是”也非“否”" => "请写其一";
    /// JSON of another type.
    BadValue = "BAD_VALUE", 422,
        "a field of the JSON is of another type" => "write texts and numbers, and lines as a list of objects",
        "JSON 字段类型不符" => "字段应为文本或数字，lines 应为对象列表";
    /// Not a statement.
    BadStatement = "BAD_STATEMENT", 422,
        "the JSON is not that of a statement" => "correct the field named; examples/statements shows every kind",
        "不是声明的 JSON 形式" => "请更正所指字段，各类示例见 examples/statements";
    /// Somebody else's statement.
    NotOurs = "NOT_OURS", 422,
        "the header names another ledger or signer than the gateway's" => "leave the field out, or hand it to the right gateway",
        "声明头写明的账本或签署方并非本网关的" => "请留空，或提交给对应的网关";
    /// A question that cannot be.
    BadQuery = "BAD_QUERY", 400,
        "a part of the query has a value that cannot be" => "write after and limit as numbers, and state as one of those listed",
        "查询参数的值无效" => "after 与 limit 应为数字，state 应为所列取值之一";
    /// An order that cannot be.
    BadRequest = "BAD_REQUEST", 400,
        "the order is not understood" => "write number, where needed kind and principal, and a reason to put a bill aside",
        "无法理解该请求" => "请填写 number，必要时加 kind 与 principal；搁置单据须写 reason";
    /// The secret is missing or wrong.
    NoSecret = "NO_SECRET", 401,
        "the secret is missing or wrong" => "send Authorization: Bearer SECRET, which stands in the file secret in the data directory",
        "缺少密钥或密钥不符" => "请出示 Authorization: Bearer 密钥，密钥在数据目录的 secret 文件中";
    /// A browser that a page drives.
    FromAPage = "FROM_A_PAGE", 403,
        "requests from web pages are not taken" => "call from a program",
        "不接受来自网页的请求" => "请由程序调用";
    /// Nothing under the path.
    NoSuchPath = "NO_SUCH_PATH", 404,
        "there is nothing under this path" => "see docs/GATEWAY.md for those there are",
        "该路径不存在" => "可用路径见 docs/GATEWAY.md";
    /// No such bill.
    UnknownBill = "UNKNOWN_BILL", 404,
        "no such bill is here, or it is in no state for the order" => "check number, kind, principal and state",
        "没有这样的单据，或其状态不允许该操作" => "请核对单号、kind、principal 与状态";
    /// A slow request.
    TooSlow = "TOO_SLOW", 408,
        "the request did not arrive in time" => "send it again, split where it is large",
        "请求未按时到达" => "请重新发送，过大时请拆分";
    /// Several bills have the number.
    SeveralBills = "SEVERAL_BILLS", 409,
        "several bills have the number" => "name kind and principal too",
        "该单号有多张单据" => "请指明 kind 与 principal";
    /// Not to be given up.
    NotRefused = "NOT_REFUSED", 409,
        "the bill does not wait for what the ledger lacks, or is being tried just now" => "try again, or put it aside",
        "该单据并非因账本缺少登记而等待，或正在重试" => "请稍后再试，或先搁置";
    /// Called by a foreign name.
    WrongHost = "WRONG_HOST", 421,
        "the request calls the gateway by a name that is not its own" => "add the name to hosts in the settings if it is",
        "Host 不是本网关的名称" => "若确为其名称，请加入配置的 hosts";
    /// This machine.
    Machine = "GATEWAY_MACHINE", 500,
        "something is wrong on this machine: clock, file system or settings" => "read the message and the log, mend it, and send again",
        "本机故障：时钟、文件系统或配置" => "请按说明与日志排除后重新发送";
    /// As many requests as may be.
    Busy = "BUSY", 503,
        "too many requests at a time" => "send it again later",
        "同时处理的请求过多" => "请稍后重发";
    /// The key's device is silent.
    KeySilent = "KEY_SILENT", 503,
        "the signing key does not answer, and nothing was taken in" => "look after the token, then send again",
        "签名密钥无应答，未接收任何内容" => "请检查密钥设备后重新发送";
    /// As many bills as may wait.
    OutboxFull = "OUTBOX_FULL", 503,
        "as many bills or bytes wait as the settings allow" => "wait until the ledger can be reached again, or raise the bound",
        "待发送单据已达上限" => "请待账本恢复连接，或调高上限";
    /// The disk.
    OutboxBroken = "OUTBOX_BROKEN", 507,
        "the outbox cannot be read or written" => "free disk space or mend the disk, then send the same again",
        "发件箱无法读写" => "请释放磁盘空间或修复磁盘，然后原样重发";
}
