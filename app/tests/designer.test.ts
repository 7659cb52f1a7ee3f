import { expect, test } from "vitest";
import type { FormDefinition } from "@/rules/form";
import { addCheck, addField, addGroup, blank, moved, placeOf, tidy, withField } from "@/office/forms/definition";
import { picked, spokenOf, written, writtenSide, sideOf, type Outline } from "@/office/forms/outline";
import { sentence } from "@/office/forms/sentence";
import { idOf, termsFor } from "@/office/forms/terms";
import { monthsOf } from "@/office/calendar/year";
import { dueOf, planOf, saidDue, type Schedule } from "@/office/schedules/schedules";
import { added, timed, toggled } from "@/office/schedules/ladder";
import zh from "@/office/words/forms/zh";
import schedules from "@/office/words/schedules/en";

const field = (key: string, last = false): Outline => ({ field: key, last });
const operation = (name: string, ...parts: Outline[]): Outline => ({ name, parts });
const words = (text: string): { zh: string; en: string } => ({ zh: text, en: text });

const FORM: FormDefinition = {
  code: "HEADS",
  title: words("人数"),
  kinds: ["report"],
  groups: [
    {
      key: "all",
      label: words("人数"),
      fields: [
        { key: "people", label: words("总人数"), type: "integer" },
        { key: "women", label: words("女"), type: "integer" },
        { key: "result", label: words("结果"), type: "choice", choices: [{ value: "death", label: words("去世") }] },
      ],
    },
    { key: "jobs", label: words("岗位"), repeat: { max: 5 }, fields: [{ key: "need", label: words("需要"), type: "integer" }] },
  ],
  checks: [],
};

function say(key: string, params: Record<string, string> = {}): string {
  const found = (zh.forms.say as Record<string, string>)[key] ?? key;
  return found.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? "");
}
const said = (tree: Outline): string => sentence(FORM, tree, "zh", say);

const LESS = operation("<=", field("women"), operation("*", operation("+", field("people", true), { table: "jobs", column: "need" }), { value: 0.5 }));

test("a comparison of sums is picked, and written as it was read", () => {
  const found = picked(LESS)!;
  expect(found.when).toBeNull();
  expect(written(found)).toBe("women <= (last.people + sum(jobs.need)) * 0.5");
  expect(spokenOf(LESS)).toEqual(["women", "jobs"]);
});

test("a condition comes before what must hold", () => {
  const tree = operation("or", operation("not", operation("==", field("result"), { value: "death" })), operation("filled", field("women")));
  expect(written(picked(tree)!)).toBe("not (result == 'death') or filled(women)");
  expect(said(tree)).toBe("如果 “结果” 等于 “去世”，那么 “女” 已填写");
});

test("what lists can't say is left to words", () => {
  expect(picked(operation("or", LESS, LESS))).toBeNull();
  expect(picked(operation("<=", operation("abs", field("women")), field("people")))).toBeNull();
  expect(picked(operation("<=", operation("/", field("women"), field("people")), { value: 1 }))).toBeNull();
  expect(sideOf(operation("-", field("people"), operation("-", field("women"), { table: "jobs", column: null })))).toEqual({
    terms: [{ minus: false, of: field("people") }, { minus: true, of: field("women") }, { minus: false, of: { table: "jobs", column: null } }],
    times: null,
  });
});

test("an unfinished side is written as nothing", () => {
  const open = { terms: [], times: null };
  expect(writtenSide(open)).toBe("");
  expect(written({ when: null, must: { left: open, sign: "<=", right: open } })).toBe("");
  expect(writtenSide({ terms: [{ minus: true, of: field("women") as never }], times: 2 })).toBe("(0 - women) * 2");
});

test("a sentence keeps the brackets that matter", () => {
  expect(said(LESS)).toBe("“女” 不大于 （上期“总人数” ＋ “岗位”各行“需要”之和） × 0.5");
  expect(said(operation("and", operation(">", field("people"), { value: 0 }), operation("not", operation("or", { value: true }, { value: false }))))).toBe(
    "“总人数” 大于 0，并且 不是：（是，或者 否）",
  );
  expect(said({ name: "in", parts: [field("result")], choices: ["death"] })).toBe("“结果” 是 “去世” 之一");
});

