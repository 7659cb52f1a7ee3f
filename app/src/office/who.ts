/** Who works at this console, and what their posts let them do. */

import { computed, ref } from "vue";
import { api, Failure, given, type Schemas } from "@/api/client";
import { forget, session } from "@/api/session";
import { AREAS, STAFF } from "./areas";

type Role = Schemas["Role"];

const me = ref<Schemas["Me"]>();

export const name = computed(() => me.value?.name ?? session()?.name ?? "");
export const places = computed(() => [...new Set((me.value?.posts ?? []).map((post) => post.region_name))]);
export const region = computed(() => me.value?.posts[0]?.region ?? "");

const roles = computed(() => new Set<Role>((me.value?.posts ?? []).map((post) => post.role)));

/** Whether one of the roles is theirs: what is not allowed is not shown, and the server refuses it as well. */
export function holds(...wanted: readonly Role[]): boolean {
  return wanted.some((role) => roles.value.has(role));
}

/** Their county requires a second factor and they have none: until then there is nothing else to do. */
const lacking = ref(false);

/** The pages of who is signed in, in the order of the menu. */
export const areas = computed(() => AREAS.filter((area) => holds(...area.roles) && (!lacking.value || area.name === "me")));

/** Asks the server once; false when nobody is signed in any more. */
export async function known(): Promise<boolean> {
  if (session() === null) return false;
  if (me.value?.account === session()?.account) return true;
  try {
    me.value = given(await api.GET("/api/v1/me"));
    await factorChanged();
    return true;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "ended") throw error;
    forget();
    return false;
  }
}

/** Looks whether a second factor is still to be set up. */
export async function factorChanged(): Promise<void> {
  if (!holds(...STAFF)) return;
  const { since, required } = given(await api.GET("/api/v1/me/second-factor"));
  lacking.value = required && since === null;
}

export async function signOut(): Promise<void> {
  await api.DELETE("/api/v1/sessions/current").catch(() => null);
  forgetMe();
}

/** The account that this tab shows; another tab may have changed what the browser keeps. */
export const signedInAs = (): string | undefined => me.value?.account;

/** Signed out here or by the server. */
export function forgetMe(): void {
  forget();
  me.value = undefined;
}
