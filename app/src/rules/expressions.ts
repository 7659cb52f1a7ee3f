/**
 * Expressions over answers, as the server reads them: see backend/domain/expressions.py. The cases of
 * tests/cases/expressions.json hold the two together.
 */

import { applied, negation, operation, rowsOf, total, type Node, type Run, type Scope } from "./operations";
import {
  AGGREGATES,
  ARGUMENTS,
  checkKey,
  COMPARISON,
  MAX_DEPTH,
  MAX_LENGTH,
  MAX_NODES,
  MINUS,
  NoExpression,
  NOT,
  number,
  POWERS,
  tokensOf,
  type Token,
} from "./tokens";
import { normal, own, subtract } from "./values";

export interface Expression {
  /** Never throws. */
  run: Run;
  /** The answers it reads. */
  fields: ReadonlySet<string>;
  /** Those of last period that it reads. */
  last: ReadonlySet<string>;
}

const known = new Map<string, Expression>();

/** Parses once and keeps it. Throws NoExpression. */
export function expression(source: string): Expression {
  let found = known.get(source);
  if (found === undefined) known.set(source, (found = parse(source)));
  return found;
}

export function parse(source: string): Expression {
  if (Array.from(source).length > MAX_LENGTH) throw new NoExpression("too_long", MAX_LENGTH);
  const tokens = tokensOf(source);
  if (tokens.length === 1) throw new NoExpression("empty", 0);
  return new Parser(tokens).whole();
}

/** Precedence climbing over the tokens, counting depth and nodes as it goes. */
class Parser {
  private index = 0;
  private depth = 0;
  private nodes = 0;
  private readonly fields = new Set<string>();
  private readonly last = new Set<string>();

  constructor(private readonly tokens: Token[]) {}

  whole(): Expression {
    const { run } = this.expression(0);
    if (this.token.kind !== "end") this.fail();
    return { run, fields: this.fields, last: this.last };
  }

  private get token(): Token {
    return this.tokens[this.index]!;
  }

  private take(): Token {
    return this.tokens[this.index++]!;
  }

  private sees(text: string): boolean {
    return this.token.kind === "sign" && this.token.text === text;
  }

  private expect(text: string): void {
    if (!this.sees(text)) this.fail();
    this.index++;
  }

  private fail(): never {
    const { kind, position } = this.token;
    throw new NoExpression(kind === "end" ? "unexpected_end" : "unexpected_token", position);
  }

  private made(position: number, node: Node): Node {
    if (++this.nodes > MAX_NODES) throw new NoExpression("too_many_nodes", position);
    return node;
  }

  private nested(power: number, position: number): Node {
    if (++this.depth > MAX_DEPTH) throw new NoExpression("too_deep", position);
    const node = this.expression(power);
    this.depth--;
    return node;
  }

  private expression(floor: number): Node {
    let left = this.prefix(floor);
    let compared = false;
    while (this.token.kind === "sign") {
      const power = POWERS[this.token.text] ?? -1;
      if (power < floor) break;
      if (compared && power === COMPARISON) {
        throw new NoExpression("chained_comparison", this.token.position);
      }
      compared = power === COMPARISON;
      left = this.infix(left, power);
    }
    return left;
  }

  private infix(left: Node, power: number): Node {
    const sign = this.take();
    if (sign.text === "in") return this.membership(left, sign.position);
    const right = this.expression(power + 1);
    return this.made(sign.position, { run: operation(sign.text, left.run, right.run) });
  }

  private prefix(floor: number): Node {
    const token = this.token;
    if (this.sees("-")) return this.unary(MINUS, ({ run }) => (scope) => subtract(0, run(scope)));
    if (this.sees("not") && floor <= NOT) return this.unary(NOT, ({ run }) => negation(run));
    if (this.sees("(")) {
      this.index++;
      const inner = this.nested(0, token.position);
      this.expect(")");
      return inner;
    }
    return token.kind === "name" ? this.named(this.take()) : this.literal().node;
  }

  private unary(power: number, build: (operand: Node) => Run): Node {
    const { position } = this.take();
    const operand = this.nested(power, position);
    return this.made(position, { run: build(operand) });
  }

  private literal(): { node: Node; value: number | string } {
    const token = this.token;
    if (token.kind !== "text" && token.kind !== "number") this.fail();
    const value = token.kind === "text" ? token.text.slice(1, -1) : number(token);
    this.index++;
    return { value, node: this.made(token.position, { run: () => value }) };
  }

  private named(token: Token): Node {
    const { position, text } = token;
    if (text === "true" || text === "false") {
      return this.made(position, { run: () => text === "true" });
    }
    if (AGGREGATES.includes(text) && this.sees("(")) {
      return this.made(position, this.aggregate(token));
    }
    if (this.sees("(")) return this.made(position, this.call(token));
    const dot = text.indexOf(".");
    const [owner, key] = [text.slice(0, Math.max(dot, 0)), text.slice(dot + 1)];
    checkKey(key, position);
    if (owner !== "" && owner !== "last") throw new NoExpression("group_outside_aggregate", position);
    return this.made(position, this.reference(key, owner === "last"));
  }

  private reference(key: string, last: boolean): Node {
    (last ? this.last : this.fields).add(key);
    const reads = (scope: Scope) => own(last ? scope.last : scope.answers, key);
    return { run: (scope) => normal(reads(scope)), reads };
  }

  private aggregate(name: Token): Node {
    this.expect("(");
    const token = this.take();
    if (token.kind !== "name") {
      this.index--;
      this.fail();
    }
    this.expect(")");
    const [group = "", key = ""] = token.text.split(".");
    checkKey(group, token.position);
    if ((key !== "") !== (name.text === "sum")) throw new NoExpression("wrong_arguments", name.position);
    if (key === "") return { run: (scope) => rowsOf(scope, group).length };
    checkKey(key, token.position);
    return { run: (scope) => total(rowsOf(scope, group), key) };
  }

  private call(name: Token): Node {
    const limits = Object.hasOwn(ARGUMENTS, name.text) ? ARGUMENTS[name.text] : undefined;
    if (limits === undefined) throw new NoExpression("unknown_function", name.position);
    this.expect("(");
    const operands = [this.nested(0, name.position)];
    while (this.sees(",")) {
      this.index++;
      operands.push(this.nested(0, name.position));
    }
    this.expect(")");
    if (operands.length < limits[0] || operands.length > limits[1]) {
      throw new NoExpression("wrong_arguments", name.position);
    }
    return { run: applied(name.text, operands) };
  }

  private membership(operand: Node, position: number): Node {
    this.expect("(");
    const choices: (number | string)[] = [this.literal().value];
    while (this.sees(",")) {
      this.index++;
      choices.push(this.literal().value);
    }
    this.expect(")");
    const type = typeof choices[0];
    if (choices.some((choice) => typeof choice !== type)) throw new NoExpression("mixed_list", position);
    const run: Run = (scope) => {
      const value = operand.run(scope);
      return typeof value === type ? choices.includes(value as number | string) : null;
    };
    return this.made(position, { run });
  }
}