test("rows are counted and summed outside, and spoken of one by one inside", () => {
  expect(termsFor(FORM, null).map((each) => each.id)).toEqual(["people", "last.people", "women", "last.women", "result", "#jobs", "jobs.need"]);
  expect(termsFor(FORM, "jobs", "women").map((each) => each.id)).toEqual(["people", "last.people", "result", "need"]);
  expect(idOf({ value: 3 })).toBe("=");
});

test("keys are made once and never twice", () => {
  let form = blank("ROADS", words("公路"));
  form = addField(addField(form, 0), 0);
  form = addGroup(addGroup(form, true), true);
  form = addCheck(addCheck(form));
  expect(form.groups.map((group) => group.key)).toEqual(["group_1", "table_1", "table_2"]);
  expect(form.groups[0]!.fields.map((each) => each.key)).toEqual(["q1", "q2", "q3"]);
  expect(form.checks.map((check) => check.key)).toEqual(["check_1", "check_2"]);
  const text = withField(form, 0, 1, { ...form.groups[0]!.fields[1]!, type: "text", min: 3, unit: words("人"), ledger: "x" });
  expect(text.groups[0]!.fields[1]).toEqual({ key: "q2", label: words(""), type: "text", required: true });
  expect(tidy({ key: "a", label: words("a"), type: "integer", help: words(" ") })).toEqual({ key: "a", label: words("a"), type: "integer" });
});

test("nothing is moved beyond the ends", () => {
  expect(moved(["a", "b", "c"], 1, 1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
});

test("a path of the server's is a place that somebody sees", () => {
  expect(placeOf(FORM, "groups[0].fields[1].label.en")).toMatchObject({ group: { key: "all" }, field: { key: "women" }, property: "label" });
  expect(placeOf({ ...FORM, checks: addCheck(FORM).checks }, "checks[0].expr")).toMatchObject({ check: { key: "check_1" }, property: "expr" });
  expect(placeOf(FORM, "kinds[2]").property).toBe("kinds");
});

test("a year not known is Monday to Friday less the fixed holidays", () => {
  const [january] = monthsOf(2027, []);
  expect(january!.lead).toBe(4); // 1 January 2027 is a Friday
  expect(january!.days.slice(0, 4).map(({ works, apart }) => [works, apart])).toEqual([[false, "off"], [false, ""], [false, ""], [true, ""]]);
  const [told] = monthsOf(2026, [{ date: "2026-01-04", is_workday: true, note: "元旦调休上班", source: "x" }]);
  expect(told!.days[3]).toMatchObject({ works: true, apart: "worked", note: "元旦调休上班" });
  expect(monthsOf(2028, [])[1]!.days).toHaveLength(29);
});

function tell(key: string, params: Record<string, string | number> = {}): string {
  const [one, two] = key.split(".");
  const found = (schedules.schedules as unknown as Record<string, string & Record<string, string>>)[one!]!;
  return (two === undefined ? found : found[two]!).replace(/\{(\w+)\}/g, (_, name: string) => String(params[name]));
}

test("a due rule follows its cadence and is said in words", () => {
  const due = { kind: "day", number: 25, at: "18:00", months_after: 0 } as const;
  expect(dueOf("monthly", due)).toBe(due);
  expect(dueOf("weekly", due)).toMatchObject({ kind: "weekday", number: 5 });
  expect(saidDue(due, tell)).toBe("in the period's last month, day 25, 18:00");
  expect(saidDue(dueOf("weekly", due), tell)).toBe("Friday, 12:00");
  const schedule = { form: 1, scope: "99", title: words("周报"), cadence: "weekly", timetable: { due: { kind: "weekday", number: 5, at: "12:00" }, opens_workdays_before: null, closes_workdays_after: 5 }, steps: ["town", "county"], starts_on: "2026-01-05", ends_on: null, allowance_hours: 24, hold_back: 0 } as unknown as Schedule;
  expect(planOf(schedule)).toMatchObject({ steps: "both", ends_on: "", due: { months_after: 0 } });
});

test("a step is counted one way or the other", () => {
  const [step] = added([]);
  expect(timed(step!, true)).toEqual({ key: "step_1", offset_hours: -1, audience: ["liaison"], channels: ["web_push"] });
  expect(timed(timed(step!, true), false)).toMatchObject({ offset_workdays: -1, at: "09:00" });
  expect(added([step!])[1]!.key).toBe("step_2");
  expect(toggled(["c"], "a", ["a", "b", "c"])).toEqual(["a", "c"]);
  expect(toggled(["a", "c"], "a", ["a", "b", "c"])).toEqual(["c"]);
});
