/** The signed-in app's state: the phone's store, seen live, and its dealings with the server. */

import type { Table } from "dexie";
import { computed, reactive, ref } from "vue";
import { api, Failure } from "@/api/client";
import { forget, session } from "@/api/session";
import { todos } from "./duties";
import { whenever } from "./hopes";
import { kept } from "./kept";
import { forgetPush } from "./push";
import { FROM_SERVER, type Store } from "./store/database";
import { sendLetters } from "./store/letters";
import { flush } from "./store/outbox";
import { pull } from "./store/sync";

export type Line = "ok" | "offline" | "busy";

const EARLY_MS = 1000;

export type Home = ReturnType<typeof made>;

function made() {
  const { watch, unwatch, ...shelf } = kept();
  const village = ref("");
  const now = ref(Date.now());
  const line = ref<Line>("ok");
  const [working, ended, ready] = [ref(false), ref(false), ref(false)];
  /** Early tries left since the signal came back: the first often come before it carries anything. */
  let early = 0;
  let deaf: (() => void) | undefined;

  /** The server's time as far as the phone knows it. */
  const time = computed(() => now.value + (shelf.facts.value.skew ?? 0));
  const shown = computed(() =>
    shelf.duties.value.filter((duty) => village.value === "" || duty.village === village.value),
  );
  const todo = computed(() => todos(shown.value, shelf.outbox.value, time.value));

  async function start(account: string): Promise<void> {
    halt();
    [ended.value, early] = [false, 0];
    await watch(account);
    ready.value = true;
    deaf = whenever(exchange, () => (line.value = "offline"));
    void navigator.storage?.persist?.();
    void exchange();
  }

  /** Sends what waits and fetches what is new; an event says that the signal is back. */
  async function exchange(back?: Event): Promise<void> {
    const store = shelf.db.value;
    now.value = Date.now();
    if (back !== undefined) early = 3;
    if (store === undefined || working.value) return;
    working.value = true;
    try {
      await flush(store);
      // Only who has something of these to send needs what sends it.
      if (await waits(store.changes)) await (await import("./store/ledger")).flushChanges(store);
      await sendLetters(store);
      await pull(store);
      if (await waits(store.photos)) await (await import("./store/uploads")).upload(store);
      line.value = "ok";
    } catch (error) {
      await failed(error);
    } finally {
      working.value = false;
      now.value = Date.now();
    }
    // Filed while this was under way: it must not wait for the next occasion.
    const owed = [...shelf.waiting.value, ...shelf.changes.value, ...shelf.letters.value];
    if (line.value === "ok" && owed.some((each) => each.state === "waiting")) void exchange();
    if (line.value === "offline" && early-- > 0) setTimeout(exchange, EARLY_MS);
  }

  async function failed(error: unknown): Promise<void> {
    if (error instanceof Failure && error.kind === "ended") return end();
    line.value = error instanceof Failure && error.kind === "offline" ? "offline" : "busy";
  }

  /** Signed out by the server: what came from it goes, the village's own work stays for later. */
  async function end(): Promise<void> {
    const store = shelf.db.value;
    // The session goes after it: closed before, the app finds it again and ends it again.
    if (store !== undefined) await empty(store);
    forget();
    void forgetPush(false);
    halt();
    ended.value = true;
  }

  /** Signs out here and, when it can be reached, at the server. Nothing stays on the phone. */
  async function signOut(): Promise<void> {
    const store = shelf.db.value;
    await forgetPush(session() !== null);
    if (session() !== null) await api.DELETE("/api/v1/sessions/current").catch(() => null);
    forget();
    halt();
    await store?.delete();
  }

  function halt(): void {
    deaf?.();
    unwatch();
    ready.value = false;
    village.value = "";
  }

  const state = { village, now, line, working, ended, ready, time, shown, todo };
  return reactive({ ...shelf, ...state, start, exchange, signOut, halt });
}

let only: Home | undefined;

/** The one state of this page. */
export function useHome(): Home {
  return (only ??= made());
}

async function waits(table: Table): Promise<boolean> {
  return (await table.where("state").equals("waiting").count()) > 0;
}

async function empty(store: Store): Promise<void> {
  await store.transaction("rw", FROM_SERVER, () =>
    Promise.all(FROM_SERVER.map((name) => store.table(name).clear())),
  );
}
