/** Keeps the app on the phone: it opens without a network, and a new version waits its turn. */
export {};

declare const self: ServiceWorkerGlobalScope;
declare const __PRECACHE__: { version: string; files: string[] };

const { version, files } = __PRECACHE__;
const CACHE = `cunbao-${version}`;

self.addEventListener("install", (event) => {
  // Past the browser's own cache: "/" of an old version must not be kept with new files.
  const fresh = files.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(tidy());
});

async function tidy(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("cunbao-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (files.includes(pathname)) event.respondWith(kept(request, pathname));
});

async function kept(request: Request, pathname: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(pathname)) ?? fetch(request);
}

interface Said {
  title: string;
  body: string;
  key: string;
}

const ICON = "/icon.svg";

// Counts and instants only: what comes here is read on a locked screen (backend/domain/wording.py).
self.addEventListener("push", (event) => {
  const said = event.data?.json() as Said | undefined;
  if (said === undefined) return;
  event.waitUntil(self.registration.showNotification(said.title, { body: said.body, tag: said.key, icon: ICON }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(opened());
});

/** The to-do list, in the page that is open or a new one. */
async function opened(): Promise<void> {
  const [page] = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (page === undefined) return void (await self.clients.openWindow("/"));
  page.postMessage("to-do");
  await page.focus();
}

const WAITING: Record<string, string> = {
  "send-zh": "有信号了。打开村报，没送出的会自动送出。",
  "send-en": "There is a signal. Open Cunbao and what waits is sent.",
};

/** Background Sync, which only some browsers have and the types do not. */
interface SyncEvent extends ExtendableEvent {
  tag: string;
}

self.addEventListener("sync", (event) => {
  const { tag } = event as SyncEvent;
  const words = WAITING[tag];
  if (words !== undefined) (event as SyncEvent).waitUntil(poked(words));
});

async function poked(words: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages) page.postMessage("exchange");
  if (pages.length === 0 && Notification.permission === "granted")
    await self.registration.showNotification("村报", { body: words, tag: "send", icon: ICON });
}
