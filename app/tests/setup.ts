import "fake-indexeddb/auto";
import { afterEach, beforeEach, vi } from "vitest";

/** Locks as browsers have them: who holds a name is waited for. */
const held = new Map<string, Promise<unknown>>();
const locks = {
  request<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (held.get(name) ?? Promise.resolve()).then(work, work);
    held.set(
      name,
      turn.catch(() => undefined),
    );
    return turn;
  },
};

const stored = new Map<string, string>();
vi.stubGlobal("localStorage", {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => stored.set(key, value),
  removeItem: (key: string) => stored.delete(key),
});
vi.stubGlobal("location", new URL("http://cunbao.test/"));
vi.stubGlobal("navigator", { locks, userAgent: "Mozilla/5.0 (Linux; Android 11)" });

beforeEach(() => stored.clear());
afterEach(() => vi.useRealTimers());
