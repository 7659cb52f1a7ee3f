import faults from "@/rules/words/zh";

/** Chinese words of filling in a report. */
export default {
  filing: {
    step: "第{n}步，共{of}步",
    next: "下一步",
    previous: "上一步",
    before: "上期 {n}",
    unit: "（{unit}）",
    kept: "填到哪里都存在手机上，不会丢。",
    defect: "退回意见：{text}",
    row: "第{n}条",
    no_rows: "还没有一条。有就按“加一条”，没有就按“下一步”。",
    add_row: "＋ 加一条",
    drop_row: "删掉第{n}条",
    review: "核对",
    same: "和上期完全一样。",
    changes: "和上期相比，有{n}处变化",
    was: "上期",
    now: "本期",
    yes: "是",
    no: "否",
    reason: "为什么？（必填）",
    reasons_missing: "上面有要说明原因的，写好才能上报。",
    remark: "备注（可不填）",
    go_correct: "去改：{group}",
    send: "确定上报",
  },
  ...faults,
  help: {
    fill: "一页一页往下填，灰字是上期的数，合计自动算。红字说明哪里不对，改好再按“下一步”。最后核对，再按“确定上报”。",
  },
};
