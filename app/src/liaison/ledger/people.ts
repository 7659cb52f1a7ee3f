/** The village's people as the screens see them: read once, then followed. */

import { liveQuery, type Subscription } from "dexie";
import { computed, shallowRef, watchEffect, type ComputedRef, type ShallowRef } from "vue";
import { useHome } from "../home";
import { overlaid } from "../store/ledger";
import type { Resident, Store } from "../store/database";

const people = shallowRef<Resident[]>();
const all = computed(() => sorted(overlaid(people.value ?? [], useHome().changes)));
let seen: Store | undefined;
let watching: Subscription | undefined;

/** Kept between screens with its order, so that going back to 2,000 people costs nothing. */
function follow(db: Store | undefined): void {
  if (db === seen) return;
  watching?.unsubscribe();
  people.value = undefined;
  seen = db;
  if (db !== undefined) {
    const next = (found: Resident[]): void => void (people.value = found);
    watching = liveQuery(() => db.residents.toArray()).subscribe({ next });
  }
}

export interface People {
  /** Undefined until read for the first time. */
  read: ShallowRef<Resident[] | undefined>;
  /** With the changes that wait on this phone, in order of group, household and name. */
  all: ComputedRef<Resident[]>;
}

export function usePeople(): People {
  const home = useHome();
  watchEffect(() => follow(home.db));
  return { read: people, all };
}

const order = new Intl.Collator("zh-CN", { numeric: true });

function sorted(found: Resident[]): Resident[] {
  return found
    .map((person) => ({ person, key: `${person.group_no ?? ""} ${person.household ?? ""}` }))
    .sort((a, b) => order.compare(a.key, b.key) || order.compare(a.person.name, b.person.name))
    .map(({ person }) => person);
}
