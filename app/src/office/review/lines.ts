/** A report as lines to be read: each answer with what it was and what the ledger says. */

import type { Entry } from "./desk";
import type { Both, Field, Form } from "./forms";

export interface Line {
  key: string;
  field: Field;
  /** The row of a table, from 0; null outside of tables. */
  row: number | null;
  value: unknown;
  /** Of the revision before it; undefined when unchanged or there was none. */
  corrected: unknown;
  /** Of the accepted report before it; undefined when it is the same or there is none. */
  last: unknown;
  /** The ledger's figure where it differs. */
  ledger: number | undefined;
  /** Somebody gave a reason for what is unusual here. */
  doubted: boolean;
}
export interface LinesOfGroup {
  key: string;
  label: Both;
  lines: Line[];
}
type Changes = readonly Record<string, unknown>[];

export function linesOf(entry: Entry, form: Form, ledger: Record<string, number> | null): LinesOfGroup[] {
  const [corrected, last] = [beforeOf(entry.changes), beforeOf(entry.since_last ?? [])];
  const doubted = new Set(reasonsOf(entry, form).flatMap((each) => each.fields));

  const line = (field: Field, answers: Record<string, unknown>, row: number | null): Line => {
    const [key, value] = [place(field.key, row), answers[field.key]];
    const counted = row === null ? ledger?.[field.ledger ?? ""] : undefined;
    return {
      key,
      field,
      row,
      value,
      corrected: corrected.get(key),
      last: last.get(key),
      ledger: counted === value ? undefined : counted,
      doubted: doubted.has(field.key),
    };
  };

  return form.groups.map(({ key, label, repeat, fields }) => {
    const rows = repeat === null ? [] : ((entry.answers[key] ?? []) as Record<string, unknown>[]);
    const lines =
      repeat === null
        ? fields.map((field) => line(field, entry.answers, null))
        : rows.flatMap((row, order) => fields.map((field) => line(field, row, order)));
    return { key, label, lines };
  });
}

export interface Reason {
  key: string;
  /** What the form warned of; null when this version of it has no such check. */
  message: Both | null;
  fields: readonly string[];
  said: string;
}

/** Reasons are kept by the check that asked for them. */
export function reasonsOf(entry: Entry, form: Form): Reason[] {
  const checks = new Map(form.checks.map((check) => [check.key, check]));
  return Object.entries(entry.reasons).map(([key, said]) => {
    const check = checks.get(key);
    return { key, message: check?.message ?? null, fields: check?.fields ?? [], said };
  });
}

function place(field: string, row: number | null): string {
  return row === null ? field : `${row} ${field}`;
}

/** What stood there before, by place; an answer that was not there is told from one that is the same. */
function beforeOf(changes: Changes): Map<string, unknown> {
  return new Map(changes.map((each) => [place(String(each["field"]), each["row"] as number | null), each["before"] ?? null]));
}
