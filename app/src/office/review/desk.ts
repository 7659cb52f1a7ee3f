/** The review desk: the office's queue, the item in hand, the next one already loaded. */

import { computed, ref, shallowRef } from "vue";
import { api, given, type Schemas } from "@/api/client";
import { makeCases, type Case } from "./cases";

export type Entry = Schemas["QueueEntry"];
export type Decision = "pass" | "return";
export type Defect = { text: string; field?: string; code?: string };

const PAGE = 50;
/** What the server takes at once. */
const BATCH = 100;

export function makeDesk() {
  const queue = shallowRef<Entry[]>([]);
  const more = ref<string | null>(null);
  const at = ref(0);
  const cases = makeCases();
  const inHand = computed<Entry | undefined>(() => queue.value[at.value]);
  /** Ids of decisions under way: one that is sent again, its answer lost, is the same decision. */
  const ids = new Map<string, string>();

  /** Reads the queue anew and keeps hold of what is in hand, if it still waits. */
  async function load(): Promise<void> {
    const held = inHand.value?.submission;
    const page = given(await api.GET("/api/v1/reviews", { params: { query: { limit: PAGE } } }));
    const there = page.items.findIndex((each) => each.submission === held);
    // Somebody far down the queue is not thrown back to its beginning.
    if (there < 0 && at.value >= page.items.length && page.items.length > 0) return;
    [queue.value, more.value] = [page.items, page.next ?? null];
    at.value = Math.max(there, 0);
    cases.keepOnly(page.items);
  }

  async function loadMore(): Promise<void> {
    if (more.value === null) return;
    const query = { limit: PAGE, page: more.value };
    const page = given(await api.GET("/api/v1/reviews", { params: { query } }));
    const known = new Set(queue.value.map((each) => each.submission));
    queue.value = [...queue.value, ...page.items.filter((each) => !known.has(each.submission))];
    more.value = page.next ?? null;
  }

  /** What is known of an entry; asked for once. The one after it is asked for as well. */
  async function open(entry: Entry): Promise<Case> {
    const found = await cases.of(entry);
    const next = queue.value[queue.value.indexOf(entry) + 1];
    if (next !== undefined) void cases.of(next).catch(() => undefined);
    cases.keepOnly(queue.value.slice(Math.max(at.value - 1, 0), at.value + 2));
    return found;
  }

  /** Asks anew what is known of an entry: a photo may have come meanwhile. */
  function again(entry: Entry): Promise<Case> {
    cases.keepOnly(queue.value.filter((each) => each.submission !== entry.submission));
    return open(entry);
  }

  function move(by: number): void {
    at.value = Math.min(Math.max(at.value + by, 0), Math.max(queue.value.length - 1, 0));
    if (at.value > queue.value.length - 10) void loadMore().catch(() => undefined);
  }

  /** Decides on some; gives those that were not taken, each with the server's reason. */
  async function decide(entries: readonly Entry[], decision: Decision, defects: readonly Defect[]): Promise<string[]> {
    const refused: string[] = [];
    for (let from = 0; from < entries.length; from += BATCH) {
      refused.push(...(await sent(entries.slice(from, from + BATCH), decision, defects)));
    }
    return refused;
  }

  async function sent(entries: readonly Entry[], decision: Decision, defects: readonly Defect[]): Promise<string[]> {
    const said = entries.map(({ submission, step }) => ({ submission, step, decision, defects: [...defects] }));
    const items = said.map((each) => Object.assign({ id: idOf(JSON.stringify(each)) }, each));
    const body = { items, device_time: new Date().toISOString() };
    const { items: outcomes } = given(await api.POST("/api/v1/reviews", { body }));
    for (const each of said) ids.delete(JSON.stringify(each));
    const done = new Set(outcomes.filter((each) => each.outcome !== "rejected").map((each) => entries[each.index]?.submission));
    queue.value = queue.value.filter((each) => !done.has(each.submission));
    move(0);
    return outcomes.flatMap((each) => (each.outcome === "rejected" ? [each.problem?.title ?? ""] : []));
  }

  function idOf(said: string): string {
    const id = ids.get(said) ?? crypto.randomUUID();
    ids.set(said, id);
    return id;
  }

  return { queue, more, at, inHand, load, open, again, move, decide, close: () => cases.keepOnly([]) };
}

/** Those that say that nothing changed or occurred: they may be passed together after a look. */
export function plainOnes(queue: readonly Entry[]): Entry[] {
  return queue.filter((each) => !each.certification && (each.kind === "unchanged" || each.kind === "zero"));
}
