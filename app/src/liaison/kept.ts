/** The phone's store as the screens see it: every list follows what any tab writes. */

import { liveQuery, type Subscription } from "dexie";
import { computed, shallowRef, type ComputedRef, type ShallowRef } from "vue";
import * as database from "./store/database";
import type {
  Facts,
  Feedback,
  Filing,
  LedgerChange,
  Letter,
  Message,
  Notice,
  Obligation,
  Store,
  Village,
} from "./store/database";

export interface Kept {
  db: ShallowRef<Store | undefined>;
  villages: ShallowRef<Village[]>;
  duties: ShallowRef<Obligation[]>;
  messages: ShallowRef<Message[]>;
  outbox: ShallowRef<Filing[]>;
  /** The obligations with a draft. */
  drafts: ShallowRef<Set<number>>;
  facts: ShallowRef<Partial<Facts>>;
  /** Changes of the ledger without a receipt. */
  changes: ShallowRef<LedgerChange[]>;
  /** Newest first. */
  notices: ShallowRef<Notice[]>;
  feedback: ShallowRef<Feedback[]>;
  /** What was written to the offices and they don't have yet. */
  letters: ShallowRef<Letter[]>;
  unreadNotices: ComputedRef<number>;
  unsent: ComputedRef<Filing[]>;
  waiting: ComputedRef<Filing[]>;
  unread: ComputedRef<number>;
  /** Opens an account's store; resolves when everything was read once. */
  watch: (account: string) => Promise<void>;
  unwatch: () => void;
}

export function kept(): Kept {
  const db = shallowRef<Store>();
  const villages = shallowRef<Village[]>([]);
  const duties = shallowRef<Obligation[]>([]);
  const messages = shallowRef<Message[]>([]);
  const outbox = shallowRef<Filing[]>([]);
  const drafts = shallowRef<Set<number>>(new Set());
  const notices = shallowRef<Notice[]>([]);
  const feedback = shallowRef<Feedback[]>([]);
  const letters = shallowRef<Letter[]>([]);
  const facts = shallowRef<Partial<Facts>>({});
  const changes = shallowRef<LedgerChange[]>([]);
  let watching: Subscription[] = [];

  function live<T>(into: ShallowRef<T>, read: () => Promise<T>): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = (value: T): void => {
        into.value = value;
        resolve();
      };
      watching.push(liveQuery(read).subscribe({ next, error: reject }));
    });
  }

  async function watch(account: string): Promise<void> {
    unwatch();
    const store = database.open(account);
    db.value = store;
    await Promise.all([
      live(villages, () => store.villages.toArray()),
      live(duties, () => store.obligations.toArray()),
      live(messages, async () => (await store.messages.orderBy("delivered_at").toArray()).reverse()),
      live(outbox, () => store.outbox.toArray()),
      live(drafts, async () => new Set(await store.drafts.toCollection().primaryKeys())),
      live(changes, () => store.changes.where("state").anyOf("waiting", "refused").toArray()),
      live(notices, async () => newest(await store.notices.toArray(), (each) => each.published_at)),
      live(feedback, async () => newest(await store.feedback.toArray(), (each) => each.written_at)),
      live(letters, () => store.letters.toArray()),
      live(facts, async () => named(await store.facts.toArray())),
    ]);
  }

  function unwatch(): void {
    for (const each of watching) each.unsubscribe();
    watching = [];
    db.value = undefined;
  }

  return {
    db,
    villages,
    duties,
    messages,
    outbox,
    drafts,
    notices,
    feedback,
    letters,
    facts,
    changes,
    watch,
    unwatch,
    unsent: computed(() => outbox.value.filter((each) => each.state !== "sent")),
    waiting: computed(() => outbox.value.filter((each) => each.state === "waiting")),
    unreadNotices: computed(() => notices.value.filter((each) => !each.read_at && !each.withdrawn_at).length),
    // A message that announces a notice is counted with the notice.
    unread: computed(() => messages.value.filter((each) => each.read_at === null && !each.params["notice"]).length),
  };
}

function newest<T>(rows: T[], at: (row: T) => string): T[] {
  return rows.sort((a, b) => Date.parse(at(b)) - Date.parse(at(a)));
}

function named(rows: { key: string; value: unknown }[]): Partial<Facts> {
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
}
