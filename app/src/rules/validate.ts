/**
 * Answers against a form: every field, every row, every check, and all that is wrong at once, in the
 * server's order. See backend/domain/form_validation.py and answers.py.
 */

import { expression } from "./expressions";
import { fieldsOf, tablesOf, type Check, type Field, type FormDefinition, type Group, type Kind } from "./form";
import { isBlank, isObject, own, type Json } from "./values";

/** One thing wrong: a field (in a row, counted from 0), or a failed check and its first field. */
export interface Finding {
  level: "error" | "warning";
  code: string;
  field?: string | undefined;
  check?: string | undefined;
  row?: number | undefined;
  params?: Record<string, number> | undefined;
}

/** `errors` block; `warnings` want a reason, and one without is an error too. */
export interface Findings {
  errors: Finding[];
  warnings: Finding[];
}

type Fault = [code: string, params?: Record<string, number>] | null;

const MAX_NUMBER = 10 ** 12;
const MAX_TEXT = 500;
const LONGEST_REASON = 200;
const MOST_UNKNOWN = 20;
// Control characters but for the line break, and halves of surrogate pairs: neither can be stored.
// oxlint-disable-next-line no-control-regex
const BAD_TEXT = /[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]/u;

export function validate(
  form: FormDefinition,
  answers: unknown,
  last: Json | null,
  reasons: unknown,
  kind: Kind = "report",
): Findings {
  if (!isObject(answers)) return { errors: [error("not_object", { field: "answers" })], warnings: [] };
  return new Run(form, answers, last ?? {}, reasons, kind === "report").findings();
}

class Run {
  private readonly errors: Finding[] = [];
  private readonly warnings: Finding[] = [];
  private readonly reasons: Json;
  private readonly named: Json = {};

  constructor(
    private readonly form: FormDefinition,
    private readonly answers: Json,
    private readonly last: Json,
    reasons: unknown,
    private readonly asked: boolean,
  ) {
    this.reasons = isObject(reasons) ? reasons : {};
    if (reasons !== null && reasons !== undefined && !isObject(reasons)) {
      this.errors.push(error("not_object", { field: "reasons" }));
    }
  }

  findings(): Findings {
    const tables = tablesOf(this.form);
    const known = new Set([...fieldsOf(this.form), ...tables].map((each) => each.key));
    for (const [key, value] of Object.entries(this.answers)) {
      if (known.has(key)) this.named[key] = value;
    }
    this.fields(fieldsOf(this.form), this.named);
    this.unknown(this.answers, known);
    const rows = new Map(tables.map((group) => [group.key, this.rows(group)]));
    for (const check of this.form.checks) this.check(check, rows);
    this.spareReasons();
    return { errors: this.errors, warnings: this.warnings };
  }

  private fields(fields: Field[], answers: Json, row?: number): void {
    for (const field of fields) {
      const value = own(answers, field.key) ?? null;
      if (value === null || ((typeof value === "string" || Array.isArray(value)) && isBlank(value))) {
        const isNumber = field.type === "integer" || field.type === "decimal";
        if (field.required && (this.asked || isNumber)) {
          this.errors.push(error("required", { field: field.key, row }));
          continue;
        }
        if (value === null) continue;
      }
      const fault = judge(field, value);
      if (fault) this.errors.push(error(fault[0], { field: field.key, row, params: fault[1] }));
    }
  }

  private unknown(answers: Json, known: Set<string>, row?: number): void {
    const strange = Object.keys(answers).filter((key) => !known.has(key));
    for (const key of strange.slice(0, MOST_UNKNOWN)) {
      this.errors.push(error("unknown_field", { field: shown(key), row }));
    }
  }

  /** The rows of a group, null in place of one that is no row. */
  private rows(group: Group): (Json | null)[] {
    const rows = own(this.named, group.key) ?? [];
    const most = group.repeat?.max ?? 0;
    if (!Array.isArray(rows) || rows.length > most) {
      const fault: Fault = Array.isArray(rows) ? ["too_many_rows", { max: most }] : ["not_rows"];
      this.errors.push(error(fault[0], { field: group.key, params: fault[1] }));
      return [];
    }
    const known = new Set(group.fields.map((field) => field.key));
    return rows.map((row, index) => {
      if (!isObject(row)) {
        this.errors.push(error("not_rows", { field: group.key, row: index }));
        return null;
      }
      this.fields(group.fields, row, index);
      this.unknown(row, known, index);
      return row;
    });
  }

