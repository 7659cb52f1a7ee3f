import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keep } from "@/api/session";
import { useHome } from "@/liaison/home";
import { json, problem, serve, unreachable, type Asked } from "./server";

const page = new EventTarget();
const screen = Object.assign(new EventTarget(), { visibilityState: "visible" });
vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
vi.stubGlobal("document", screen);

const home = useHome();
let asked: Asked[];
/** Lets the first try end as tries without a signal do: after a while, in vain. */
let fail: () => void;
/** What the tries after it meet. */
let later: () => Response;

const everything = (): Response =>
  json({ cursor: "one", server_time: "2026-11-04T02:00:00Z", full: true, villages: [] });

beforeEach(async () => {
  keep({ account: "a", name: "王芳", access: "access", refresh: "refresh" });
  const hanging = new Promise<void>((resolve) => (fail = resolve));
  later = everything;
  asked = serve(() => (asked.length === 1 ? hanging.then(unreachable) : later()));
  await home.start(crypto.randomUUID());
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  vi.useFakeTimers({ toFake: ["setTimeout"] });
});
afterEach(async () => {
  vi.useRealTimers();
  await home.signOut();
});

/** The next early try, if there is one; gives how often the server was asked by then. */
async function next(): Promise<number> {
  await vi.waitFor(() => expect(home.working).toBe(false));
  await vi.advanceTimersByTimeAsync(1000);
  await vi.waitFor(() => expect(home.working).toBe(false));
  return asked.length;
}

test("the signal that comes back while a try is failing is not missed", async () => {
  page.dispatchEvent(new Event("online"));
  fail();
  expect(await next()).toBe(2);
  expect(home.line).toBe("ok");
});

test("a signal that carries nothing yet is tried again soon, and not for ever", async () => {
  later = unreachable;
  fail();
  expect(await next()).toBe(1);
  page.dispatchEvent(new Event("online"));
  expect([await next(), await next(), await next(), await next()]).toEqual([3, 4, 5, 5]);
  expect(home.line).toBe("offline");
});

test("a server in trouble is left in peace", async () => {
  later = () => problem("busy", 503);
  page.dispatchEvent(new Event("online"));
  fail();
  expect([await next(), await next()]).toEqual([2, 2]);
  expect(home.line).toBe("busy");
});

test("looking at the app meanwhile is no reason to try again at once", async () => {
  screen.dispatchEvent(new Event("visibilitychange"));
  fail();
  expect(await next()).toBe(1);
  expect(home.line).toBe("offline");
});
