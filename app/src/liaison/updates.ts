/** The kept copy of the app: a new version waits until the liaison takes it or closes all tabs. */

import { ref } from "vue";

/** The version that waits, if any. */
export const waitingVersion = ref<ServiceWorker>();

export async function keepOnPhone(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
  const look = (): void => {
    // Without a controller it is the first one, which takes over by itself.
    if (navigator.serviceWorker.controller !== null && registration.waiting !== null)
      waitingVersion.value = registration.waiting;
  };
  look();
  registration.addEventListener("updatefound", () =>
    registration.installing?.addEventListener("statechange", look),
  );
}

/** Everything typed is stored already, so the page may start anew. */
export function takeVersion(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
  waitingVersion.value?.postMessage("take over");
}
