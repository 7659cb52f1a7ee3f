/** An expression said in the reader's language, with the labels of its form. */

import type { FormDefinition } from "@/rules/form";
import { isOfTable, isOperation, isReference, isValue, type Outline } from "./outline";

type Language = "zh" | "en";
/** One word of the console's: of `forms.say.<key>`. */
type Say = (key: string, params?: Record<string, string>) => string;

const LOOSE: Readonly<Record<string, number>> = { or: 1, and: 2, not: 3, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, in: 4, "+": 5, "-": 5, "*": 6, "/": 6, minus: 7 };
const KEYS: Readonly<Record<string, string>> = { "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "+": "plus", "-": "less", "*": "times", "/": "over" };

export function sentence(form: FormDefinition, tree: Outline, language: Language, say: Say): string {
  return new Speaker(form, language, say).of(tree);
}

class Speaker {
  private readonly labels = new Map<string, string>();
  private readonly choices = new Map<string, string>();

  constructor(form: FormDefinition, language: Language, private readonly say: Say) {
    for (const group of form.groups) {
      this.labels.set(group.key, group.label[language]);
      for (const field of group.fields) {
        this.labels.set(field.key, field.label[language]);
        for (const choice of field.choices ?? []) this.choices.set(choice.value, choice.label[language]);
      }
    }
  }

  of(tree: Outline): string {
    if (isReference(tree)) return this.say(tree.last ? "last" : "field", { name: this.name(tree.field) });
    if (isOfTable(tree)) {
      const table = this.name(tree.table);
      return tree.column === null ? this.say("count", { table }) : this.say("sum", { table, name: this.name(tree.column) });
    }
    return isValue(tree) ? this.value(tree.value) : this.operation(tree.name, tree.parts, tree.choices);
  }

  private name(key: string): string {
    return this.labels.get(key) || key;
  }

  private value(value: boolean | number | string): string {
    if (typeof value === "boolean") return this.say(value ? "yes" : "no");
    return typeof value === "number" ? String(value) : this.say("field", { name: this.choices.get(value) ?? value });
  }

  private operation(name: string, parts: Outline[], choices: (number | string)[] = []): string {
    const unless = parts[0];
    if (name === "or" && unless !== undefined && isOperation(unless) && unless.name === "not") {
      return this.say("when", { when: this.of(unless.parts[0]!), must: this.of(parts[1]!) });
    }
    if (name === "in") return this.say("in", { what: this.within(parts[0]!, name), list: choices.map((each) => this.value(each)).join(this.say("comma")) });
    const said = parts.map((part, at) => this.within(part, name, at));
    if (parts.length === 2 && name in LOOSE) return this.say(KEYS[name] ?? name, { one: said[0]!, other: said[1]! });
    return this.say(name, { what: said.join(this.say("comma")) });
  }

  /** A part in brackets where it would be read otherwise. */
  private within(part: Outline, outer: string, at = 0): string {
    const said = this.of(part);
    const [inside, outside] = [isOperation(part) ? LOOSE[part.name] : undefined, LOOSE[outer]];
    const open = inside !== undefined && outside !== undefined && (inside < outside || (inside === outside && at > 0));
    return open ? this.say("brackets", { what: said }) : said;
  }
}
