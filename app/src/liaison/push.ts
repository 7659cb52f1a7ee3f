/** Reminders by the browser's push service, and sending when the signal is back. */

import { api, given, type Schemas } from "@/api/client";

export type PushState = "unsupported" | "blocked" | "off" | "on";

// Which address of the account this browser is, to be taken out of use again.
const KEY = "cunbao.push";

async function manager(): Promise<PushManager | undefined> {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return undefined;
  return (await navigator.serviceWorker.getRegistration())?.pushManager;
}

export async function pushState(): Promise<PushState> {
  const found = await manager();
  if (found === undefined) return "unsupported";
  if (Notification.permission === "denied") return "blocked";
  const subscribed = (await found.getSubscription()) !== null && localStorage.getItem(KEY) !== null;
  return subscribed ? "on" : "off";
}

/** Asks the person, then the browser, then the server; "unsupported" where the server has no push. */
export async function subscribe(): Promise<PushState> {
  const found = await manager();
  if (found === undefined) return "unsupported";
  if ((await Notification.requestPermission()) !== "granted") return pushState();
  const { push_key } = given(await api.GET("/api/v1/addresses"));
  if (push_key === null) return "unsupported";
  const subscription = await found.subscribe({ userVisibleOnly: true, applicationServerKey: push_key });
  const body = { channel: "web_push", subscription: subscription.toJSON() } as Schemas["AddressIn"];
  try {
    const { id } = given(await api.POST("/api/v1/addresses", { body }));
    localStorage.setItem(KEY, String(id));
  } catch (error) {
    await subscription.unsubscribe();
    throw error;
  }
  return "on";
}

/**
 * Nothing reaches this browser any more; the server is told if somebody is signed in. It would
 * find out by itself: the push service answers 410 for a subscription that is gone.
 */
export async function forgetPush(signedIn: boolean): Promise<void> {
  const number = localStorage.getItem(KEY);
  if (number === null) return;
  localStorage.removeItem(KEY);
  const subscription = await (await manager())?.getSubscription().catch(() => null);
  await subscription?.unsubscribe().catch(() => false);
  const params = { path: { number: Number(number) } };
  if (signedIn) await api.DELETE("/api/v1/addresses/{number}", { params }).catch(() => null);
}

interface SyncManager {
  register: (tag: string) => Promise<void>;
}

/**
 * Asks the browser to wake the worker when there is a signal. The worker has no tokens and sends
 * nothing: they stay in one place, where one tab at a time renews them. It pokes an open page, and
 * else says, in the language of the tag, that there is something to send.
 */
export async function sendLater(language: string): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.getRegistration();
  const { sync } = (registration ?? {}) as { sync?: SyncManager };
  await sync?.register(`send-${language}`).catch(() => undefined);
}
