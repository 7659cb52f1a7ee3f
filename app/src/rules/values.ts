/**
 * Values of expressions, and arithmetic that gives the same answers as the server's: see
 * backend/domain/expression_values.py. Null stands for everything unknown, and spreads.
 */

export type Value = boolean | number | string | null;
export type Json = Record<string, unknown>;

export const LIMIT = Number.MAX_SAFE_INTEGER;

/** What an object itself holds under a key, never what all objects have by nature. */
export function own(object: Json, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** What an expression sees of a JSON value: lists, objects and unsafe numbers are null. */
export function normal(raw: unknown): Value {
  if (typeof raw === "boolean" || typeof raw === "string") return raw;
  return typeof raw === "number" ? tidy(raw) : null;
}

/**
 * A number on the grid: six decimals below 2**30, two below 2**43, then none. `reach` is the largest
 * number that went into a sum, whose grid it keeps. Halves go up.
 */
export function tidy(number: number, reach = 0): Value {
  if (!(Math.abs(number) <= LIMIT)) return null;
  if (Number.isInteger(number)) return number + 0; // no -0
  const size = Math.max(Math.abs(number), reach);
  const scale = size < 2 ** 30 ? 1e6 : size < 2 ** 43 ? 1e2 : 1;
  return Math.floor(number * scale + 0.5) / scale + 0;
}

export function add(left: Value, right: Value): Value {
  return summed(left, right, (a, b) => a + b);
}

export function subtract(left: Value, right: Value): Value {
  return summed(left, right, (a, b) => a - b);
}

function summed(left: Value, right: Value, how: (a: number, b: number) => number): Value {
  if (typeof left !== "number" || typeof right !== "number") return null;
  return tidy(how(left, right), Math.max(Math.abs(left), Math.abs(right)));
}

export function multiply(left: Value, right: Value): Value {
  return typeof left === "number" && typeof right === "number" ? tidy(left * right) : null;
}

export function divide(left: Value, right: Value): Value {
  if (typeof left !== "number" || typeof right !== "number" || right === 0) return null;
  return tidy(left / right);
}

/** Two numbers, or two texts by code point; truth values only for equality. */
export function compare(sign: string, left: Value, right: Value): boolean | null {
  if (left === null || right === null || typeof left !== typeof right) return null;
  if (sign === "==") return left === right;
  if (sign === "!=") return left !== right;
  if (typeof left === "boolean" || typeof right === "boolean") return null;
  const order = typeof left === "number" ? left - (right as number) : apart(left, right as string);
  if (sign === "<") return order < 0;
  if (sign === "<=") return order <= 0;
  return sign === ">" ? order > 0 : order >= 0;
}

/** By code points, as the server orders: by halves of pairs, 😀 would stand before some letters. */
function apart(left: string, right: string): number {
  const [one, other] = [Array.from(left), Array.from(right)];
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    const step = one[at]!.codePointAt(0)! - other[at]!.codePointAt(0)!;
    if (step !== 0) return step;
  }
  return one.length - other.length;
}

/** True for null, for an empty list, and for text made of white space only. */
export function isBlank(raw: unknown): boolean {
  if (typeof raw === "string") return /^[ \t\r\n\u00a0\u3000]*$/.test(raw);
  return Array.isArray(raw) ? raw.length === 0 : normal(raw) === null;
}

export function isObject(raw: unknown): raw is Json {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}
