/** What operators and functions compute, as functions of a scope. */

import { add, compare, divide, isBlank, isObject, multiply, normal, own, subtract, type Json, type Value } from "./values";

/** Answers (in a row: with the row's own) and the accepted ones of the period before. */
export interface Scope {
  answers: Json;
  last: Json;
}

export type Run = (scope: Scope) => Value;

/** A piece as it is built: `reads` is set where it is an answer and nothing else. */
export interface Node {
  run: Run;
  reads?: (scope: Scope) => unknown;
}

export function operation(sign: string, left: Run, right: Run): Run {
  if (sign === "and") return junction(left, right, false);
  if (sign === "or") return junction(left, right, true);
  const calculate = { "+": add, "-": subtract, "*": multiply, "/": divide }[sign];
  if (calculate !== undefined) return (scope) => calculate(left(scope), right(scope));
  return (scope) => compare(sign, left(scope), right(scope));
}

/** `decisive` on either side decides: false for and, true for or. */
function junction(left: Run, right: Run, decisive: boolean): Run {
  return (scope) => {
    const one = left(scope);
    if (one === decisive) return decisive;
    const other = right(scope);
    if (other === decisive) return decisive;
    return typeof one === "boolean" && typeof other === "boolean" ? !decisive : null;
  };
}

export function negation(operand: Run): Run {
  return (scope) => {
    const value = operand(scope);
    return typeof value === "boolean" ? !value : null;
  };
}

export function applied(name: string, operands: Node[]): Run {
  const [first, second] = operands as [Node, Node];
  if (name === "filled") return (scope) => !isBlank((first.reads ?? first.run)(scope));
  if (name === "coalesce") return (scope) => first.run(scope) ?? second.run(scope);
  return (scope) => {
    const values = operands.map((operand) => operand.run(scope));
    if (!values.every((value) => typeof value === "number")) return null;
    return name === "abs" ? Math.abs(values[0]!) : Math[name as "min" | "max"](...values);
  };
}

export function rowsOf(scope: Scope, group: string): Json[] {
  const raw = own(scope.answers, group);
  return Array.isArray(raw) ? raw.filter(isObject) : [];
}

/** A blank cell adds nothing; the field's own rule reports it. */
export function total(rows: Json[], key: string): Value {
  return rows
    .map((row) => normal(own(row, key)))
    .filter((value) => typeof value === "number")
    .reduce<Value>(add, 0);
}
