/** Whom to visit: the open certifications with their pensioners, searched and grouped. */

import type { Todo } from "../duties";
import type { Pensioner } from "../store/database";

export interface Visit {
  item: Todo;
  pensioner: Pensioner;
}

export interface House {
  key: string;
  group: string;
  number: string;
  visits: Visit[];
}

/** The certifications among what is to be done, in its order. Who isn't on the phone is left out. */
export function visitsOf(todo: readonly Todo[], people: ReadonlyMap<string, Pensioner>): Visit[] {
  return todo.flatMap((item) => {
    const pensioner = people.get(item.duty.pensioner ?? "");
    return pensioner === undefined ? [] : [{ item, pensioner }];
  });
}

/** Those whose name has the letters, or whose number ends in the digits. */
export function found(visits: readonly Visit[], wanted: string): Visit[] {
  const text = wanted.replace(/\s/g, "").toUpperCase();
  return visits.filter(
    ({ pensioner }) =>
      pensioner.name.toUpperCase().includes(text) ||
      pensioner.id_number.endsWith(text) ||
      (text !== "" && pensioner.household?.toUpperCase() === text),
  );
}

/** One house's key; who has none lives alone. */
export function houseOf({ id, village, group_no = "", household = "" }: Pensioner): string {
  return household === "" ? id : `${village} ${group_no} ${household}`;
}

/** By household, group after group; inside a house most pressing first. */
export function houses(visits: readonly Visit[]): House[] {
  const grouped = new Map<string, House>();
  for (const visit of visits) {
    const { group_no: group = "", household: number = "" } = visit.pensioner;
    // Who has no number stands with the others of the group who have none, and last.
    const key = number === "" ? ` ${group}` : houseOf(visit.pensioner);
    const house = grouped.get(key) ?? { key, group, number, visits: [] };
    house.visits.push(visit);
    grouped.set(key, house);
  }
  return [...grouped.values()].sort(
    (a, b) => by(a.group, b.group) || Number(a.number === "") - Number(b.number === "") || by(a.number, b.number),
  );
}

function by(a: string, b: string): number {
  return a.localeCompare(b, "zh", { numeric: true });
}

/** Who is left to visit in the house of a pensioner, without that one. */
export function restOfHouse(visits: readonly Visit[], pensioner: Pensioner): Visit[] {
  const key = houseOf(pensioner);
  return visits.filter((each) => each.pensioner.id !== pensioner.id && houseOf(each.pensioner) === key);
}
