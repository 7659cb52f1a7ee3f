/** What became of a phone's file: how much was taken, was there already, was refused and why. */

import type { Schemas } from "@/api/client";

export function tally({ items, changes }: Schemas["RescueOutcome"]) {
  const all = [...items, ...changes];
  const count = (...outcomes: string[]): number => all.filter((each) => outcomes.includes(each.outcome)).length;
  const why = all.flatMap((each) => (each.outcome === "rejected" && each.problem ? [each.problem.title] : []));
  return { taken: all.length - count("duplicate", "rejected"), known: count("duplicate"), refused: count("rejected"), why: [...new Set(why)] };
}
