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
  Pensioner,
  Photo,
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
  pensioners: ShallowRef<Map<string, Pensioner>>;
  photos: ShallowRef<Photo[]>;
  unsent: ComputedRef<Filing[]>;
  waiting: ComputedRef<Filing[]>;
  /** Photos of delivered filings that are still on their way. */
  trailing: ComputedRef<Photo[]>;
  /** Photos that were filed and that the server does not have. */
  unsentPhotos: ComputedRef<Photo[]>;
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
  const pensioners = shallowRef<Map<string, Pensioner>>(new Map());
  const photos = shallowRef<Photo[]>([]);
  const unsent = computed(() => outbox.value.filter((each) => each.state !== "sent"));
  const unsentPhotos = computed(() =>
    photos.value.filter((each) => each.state === "waiting" || each.state === "refused"),
  );
  const trailing = computed(() => {
    const held = new Set(unsent.value.map((each) => each.id));
    return photos.value.filter((each) => each.state === "waiting" && !held.has(each.filing));
  });
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
      live(pensioners, async () => {
        const all = await store.pensioners.toArray();
        return new Map(all.map((each) => [each.id, each]));
      }),
      live(photos, () => store.photos.toArray()),
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
    pensioners,
    photos,
    watch,
    unwatch,
    unsent,
    trailing,
    unsentPhotos,
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
