/** What is wrong with an answer, by the code of a finding. */
export default {
  fault: {
    required: "这一项要填。没有就填0。",
    not_integer: "请填整数，比如 12。",
    not_number: "请填数字，比如 12.5。",
    too_many_decimals: "最多两位小数。",
    below_min: "不能小于{min}。",
    above_max: "不能大于{max}。",
    not_in_choices: "请从下面选。",
    too_long: "太长了，最多{max}个字。",
    bad_date: "日期不对。",
    bad_text: "有不能用的符号，请重新输入。",
    too_many_rows: "最多{max}条。",
    other: "这一项不对，请检查。",
  },
};
