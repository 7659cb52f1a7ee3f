import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keep } from "@/api/session";
import { useHome } from "@/liaison/home";
import { json, serve, unreachable, type Asked } from "./server";

const page = new EventTarget();
const screen = Object.assign(new EventTarget(), { visibilityState: "visible" });
vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
vi.stubGlobal("document", screen);

const home = useHome();
let asked: Asked[];
/** Lets the first try end as tries without a signal do: after a while, in vain. */
let fail: () => void;

beforeEach(async () => {
  keep({ account: "a", name: "王芳", access: "access", refresh: "refresh" });
  const hanging = new Promise<void>((resolve) => (fail = resolve));
  const everything = { cursor: "one", server_time: "2026-11-04T02:00:00Z", full: true, villages: [] };
  asked = serve(() => (asked.length === 1 ? hanging.then(unreachable) : json(everything)));
  await home.start(crypto.randomUUID());
  await vi.waitFor(() => expect(asked).toHaveLength(1));
});
afterEach(() => home.signOut());

test("the signal that comes back while a try is failing is not missed", async () => {
  page.dispatchEvent(new Event("online"));
  fail();
  await vi.waitFor(() => expect(home.line).toBe("ok"));
  await vi.waitFor(() => expect(home.working).toBe(false));
  expect(asked).toHaveLength(2);
});

test("looking at the app meanwhile is no reason to try again at once", async () => {
  screen.dispatchEvent(new Event("visibilitychange"));
  fail();
  await vi.waitFor(() => expect(home.working).toBe(false));
  expect(home.line).toBe("offline");
  expect(asked).toHaveLength(1);
});
