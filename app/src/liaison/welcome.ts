/** The secret of a link, held in memory alone, and what a browser offers for the home screen. */

import { ref } from "vue";

export const token = ref("");

export function hold(secret: string): void {
  token.value = secret;
}

interface Offer extends Event {
  prompt: () => Promise<unknown>;
}

/** The browser's own offer to put the app on the home screen, once it makes one. */
export const offer = ref<Offer>();

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer.value = event as Offer;
});
addEventListener("appinstalled", () => (offer.value = undefined));

export async function install(): Promise<void> {
  await offer.value?.prompt();
  offer.value = undefined;
}

export const installed = (): boolean => matchMedia("(display-mode: standalone)").matches;
export const inWeChat = (): boolean => /MicroMessenger/i.test(navigator.userAgent);
