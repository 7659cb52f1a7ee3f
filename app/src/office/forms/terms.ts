/** What a check or a sum may speak of, to choose from. */

import type { Field, FormDefinition } from "@/rules/form";
import { hasChoices, isNumber } from "./definition";
import type { OfTable, Reference, Term } from "./outline";

export interface TermChoice {
  /** Of the option; stable while the list lives. */
  id: string;
  term: Reference | OfTable;
  /** The labels it is told by, by language, and how: `forms.term.<how>`. */
  how: "field" | "last" | "count" | "sum";
  field?: Field;
  table?: { zh: string; en: string };
  kind: "number" | "date" | "text" | "choice" | "boolean" | "list";
}

const KIND = { integer: "number", decimal: "number", date: "date", text: "text", choice: "choice", choices: "list", boolean: "boolean" } as const;

/** All but one's own `without`; of a table's rows where the check is made for each (`each`). */
export function termsFor(form: FormDefinition, each: string | null, without = ""): TermChoice[] {
  const found: TermChoice[] = [];
  for (const group of form.groups) {
    if (group.repeat && group.key !== each) found.push({ id: `#${group.key}`, term: { table: group.key, column: null }, how: "count", table: group.label, kind: "number" });
    for (const field of group.fields) {
      if (field.key === without) continue;
      const kind = KIND[field.type];
      if (group.repeat && group.key !== each) {
        if (isNumber(field)) found.push({ id: `${group.key}.${field.key}`, term: { table: group.key, column: field.key }, how: "sum", field, table: group.label, kind });
        continue;
      }
      found.push({ id: field.key, term: { field: field.key, last: false }, how: "field", field, kind });
      if (!group.repeat && !hasChoices(field)) found.push({ id: `last.${field.key}`, term: { field: field.key, last: true }, how: "last", field, kind });
    }
  }
  return found;
}

export function idOf(term: Term): string {
  if ("field" in term) return term.last ? `last.${term.field}` : term.field;
  if ("table" in term) return term.column === null ? `#${term.table}` : `${term.table}.${term.column}`;
  return typeof term.value === "number" ? "=" : `'${term.value}`;
}
