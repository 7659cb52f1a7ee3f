import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetPush, pushState, sendLater, subscribe } from "@/liaison/push";
import { json, problem, serve } from "./server";

const was = globalThis.navigator;
let subscription: { unsubscribe: () => Promise<boolean>; toJSON: () => object } | null = null;
let permission = "default";
const tags: string[] = [];

/** A browser with a push service, as far as the app asks. */
beforeEach(() => {
  subscription = null;
  permission = "granted";
  tags.length = 0;
  const pushManager = {
    getSubscription: async () => subscription,
    subscribe: async () => (subscription = made()),
  };
  const sync = { register: async (tag: string) => void tags.push(tag) };
  const serviceWorker = { getRegistration: async () => ({ pushManager, sync }) };
  vi.stubGlobal("navigator", { locks: was.locks, serviceWorker });
  vi.stubGlobal("window", { PushManager: Object, Notification: Object });
  vi.stubGlobal("Notification", {
    get permission() {
      return permission;
    },
    requestPermission: async () => permission,
  });
});
afterEach(() => vi.stubGlobal("navigator", was));

function made() {
  return {
    toJSON: () => ({ endpoint: "https://push.test/1", expirationTime: null, keys: { p256dh: "p", auth: "a" } }),
    unsubscribe: async () => {
      subscription = null;
      return true;
    },
  };
}

test("turned on the server has the subscription; turned off neither has it", async () => {
  const asked = serve(({ method }) => json(method === "POST" ? { id: 7 } : { items: [], channels: [], push_key: "key" }));
  expect(await pushState()).toBe("off");
  expect(await subscribe()).toBe("on");
  expect(asked.at(-1)?.body).toMatchObject({
    channel: "web_push",
    subscription: { endpoint: "https://push.test/1", keys: { p256dh: "p", auth: "a" } },
  });
  expect(await pushState()).toBe("on");
  await forgetPush(true);
  expect([asked.at(-1)?.method, asked.at(-1)?.path]).toEqual(["DELETE", "/api/v1/addresses/7"]);
  expect(await pushState()).toBe("off");
  expect(subscription).toBeNull();
});

test("what the server does not take is not left subscribed", async () => {
  serve(({ method }) => (method === "POST" ? problem("too_many_addresses", 409) : json({ push_key: "key" })));
  await expect(subscribe()).rejects.toMatchObject({ kind: "refused" });
  expect(subscription).toBeNull();
  expect(await pushState()).toBe("off");
});

test("a server without push is said to be one, and a person who declines is left alone", async () => {
  const asked = serve(() => json({ push_key: null }));
  expect(await subscribe()).toBe("unsupported");
  permission = "denied";
  expect(await subscribe()).toBe("blocked");
  expect(asked.length).toBe(1);
});

test("the browser is asked to wake the worker, in the language chosen", async () => {
  await sendLater("en");
  expect(tags).toEqual(["send-en"]);
});
