#include "reports/phrases.hpp"

#include <algorithm>
#include <vector>

namespace meterproof::reports {

namespace {

struct Phrase {
  std::string_view english;  // {} stands for any text, [] for one without blanks; it is put into Chinese too where it is a phrase
  std::string_view chinese;  // {1} … are those texts, in the order of the English
};

// The first that fits counts: what is more special stands before what is more general.
constexpr Phrase phrases[] = {
    // What a case comes to.
    {"not tried", "未执行"},
    {"not seen", "未见到"},
    {"as expected", "与预期一致"},
    {"as it should be", "符合要求"},
    {"as in the paper", "与文档一致"},
    {"expired", "已过期"},
    {"missing", "缺失"},
    {"absent", "缺失"},
    {"an array", "数组"},
    {"an object", "对象"},
    {"no Content-Type", "没有 Content-Type"},
    {"no further call", "没有后续调用"},
    {"nothing", "无"},
    {"none", "无"},
    {"as expected, in {} steps", "共 {1} 步，与预期一致"},
    {"{} steps as expected", "{1} 步与预期一致"},
    {"{} steps as expected, {} sequences cut short", "{1} 步与预期一致，{2} 个序列提前结束"},
    {"{} steps, each answered as the model has it", "{1} 步，每步应答都与模型一致"},
    {"any of {}, and nothing changed", "{1} 之一，且数据未变"},
    {"any of {}", "{1} 之一"},
    {"one of {}", "{1} 之一"},
    {"{}, and nothing changed", "{1}，且数据未变"},
    {"what {} did is seen through {}", "{1} 的效果可由 {2} 看到"},
    {"every answer is what the requests before it imply", "每个应答都与之前的请求相符"},
    {"what the requests before it imply", "与之前的请求相符"},
    {"done once, whatever is answered", "无论应答如何，只执行一次"},
    {"each is answered with its own rows", "每个请求得到各自的数据"},
    {"at least two rows, each of {} {}", "至少两行，每行的 {1} 均为 {2}"},
    {"a row in {}", "{1} 中有一行"},
    {"a failure that it waives, until {}", "所豁免的失败，有效期至 {1}"},
    {"nothing that it waives fails", "所豁免的用例均未失败"},
    {"application/json;charset=utf-8, and a body in UTF-8", "application/json;charset=utf-8，且正文为 UTF-8 编码"},
    {"{}, and bytes that are no UTF-8", "{1}，且含有非 UTF-8 字节"},
    {"{} = {}", "{1} = {2}"},
    {"String yyyy-MM-dd HH:mm:ss", "字符串 yyyy-MM-dd HH:mm:ss"},
    {"String yyyy-MM-dd", "字符串 yyyy-MM-dd"},
    {"step {}: {}", "第 {1} 步：{2}"},
    {"{} (after [] number [])", "{1}（第 {3} 次 {2} 之后）"},
    {"[]: [] is {}, {} expected", "{1}：{2} 为 {3}，应为 {4}"},
    {"[] is {}, {} expected", "{1} 为 {2}，应为 {3}"},
    {"[]: [] rows, [] expected", "{1}：{2} 行，应为 {3} 行"},
    {"[] rows, [] expected", "{1} 行，应为 {2} 行"},
    {"[]: [] answers {}", "{1}：{2} 应答 {3}"},
    {"[] answers {}", "{1} 应答 {2}"},
    {"{}, [] rows", "{1}，{2} 行"},
    {"{} finds {}, which a refused request named", "{1} 查到了 {2}，而提到它的请求已被拒绝"},
    {"no reply from {}: {}", "{1} 没有应答：{2}"},

    // Why a case is what it is.
    {"a request at fault was accepted", "有错误的请求被接受了"},
    {"the paper answers it with: {} ({})", "文档规定的应答：{1}"},
    {"the paper leaves it open, and the target refused: {} ({})", "文档未明确，目标系统拒绝了：{1}"},
    {"a valid request was refused; {}", "有效的请求被拒绝；{1}"},
    {"a valid request was refused", "有效的请求被拒绝"},
    {"the reply is not what the requests before it imply; {}", "应答与之前的请求不符；{1}"},
    {"the reply is not what the requests before it imply", "应答与之前的请求不符"},
    {"the shortest sequence found has {} steps", "找到的最短序列有 {1} 步"},
    {"the same sequence played again agreed", "同一序列重放一次则相符"},
    {"refused with another code than the paper's", "已拒绝，但结果码与文档不同"},
    {"refused with a code that nobody expected, but the paper names none", "以意料之外的结果码拒绝，但文档未规定结果码"},
    {"answered with another code than the paper's", "结果码与文档不同"},
    {"answered {}, which the paper does not rule out", "应答 {1}，文档并未排除"},
    {"refused, and yet something changed: {}", "虽已拒绝，数据却发生了变化：{1}"},
    {"something changed among these refusals, and it could not be found out by which: {}", "这些被拒绝的请求中有的改变了数据，但无法确定是哪一个：{1}"},
    {"whether it changed anything could not be seen: {}", "无法看到数据是否发生变化：{1}"},
    {"the request was answered with success, but what it says is not what {} shows (where a meter takes longer, give it time with --settle)",
     "请求应答成功，但其内容与 {1} 显示的不一致（若表具生效较慢，可用 --settle 给予时间）"},
    {"eight identical requests at once did not do what one does: {}", "同时发送八个相同请求，其效果与发送一个不同：{1}"},
    {"none of them succeeded: nothing can be said of how often it was done", "均未成功：无法判断执行了几次"},
    {"none of the requests succeeded: {}", "请求均未成功：{1}"},
    {"not every one of the requests got a reply", "并非每个请求都得到应答"},
    {"the request that should be repeated did not succeed: {}", "需要重复发送的请求本身未成功：{1}"},
    {"queries at the same moment were not answered with their own rows", "同时发送的查询没有得到各自的数据"},
    {"the same is answered to it alone, and other cases judge that", "单独发送时应答相同，由其他用例判断"},
    {"refused when sent at the same moment as others: it was not mixed up, and nothing was shown", "与其他请求同时发送时被拒绝：没有混淆，也没有显示数据"},
    {"not every row is listed", "没有列出全部数据行"},
    {"a row of another key is listed", "列出了其他主键的数据行"},
    {"the timestamp had been used by somebody else", "该时间戳已被他人使用"},
    {"a valid request was not answered as such: {}", "有效的请求没有得到应有的应答"},
    {"no reply: {}", "没有应答：{1}"},
    {"no valid request of {} succeeded", "{1} 没有一个有效请求成功"},
    {"no verdict without a control: the valid request did not succeed", "没有对照则不作判断：有效请求未成功"},
    {"no verdict without a control: the valid request ({}) did not succeed", "没有对照则不作判断：有效请求（{1}）未成功"},
    {"no verdict: the valid request that should have had an effect did not succeed: {}", "不作判断：本应生效的有效请求未成功：{1}"},
    {"the row that was asked for is not in the reply", "应答中没有所查询的数据行"},
    {"nothing is known of the row that was asked for", "对所查询的数据行一无所知"},
    {"a documented field has no value", "文档规定的字段没有值"},
    {"numbers and texts are exchanged", "数字与字符串类型互换"},
    {"a field of the reply is not as the paper has it", "应答中的字段与文档不符"},
    {"the reply is not in UTF-8", "应答不是 UTF-8 编码"},
    {"the reply's Content-Type does not say what it is", "应答的 Content-Type 与内容不符"},
    {"{} shows nothing of a row that has no reading yet", "数据行尚无读数时，{1} 不显示内容"},
    {"no interface in scope makes a {}: name one that exists with --known {}", "检查范围内没有接口能创建 {1}：请用 --known {2} 指定一个已有的"},
    {"the case needs a {}, and {} is not meant for the rows that it has", "用例需要 {1}，而 {2} 不适用于其数据行"},
    {"the case needs a {}, and {} did not make one: {}", "用例需要 {1}，而 {2} 未能创建：{3}"},
    {"the paper leaves it open, and the target refused", "文档未明确，目标系统拒绝了"},
    {"the paper does not mean {} for this row, and the target refused", "按文档，{1} 不适用于该数据行，目标系统拒绝了"},
    {"no row in that state is at hand (needs the vendor's help): name one with --known {}", "没有处于该状态的数据行（需要厂商协助）：请用 --known {1} 指定"},
    {"no such counterexample can be made here", "此处无法构造这样的反例"},
    {"this forgery can't be made here: calibration did not find what it rests on, or the appId has no such form",
     "此处无法构造这样的伪造签名：校准未得到其依据，或 appId 没有这种形式"},
    {"nothing can be sent at once here", "此处无法同时发送请求"},
    {"nothing is known of connections here", "此处不涉及连接"},
    {"not a case that is refused", "不是应被拒绝的用例"},
    {"another case of this question was answered {}", "同一问题的另一用例应答了 {1}"},
    {"too few steps could be played", "能执行的步数太少"},
    {"the run was cut off before it came to that", "检查在执行到此之前已停止"},
    {"the run was cut off while it waited for a second that nobody has used", "检查在等待未使用过的秒时停止"},
    {"the run was cut off", "检查已停止"},
    {"nothing that a client may send provokes it; needs the vendor's help", "客户端无法触发，需要厂商协助"},
    {"a black box offers no way to break its database; needs the vendor's help", "黑盒无法使其数据库出错，需要厂商协助"},
    {"waived until {} ({}): {}", "豁免至 {1}（{2}）：{3}"},
    {"declared unsupported: {}", "声明为不支持：{1}"},
    {"this waiver has expired: mend what it waives, or agree anew", "该豁免已过期：请修复所豁免的问题，或重新约定"},
    {"this waiver no longer applies: take it out", "该豁免已不适用：请删除"},
    {"what was broken does not show in this interface", "所制造的故障不影响此接口"},
    {"the target could not be broken: {}", "未能使目标系统出现故障：{1}"},
    {"the target could not be mended: {}", "未能使目标系统恢复：{1}"},
    {"the target does not answer as before, though it was mended", "目标系统虽已恢复，应答却与之前不同"},

    // Rules' own words.
    {"HTTP {}, a body that is no JSON: {}", "HTTP {1}，正文不是 JSON：{2}"},
    {"HTTP {}, the reply's body is empty", "HTTP {1}，应答正文为空"},
    {"the reply's body is empty", "应答正文为空"},
    {"the reply's body is no JSON object but {}", "应答正文不是 JSON 对象，而是 {1}"},
    {"the reply has no {} that is a whole number", "应答中没有整数的 {1}"},

    // The watch over a client.
    {"no such call came", "没有收到这样的调用"},
    {"no call came", "没有收到任何调用"},
    {"the client never sent it", "客户端从未发送"},
    {"the client did not come back to it", "客户端没有重新发送"},
    {"the client sent nothing more before the end", "客户端此后没有再发送"},
    {"no call came on which it could be played: it takes a second good call of {}", "没有可用于此项的调用：需要 {1} 的第二次有效调用"},
    {"{} calls since, none of them that one again", "此后有 {1} 次调用，都不是重新发送"},
    {"{} later calls, none of them that one again", "此后有 {1} 次调用，都不是重新发送"},
    {"sent again with the same signature", "以相同签名重新发送"},
    {"sent again, signed anew", "重新签名后再次发送"},
    {"sent again under another number", "以另一流水号重新发送"},
    {"a timestamp may not be used twice: a repetition is signed anew", "时间戳不可重复使用：重新发送时须重新签名"},
    {"the first was carried out: the same transaction must keep its number, or it is done twice", "第一次已执行：同一笔交易须保持流水号，否则会重复执行"},
    {"the reply ordered otherwise: the next report should say {}", "应答另有指令：下一次上报应为 {1}"},
    {"[] is expected", "应为 {1}"},
    {"[] in place of []", "{1}，应为 {2}"},
    {"bytes that are no UTF-8", "非 UTF-8 字节"},
    {"requests are in UTF-8", "请求应为 UTF-8 编码"},
    {"the body is no JSON object", "请求体不是 JSON 对象"},
    {"names are spelled otherwise than in the paper", "参数名的拼写与文档不同"},
    {"the paper has no such parameters", "文档中没有这样的参数"},
    {"its type or format is another than the paper's", "类型或格式与文档不同"},
    {"the value is not one of the paper's list", "取值不在文档列表中"},
    {"it refers to a row that is not there, or not any more: was it created, does the world file have it?",
     "所引用的数据不存在或已不存在：是否已创建？初始数据文件中有吗？"},
    {"[] is missing", "缺少 {1}"},

    // Connections.
    {"host not found ({})", "找不到主机（{1}）"},
    {"connection refused ({})", "连接被拒绝（{1}）"},
    {"timed out ({})", "超时（{1}）"},
    {"connection reset ({})", "连接被重置（{1}）"},
    {"connection closed without a reply ({})", "连接关闭而没有应答（{1}）"},
    {"the reply is no HTTP ({})", "应答不是 HTTP（{1}）"},
    {"no byte of a reply", "未收到任何应答字节"},
    {"no reply", "没有应答"},
    {"inside the reply", "应答未完"},
    {"in the middle of a reply", "应答未完"},
    {"while sending", "发送过程中"},
    {"host not found", "找不到主机"},
    {"connection refused", "连接被拒绝"},
    {"timed out", "超时"},
    {"connection reset", "连接被重置"},
    {"connection closed without a reply", "连接关闭而没有应答"},
    {"the reply is no HTTP", "应答不是 HTTP"},
    {"out of ports of our own", "本机端口用尽"},
    {"out of file descriptors", "文件描述符用尽"},
    {"the connection was closed after an earlier reply", "连接在之前的应答后被关闭"},
    {"the connection was closed", "连接被关闭"},
    {"malformed reply", "应答格式错误"},

    // Calibration, and a check's note.
    {"HTTP status of refusals", "拒绝时的 HTTP 状态"},
    {"repeated timestamps", "重复的时间戳"},
    {"requests possible at once", "可立即发送的请求数"},
    {"time zone", "时区"},
    {"timestamps accepted", "接受的时间戳"},
    {"token", "令牌"},
    {"accepted", "接受"},
    {"refused per appId and path", "按 appId 与路径拒绝"},
    {"refused per appId, once a request has succeeded", "请求成功后，按 appId 拒绝"},
    {"refused per appId", "按 appId 拒绝"},
    {"refused whatever the appId", "不分 appId 一律拒绝"},
    {"{} (one per second and appId)", "{1}（每个 appId 每秒一个）"},
    {"at least {} s behind to at least {} s ahead", "至少落后 {1} 秒到至少超前 {2} 秒"},
    {"at least {} s behind to {} s ahead", "至少落后 {1} 秒到超前 {2} 秒"},
    {"{} s behind to at least {} s ahead", "落后 {1} 秒到至少超前 {2} 秒"},
    {"{} s behind to {} s ahead", "落后 {1} 秒到超前 {2} 秒"},
    {"in any letters", "不分大小写"},
    {"in capitals", "大写"},
    {"in small letters", "小写"},
    {"kept, also by a request that was refused for its content", "保留（因内容被拒绝的请求也占用时间戳）"},
    {"no answer from the target: {}", "目标系统没有应答：{1}"},
    {"the target refuses our signature: check the appId and the secret given with --app; nothing could be judged",
     "目标系统拒绝我方签名：请检查 --app 给出的 appId 与密钥；无法作出任何判断"},
    {"the target refuses the present time as a timestamp: its clock or its time zone is another, or another run has used every second that it takes; nothing "
     "could be judged",
     "目标系统拒绝以当前时间为时间戳：其时钟或时区不同，或另一次运行已用完其接受的每一秒；无法作出任何判断"},

    // What is told while a run goes on.
    {"[] cases, about [] requests, about [] s", "{1} 个用例，约 {2} 个请求，约 {3} 秒"},
    {"[] of [] cases, about [] s left", "{2} 个用例已完成 {1} 个，约剩 {3} 秒"},
    {"[] []: [] cases", "{1} {2}：{3} 个用例"},
    {"[] cases", "{1} 个用例"},
    {"every second that the target takes has been used; from here on one request per second and appId, about [] s more (several --app make it faster)",
     "目标系统接受的每一秒都已用完；此后每个 appId 每秒一个请求，约还需 {1} 秒（多个 --app 会更快）"},
    {"every second that the target takes has been used; from here on one request per second and appId (several --app make it faster)",
     "目标系统接受的每一秒都已用完；此后每个 appId 每秒一个请求（多个 --app 会更快）"},
    {"breaking the target: {}", "制造故障：{1}"},
    {"mending the target: {}", "恢复目标系统：{1}"},
    {"waiting for [] to show what [] did, as long as --settle allows", "等待 {1} 显示 {2} 的效果，以 --settle 为限"},
    {"explored [] of [] steps", "探索 {2} 步中的 {1} 步"},
    {"a sequence disagrees; looking for the shortest that does", "有序列不符；正在寻找最短的一个"},
    {"[]: a refused request changed something; looking for which", "{1}：有被拒绝的请求改变了数据；正在查找是哪一个"},
    {"asking what stands: [] of [] meters", "正在对账：{2} 只表中的 {1} 只"},
    {"begins at {}", "开始时间 {1}"},

    // A load's verdict.
    {"good", "合格"},
    {"sustained", "可持续"},
    {"failed: worse than the run it is compared with", "不合格：比作为基准的运行差"},
    {"failed: {} lost, {} doubled", "不合格：丢失 {1}，重复 {2}"},
    {"failed: of {} that were accepted nobody knows whether they stand: the query was not answered with success",
     "不合格：{1} 笔已接受的交易无法确认是否存在：查询未成功"},
    {"failed: {} is not met ({})", "不合格：未满足 {1}（实测 {2}）"},
    {"failed: {} of {} requests were not answered as they should be", "不合格：{2} 个请求中有 {1} 个没有得到应有的应答"},
    {"not judged: interrupted before anything was sent", "未作判断：发送之前已中断"},
    {"not judged: interrupted; what was done until then was right", "未作判断：已中断；中断之前的结果正确"},
    {"not judged: nothing was measured after the warm-up", "未作判断：预热之后没有测量数据"},
    {"not judged: the generator could not keep to its own schedule, so that these are figures of the generator",
     "未作判断：压测工具未能按自己的计划发送，这些数字反映的是工具本身"},
    {"not judged: the shards did not run together", "未作判断：各分片没有同时运行"},
    {"unreachable: no connection could be opened to {}", "无法连接：不能与 {1} 建立连接"},
    {"shard {}: {}", "分片 {1}：{2}"},
    {"no rate was sustained: interrupted", "没有可持续的速率：已中断"},
    {"no rate was sustained", "没有可持续的速率"},
    {"sustained {}/s and more: no rate that was tried failed ({} of {} runs at that rate)",
     "可持续 {1}/s 以上：所试速率均未失败（该速率 {3} 次运行中 {2} 次成功）"},
    {"sustained {}/s ({} of {} runs at that rate), failed at {}/s: the limit lies within {} %; interrupted",
     "可持续 {1}/s（该速率 {3} 次运行中 {2} 次成功），在 {4}/s 失败：上限误差在 {5} % 以内；已中断"},
    {"sustained {}/s ({} of {} runs at that rate), failed at {}/s: the limit lies within {} %",
     "可持续 {1}/s（该速率 {3} 次运行中 {2} 次成功），在 {4}/s 失败：上限误差在 {5} % 以内"},
    {"{} not met ({})", "未满足 {1}（实测 {2}）"},
    {"the rate was not reached", "未达到该速率"},
    {"the generator was too late", "压测工具发送过迟"},
    {"the sample is too small to say", "样本太少，无法判断"},
    {"nothing was reconciled (--reconcile)", "未进行对账（--reconcile）"},

    // A load's notes.
    {"{} answered {}, {} times: a code that the paper does not list", "{1} 应答 {2}，共 {3} 次：文档未列出的结果码"},
    {"{} answered {}, {} time: a code that the paper does not list", "{1} 应答 {2}，共 {3} 次：文档未列出的结果码"},
    {"{} answered {}, {} times: {} ({})", "{1} 应答 {2}，共 {3} 次：{5}"},
    {"{} answered {}, {} time: {} ({})", "{1} 应答 {2}，共 {3} 次：{5}"},
    {"{} refused for a timestamp used before: the target takes each second once per appId, so {} can make {} a second; use --timestamps unique and more appIds "
     "(--apps FILE), or a target that allows repeats (mock --replay allow)",
     "{1}因时间戳重复被拒绝：目标系统对每个 appId 每秒只接受一次，因此 {2} 每秒可发送 {3}；请用 --timestamps unique 及更多 appId（--apps FILE），"
     "或允许重复的目标系统（mock --replay allow）"},
    {"{} refused for the timestamp, though none was used twice here: another run, or another client, uses these appIds or used them within the tolerance (wait "
     "that long, or use other appIds); or the clocks differ, or the target tolerates less than {} s (say how much with --tolerance)",
     "{1}因时间戳被拒绝，而本次没有重复使用：另一次运行或另一客户端在容差时间内使用了这些 appId（请等待，或换用其他 appId）；"
     "或时钟不一致，或目标系统的容差小于 {2} 秒（用 --tolerance 说明）"},
    {"{} left over a millisecond late though a connection was free: the generator was held up; give it a core of its own",
     "{1}在有空闲连接时仍晚发一毫秒以上：压测工具被耽搁；请给它独占的 CPU 核"},
    {"{} left over a millisecond late because every connection waited for a reply, or no timestamp was free: that wait is part of the latency; more "
     "connections (--connections) would let the target have them sooner",
     "{1}因所有连接都在等待应答或没有可用时间戳而晚发一毫秒以上：该等待计入延迟；增加连接（--connections）可使目标系统更早收到"},
    {"the generator itself was busy all the time: the figures show its limit, not the target's (run shards on more cores or machines)",
     "压测工具自身一直满负荷：数字反映的是工具的上限，不是目标系统的（请在更多核或机器上分片运行）"},
    {"for {} % of the time nothing could be sent for want of a timestamp: an appId may use each second once; more appIds (--apps FILE) make more requests, or "
     "--timestamps shared where the target allows repeats",
     "有 {1} % 的时间因没有可用时间戳而无法发送：一个 appId 每秒只能用一次；请增加 appId（--apps FILE），或在目标系统允许重复时用 --timestamps shared"},
    {"the intended rate was not reached", "未达到计划速率"},
    {"not connected: {}", "未连接：{1}"},
    {"the system ran out of ports for new connections: the target closes them after each reply; widen net.ipv4.ip_local_port_range",
     "系统没有可用于新连接的端口：目标系统每次应答后都关闭连接；请扩大 net.ipv4.ip_local_port_range"},
    {"the system grants too few open files for these connections: raise ulimit -n", "系统允许打开的文件数不足：请提高 ulimit -n"},
    {"only {} of {} connections opened at once", "仅立即打开了 {2} 个连接中的 {1} 个"},
    {"interrupted: the figures are of what was done until then", "已中断：数字为中断之前的结果"},
    {"merged from {}", "由 {1} 合并"},
    {"the shards did not begin together ({} s apart): give them one --start-at", "各分片没有同时开始（相差 {1} 秒）：请使用同一个 --start-at"},
    {"not sent: no timestamp was free in time", "未发送：没有及时可用的时间戳"},
    {"not sent: no connection was free in time", "未发送：没有及时可用的连接"},
    {"[] requests were", "{1} 个请求"},
    {"[] request was", "{1} 个请求"},
    {"[] requests", "{1} 个请求"},
    {"[] request", "{1} 个请求"},
    {"[] appIds", "{1} 个 appId"},
    {"[] appId", "{1} 个 appId"},
    {"[]/s to []/s over [] s", "在 {3} 秒内由 {1}/s 到 {2}/s"},
    {"[] is {}", "{1} 为 {2}"},
    {"[]/s for [] s", "{1}/s，持续 {2} 秒"},
};

using Parts = std::vector<std::string_view>;

/// The texts that stand for the {} and [] of a pattern, each at least a character; false where the text is not of that form.
bool fits(std::string_view pattern, std::string_view text, Parts& parts) {
  const auto hole_in = [](std::string_view where) { return std::min(where.find("{}"), where.find("[]")); };
  parts.clear();
  for (;;) {
    const std::size_t hole = hole_in(pattern);
    if (hole == std::string_view::npos) return pattern == text;
    if (text.substr(0, hole) != pattern.substr(0, hole)) return false;
    const bool one_word = pattern[hole] == '[';
    pattern.remove_prefix(hole + 2);
    text.remove_prefix(hole);
    const std::string_view next = pattern.substr(0, hole_in(pattern));
    const bool last = next.size() == pattern.size();
    const std::size_t end = last ? (text.ends_with(next) ? text.size() - next.size() : std::string_view::npos) : text.find(next, 1);
    if (end == std::string_view::npos || end == 0) return false;
    const std::string_view part = text.substr(0, end);
    if (one_word && part.find(' ') != std::string_view::npos) return false;
    parts.push_back(part);
    text.remove_prefix(end);
  }
}

std::string filled(std::string_view chinese, const Parts& parts) {
  std::string out;
  for (std::size_t at = 0; at < chinese.size(); ++at) {
    if (chinese[at] != '{') {
      out += chinese[at];
      continue;
    }
    const std::string_view part = parts[static_cast<std::size_t>(chinese[at + 1] - '1')];
    const bool quoted = part.starts_with('"');  // a value
    out += quoted ? std::string(part) : in_chinese(part).value_or(std::string(part));
    at += 2;
  }
  return out;
}

std::optional<std::string> list_in_chinese(std::string_view list) {
  constexpr std::string_view between = "; ";
  if (list.find(between) == std::string_view::npos) return std::nullopt;
  std::string out;
  bool any = false;
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(between));
    const auto said = in_chinese(one);
    any = any || said;
    out += (out.empty() ? "" : "；") + said.value_or(std::string(one));
    list.remove_prefix(std::min(list.size(), one.size() + between.size()));
  }
  return any ? std::optional(out) : std::nullopt;
}

}  // namespace

std::optional<std::string> in_chinese(std::string_view english) {
  constexpr std::size_t longest = 4096;  // a phrase, not a document
  if (english.size() > longest) return std::nullopt;
  Parts parts;
  for (const Phrase& phrase : phrases)
    if (phrase.english.find("; ") != std::string_view::npos && fits(phrase.english, english, parts)) return filled(phrase.chinese, parts);
  if (const auto list = list_in_chinese(english)) return list;
  for (const Phrase& phrase : phrases)
    if (fits(phrase.english, english, parts)) return filled(phrase.chinese, parts);
  return std::nullopt;
}

}  // namespace meterproof::reports
