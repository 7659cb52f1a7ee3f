import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "@/rules/expressions";
import { expand, NotAllowed, prefilled, type FormDefinition, type Kind } from "@/rules/form";
import { NoExpression } from "@/rules/tokens";
import { validate, type Finding } from "@/rules/validate";
import type { Json } from "@/rules/values";

const CASES = "../tests/cases/";
const FORMS = "../backend/forms/";

interface Case {
  name: string;
  kind?: Kind;
  answers?: Json;
  last?: Json | null;
  reasons?: unknown;
  expect: { refusal?: string; errors?: Finding[]; warnings?: Finding[]; answers?: Json };
}

interface Bank {
  form?: string;
  definition?: FormDefinition;
  answers: Json;
  last: Json;
  cases: Case[];
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

const shipped = new Map(
  readdirSync(FORMS)
    .filter((name) => name.endsWith(".json"))
    .map((name) => read<FormDefinition>(FORMS + name))
    .map((form) => [form.code, form]),
);

test("expressions give what the server's give", () => {
  const cases = read<{ name: string; expr: string; answers: Json; last: Json; expect: unknown }[]>(
    `${CASES}expressions.json`,
  );
  const wrong = cases.filter((each) => {
    let found: unknown;
    try {
      found = parse(each.expr).run(each);
    } catch (error) {
      if (!(error instanceof NoExpression)) throw error;
      found = { error: { reason: error.reason, position: error.position } };
    }
    return JSON.stringify(found) !== JSON.stringify(each.expect);
  });
  expect(wrong.map((each) => each.name)).toEqual([]);
  expect(cases.length).toBeGreaterThan(80);
});

// The phone has one kind of number: it neither writes 3.0 nor could tell it from 3.
const NOT_ON_PHONES = new Set(["whole decimal in an integer"]);

for (const file of readdirSync(CASES).filter((name) => name.startsWith("form_"))) {
  const bank = read<Bank>(CASES + file);
  const form = bank.definition ?? shipped.get(bank.form!)!;

  test.each(bank.cases.filter((each) => !NOT_ON_PHONES.has(each.name)))(`${file}: $name`, (each) => {
    const kind = each.kind ?? "report";
    const given = kind === "report" ? { ...bank.answers, ...each.answers } : (each.answers ?? {});
    const last = each.last === null ? null : { ...bank.last, ...each.last };
    expect(outcome(form, kind, given, last, each)).toEqual(each.expect);
  });
}

function named(all: Finding[]): Partial<Finding>[] {
  return all.map(({ level: _l, params: _p, ...rest }) => rest);
}

function outcome(form: FormDefinition, kind: Kind, given: unknown, last: Json | null, each: Case): unknown {
  let answers: unknown;
  try {
    answers = expand(form, kind, given, last);
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error;
    return { refusal: error.message };
  }
  const found = validate(form, answers, last, each.reasons ?? {}, kind);
  const told = { errors: named(found.errors), warnings: named(found.warnings) };
  return each.expect.answers === undefined ? told : { ...told, answers };
}

test("a report starts from last period, and the ledger goes before it", () => {
  const form = shipped.get("LABOR_MONTHLY")!;
  const last = { emp_unit: 3, emp_flex: 4, emp_self: 0, emp_public: 1, emp_farm: 2 };
  expect(prefilled(form, last)["employed"]).toBe(10);
  expect(prefilled(form, last, { emp_unit: 5 })).toMatchObject({ emp_unit: 5, employed: 12 });
  expect(prefilled(form, null)).toEqual({});
});
