/** Expressions as the server reads them, and the part of them that is picked from lists instead of typed. */

export interface Value { value: boolean | number | string }
export interface Reference { field: string; last: boolean }
export interface OfTable { table: string; column: string | null }
export interface Operation { name: string; parts: Outline[]; choices?: (number | string)[] }
export type Outline = Value | Reference | OfTable | Operation;

export const isValue = (node: Outline): node is Value => "value" in node;
export const isReference = (node: Outline): node is Reference => "field" in node;
export const isOfTable = (node: Outline): node is OfTable => "table" in node;
export const isOperation = (node: Outline): node is Operation => "parts" in node;

/** What a term counts: a field, last period's, rows of a table or a column of them, a number, or a choice. */
export type Term = Value | Reference | OfTable;

/** Terms added and subtracted, all of it perhaps times a number. */
export interface Side {
  terms: { minus: boolean; of: Term }[];
  times: number | null;
}

export const COMPARISONS = ["==", "!=", "<=", ">=", "<", ">"] as const;
export type Comparison = (typeof COMPARISONS)[number];

export interface Condition {
  left: Side;
  sign: Comparison | "filled";
  right: Side;
}

/** What must hold, perhaps only when something else does. */
export interface Picked {
  when: Condition | null;
  must: Condition;
}

const NOTHING: Side = { terms: [], times: null };

/** The check as picked from lists; null where only words can say it. */
export function picked(tree: Outline): Picked | null {
  if (isOperation(tree) && tree.name === "or") {
    const [unless, must] = tree.parts;
    if (unless === undefined || must === undefined || !isOperation(unless) || unless.name !== "not") return null;
    const [when, holds] = [conditionOf(unless.parts[0]!), conditionOf(must)];
    return when === null || holds === null ? null : { when, must: holds };
  }
  const must = conditionOf(tree);
  return must === null ? null : { when: null, must };
}

function conditionOf(tree: Outline): Condition | null {
  if (!isOperation(tree)) return null;
  const [one, other] = tree.parts;
  if (tree.name === "filled" && one !== undefined && isReference(one)) {
    return { left: { terms: [{ minus: false, of: one }], times: null }, sign: "filled", right: NOTHING };
  }
  const sign = COMPARISONS.find((each) => each === tree.name);
  if (sign === undefined || one === undefined || other === undefined) return null;
  const [left, right] = [sideOf(one), sideOf(other)];
  return left === null || right === null ? null : { left, sign, right };
}

/** A sum of terms as picked from lists; null where only words can say it. */
export function sideOf(tree: Outline): Side | null {
  if (isOperation(tree) && tree.name === "*") {
    const [one, factor] = tree.parts;
    if (one === undefined || factor === undefined || !isValue(factor) || typeof factor.value !== "number") return null;
    const terms = termsOf(one, false);
    return terms === null ? null : { terms, times: factor.value };
  }
  const terms = termsOf(tree, false);
  return terms === null ? null : { terms, times: null };
}

function termsOf(tree: Outline, minus: boolean): Side["terms"] | null {
  if (!isOperation(tree)) return [{ minus, of: tree }];
  if (tree.name !== "+" && tree.name !== "-") return null;
  const [one, other] = tree.parts;
  const left = one === undefined ? null : termsOf(one, minus);
  const right = other === undefined ? null : termsOf(other, tree.name === "-" ? !minus : minus);
  return left === null || right === null ? null : [...left, ...right];
}

/** The text of what was picked; "" while something is left open. */
export function written({ when, must }: Picked): string {
  const holds = writtenCondition(must);
  if (when === null || holds === "") return holds;
  const only = writtenCondition(when);
  return only === "" ? "" : `not (${only}) or ${holds}`;
}

function writtenCondition({ left, sign, right }: Condition): string {
  const one = writtenSide(left);
  if (sign === "filled") return one === "" ? "" : `filled(${one})`;
  const other = writtenSide(right);
  return one === "" || other === "" ? "" : `${one} ${sign} ${other}`;
}

export function writtenSide({ terms, times }: Side): string {
  if (terms.length === 0) return "";
  const [first] = terms;
  const parts = terms.map(({ minus, of }, at) => (at === 0 ? writtenTerm(of) : `${minus ? "-" : "+"} ${writtenTerm(of)}`));
  const sum = (first!.minus ? "0 - " : "") + parts.join(" ");
  if (times === null) return sum;
  return terms.length > 1 || first!.minus ? `(${sum}) * ${times}` : `${sum} * ${times}`;
}

function writtenTerm(term: Term): string {
  if (isReference(term)) return term.last ? `last.${term.field}` : term.field;
  if (isOfTable(term)) return term.column === null ? `count(${term.table})` : `sum(${term.table}.${term.column})`;
  return typeof term.value === "string" ? `'${term.value.replaceAll("'", "")}'` : String(term.value);
}

/** The answers of this period that it speaks of, each once: what a failed check points at. */
export function spokenOf(tree: Outline): string[] {
  if (isReference(tree)) return tree.last ? [] : [tree.field];
  if (isOfTable(tree)) return [tree.table];
  return isOperation(tree) ? [...new Set(tree.parts.flatMap(spokenOf))] : [];
}
