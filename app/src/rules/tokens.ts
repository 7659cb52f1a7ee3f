/** From the text of an expression to its words. Every refusal names a reason and a position. */

import { LIMIT } from "./values";

/** Why a text is no expression; `position` counts code points. */
export class NoExpression extends Error {
  constructor(
    readonly reason: string,
    readonly position: number,
  ) {
    super(reason);
  }
}

export const MAX_LENGTH = 1000;
export const MAX_DEPTH = 32;
export const MAX_NODES = 200;
const MAX_PLACES = 6;
const KEY = /^[a-z][a-z0-9_]{0,39}$/;
export const ARGUMENTS: Record<string, [number, number]> = {
  abs: [1, 1],
  filled: [1, 1],
  coalesce: [2, 2],
  min: [2, MAX_NODES],
  max: [2, MAX_NODES],
};
export const AGGREGATES = ["sum", "count"];
const WORDS = ["and", "or", "not", "in"];
const RESERVED = new Set([...WORDS, "true", "false", "null", "last", ...AGGREGATES, ...Object.keys(ARGUMENTS)]);
export const POWERS: Record<string, number> = {
  or: 1,
  and: 2,
  ...Object.fromEntries(["==", "!=", "<", "<=", ">", ">=", "in"].map((sign) => [sign, 4])),
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
};
export const [NOT, COMPARISON, MINUS] = [3, 4, 7];
const TOKEN =
  // oxlint-disable-next-line no-control-regex
  /(?<space>[ \t\r\n]+)|(?<number>[0-9]+(?:\.[0-9]+)?)|(?<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)|(?<text>'[^'\x00-\x1f\x7f-\x9f\ud800-\udfff]*')|(?<sign>==|!=|<=|>=|[-+*/<>(),])/uy;

export interface Token {
  kind: string;
  text: string;
  position: number;
}

export function tokensOf(source: string): Token[] {
  const found: Token[] = [];
  let [at, position] = [0, 0];
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (match === null) {
      throw new NoExpression(source[at] === "'" ? "unclosed_text" : "bad_character", position);
    }
    const text = match[0];
    const kind = Object.entries(match.groups!).find(([, part]) => part !== undefined)![0];
    if (kind !== "space") {
      found.push({ kind: kind === "name" && WORDS.includes(text) ? "sign" : kind, text, position });
    }
    at += text.length;
    position += Array.from(text).length;
  }
  return [...found, { kind: "end", text: "", position }];
}

export function number(token: Token): number {
  const value = Number(token.text);
  const places = token.text.split(".")[1] ?? "";
  if (value > LIMIT || places.length > MAX_PLACES) throw new NoExpression("bad_number", token.position);
  return value;
}

export function checkKey(key: string, position: number): void {
  if (RESERVED.has(key)) throw new NoExpression("reserved_name", position);
  if (!KEY.test(key)) throw new NoExpression("bad_name", position);
}