  private check(check: Check, rows: Map<string, (Json | null)[]>): void {
    const { run } = expression(check.expr);
    const fails = (answers: Json) => run({ answers, last: this.last }) === false;
    if (!check.each) {
      if (fails(this.named)) this.failed(check, [undefined]);
      return;
    }
    const failed = (rows.get(check.each) ?? []).flatMap((row, index) =>
      row !== null && fails({ ...this.named, ...row }) ? [index] : [],
    );
    if (failed.length > 0) this.failed(check, failed);
  }

  private failed(check: Check, rows: (number | undefined)[]): void {
    const field = check.fields[0]!;
    const found = rows.map((row) =>
      pruned({ level: check.level, code: "check_failed", field, check: check.key, row }),
    );
    if (check.level === "error") {
      this.errors.push(...found);
      return;
    }
    this.warnings.push(...found);
    const reason = own(this.reasons, check.key);
    if (text(reason, LONGEST_REASON) || isBlank(reason)) {
      this.errors.push(error("reason_required", { field, check: check.key }));
    }
  }

  /** A reason is stored with the report, so one that was not needed must be sound too. */
  private spareReasons(): void {
    const used = new Set(this.warnings.map((finding) => finding.check));
    const known = new Set(this.form.checks.filter(({ level }) => level === "warning").map(({ key }) => key));
    const strange = Object.keys(this.reasons).filter((key) => !known.has(key));
    for (const key of strange.slice(0, MOST_UNKNOWN)) {
      this.errors.push(error("unknown_check", { check: shown(key) }));
    }
    for (const key of [...known].filter((each) => !used.has(each)).sort()) {
      const reason = own(this.reasons, key) ?? null;
      const fault = reason === null ? null : text(reason, LONGEST_REASON);
      if (fault) this.errors.push(error(fault[0], { check: key, params: fault[1] }));
    }
  }
}

function judge(field: Field, value: unknown): Fault {
  const [low, high] = [field.min ?? 0, field.max ?? MAX_NUMBER];
  switch (field.type) {
    case "integer":
      return Number.isInteger(value) ? within(value as number, low, high) : ["not_integer"];
    case "decimal":
      if (typeof value !== "number") return ["not_number"];
      return within(value, low, high) ?? (hundredths(value) ? null : ["too_many_decimals", { max: 2 }]);
    case "choice":
      return among(field, [value]) ? null : ["not_in_choices"];
    case "choices":
      return among(field, Array.isArray(value) ? value : [null]) ? null : ["not_in_choices"];
    case "date":
      return isDate(value) ? null : ["bad_date"];
    case "boolean":
      return typeof value === "boolean" ? null : ["not_boolean"];
    default:
      return text(value, field.max_length ?? MAX_TEXT);
  }
}

function within(value: number, low: number, high: number): Fault {
  if (value < low) return ["below_min", { min: low }];
  return value > high ? ["above_max", { max: high }] : null;
}

function hundredths(value: number): boolean {
  return Math.floor(value * 100 + 0.5) / 100 === value;
}

function among(field: Field, picked: unknown[]): boolean {
  const values = new Set<unknown>(field.choices?.map((choice) => choice.value));
  return picked.every((each) => values.has(each)) && new Set(picked).size === picked.length;
}

/** Length counts code points. */
function text(value: unknown, most: number): Fault {
  if (typeof value !== "string") return ["not_text"];
  if (Array.from(value).length > most) return ["too_long", { max: most }];
  return BAD_TEXT.test(value) ? ["bad_text"] : null;
}

/** A real day, written YYYY-MM-DD (ISO 8601), of the years 1900 to 2100. */
export function isDate(value: unknown): boolean {
  const parts = typeof value === "string" ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const there = new Date(Date.UTC(year, month - 1, day));
  return year >= 1900 && year <= 2100 && there.getUTCMonth() === month - 1 && there.getUTCDate() === day;
}

/** A name somebody else chose, made safe to repeat. */
function shown(key: string): string {
  return Array.from(key).slice(0, 40).join("").replace(new RegExp(BAD_TEXT, "gu"), "\ufffd");
}

function error(code: string, more: Partial<Finding>): Finding {
  return pruned({ level: "error", code, ...more });
}

/** Without what is undefined, so that equal findings look equal. */
function pruned(finding: Finding): Finding {
  const entries = Object.entries(finding).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as unknown as Finding;
}
