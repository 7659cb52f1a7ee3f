/**
 * A form's definition as the server gives it, and what it says about answers: how they start, what
 * zero and unchanged reports stand for, what differs. See backend/domain/forms.py.
 */

import { expression } from "./expressions";
import { isObject, own, type Json } from "./values";

export interface Words {
  zh: string;
  en: string;
}

export type FieldType = "integer" | "decimal" | "text" | "choice" | "choices" | "date" | "boolean";
export type Kind = "report" | "zero" | "unchanged";

/** One question; see form_definition.py for what its properties mean. */
export interface Field {
  key: string;
  label: Words;
  type: FieldType;
  unit?: Words | null;
  required?: boolean;
  min?: number | null;
  max?: number | null;
  max_length?: number | null;
  choices?: { value: string; label: Words }[] | null;
  flow?: boolean;
  prefill?: string | null;
  ledger?: string | null;
  compute?: string | null;
  read_only?: boolean;
  help?: Words | null;
}

export interface Group {
  key: string;
  label: Words;
  repeat?: { max: number } | null;
  fields: Field[];
}

export interface Check {
  key: string;
  level: "error" | "warning";
  expr: string;
  fields: string[];
  message: Words;
  each?: string | null;
}

export interface FormDefinition {
  code: string;
  title: Words;
  kinds: Kind[];
  groups: Group[];
  checks: Check[];
}

/** Why a filing of a kind can't be. */
export class NotAllowed extends Error {}

/** The fields outside rows. */
export function fieldsOf(form: FormDefinition): Field[] {
  return form.groups.filter((group) => !group.repeat).flatMap((group) => group.fields);
}

/** The groups of rows. */
export function tablesOf(form: FormDefinition): Group[] {
  return form.groups.filter((group) => group.repeat);
}

/** Whether a field is only shown: its value follows from others, of last period too if it needs them. */
export function isTold(field: Field, last: Json | null): boolean {
  if (!field.read_only || !field.compute) return false;
  return [...expression(field.compute).last].every((key) => (own(last ?? {}, key) ?? null) !== null);
}

/** The answers that a report starts from: last period's, then the ledger's where it tells, totals. */
export function prefilled(form: FormDefinition, last: Json | null, ledger: Json = {}): Json {
  const given: Json = {};
  for (const field of fieldsOf(form)) {
    if (field.prefill) put(given, field.key, expression(field.prefill).run({ answers: given, last: last ?? {} }));
    if (field.ledger) put(given, field.key, own(ledger, field.ledger));
  }
  return computed(form, given, last);
}

/** `answers` with the totals that they make. */
export function computed(form: FormDefinition, answers: Json, last: Json | null): Json {
  const filled = { ...answers };
  for (const field of totals(form)) {
    put(filled, field.key, expression(field.compute!).run({ answers: filled, last: last ?? {} }));
  }
  return filled;
}

function put(answers: Json, key: string, value: unknown): void {
  if (value !== null && value !== undefined) answers[key] = value;
}

/** In an order in which each total finds its parts done. */
function totals(form: FormDefinition): Field[] {
  let waiting = fieldsOf(form).filter((field) => field.compute);
  const order: Field[] = [];
  while (waiting.length > 0) {
    const keys = new Set(waiting.map((field) => field.key));
    const ready = waiting.filter(
      (field) => ![...expression(field.compute!).fields].some((key) => keys.has(key) && key !== field.key),
    );
    if (ready.length === 0) return [...order, ...waiting]; // no form the server takes
    order.push(...ready);
    waiting = waiting.filter((field) => !ready.includes(field));
  }
  return order;
}

/** The answers that a filing of this kind stands for. Throws NotAllowed. */
export function expand(form: FormDefinition, kind: Kind, answers: unknown, last: Json | null): unknown {
  if (!form.kinds.includes(kind)) throw new NotAllowed("kind_not_allowed");
  if (kind === "report") return answers;
  if (isObject(answers) && Object.keys(answers).length > 0) throw new NotAllowed("answers_not_empty");
  if (kind === "unchanged" && last === null) throw new NotAllowed("nothing_to_repeat");
  const before = last ?? {};
  const given = carried(fieldsOf(form), before, kind === "zero");
  for (const group of tablesOf(form)) {
    const rows = kind === "unchanged" ? rowsIn(own(before, group.key)) : [];
    given[group.key] = (rows ?? []).map((row) => carried(group.fields, row, false));
  }
  for (const field of fieldsOf(form)) {
    if (field.prefill) put(given, field.key, expression(field.prefill).run({ answers: given, last: before }));
  }
  return computed(form, given, last);
}

/** Flows at zero, stocks as before; with `zero`, numbers never asked before at 0 as well. */
function carried(fields: Field[], before: Json, zero: boolean): Json {
  const found: Json = {};
  for (const field of fields) {
    const value = field.flow ? null : (own(before, field.key) ?? null);
    const isNumber = field.type === "integer" || field.type === "decimal";
    put(found, field.key, value === null && isNumber && (field.flow || zero) ? 0 : value);
  }
  return found;
}

/** The rows of a group, none for null, or null when it is something else. */
export function rowsIn(value: unknown): Json[] | null {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) && value.every(isObject) ? value : null;
}

/** The keys of fields outside rows whose answers differ from last period's. */
export function differing(form: FormDefinition, last: Json | null, answers: Json): Field[] {
  return fieldsOf(form).filter((field) => {
    const [before, after] = [own(last ?? {}, field.key), own(answers, field.key)];
    return JSON.stringify(before ?? null) !== JSON.stringify(after ?? null);
  });
}
