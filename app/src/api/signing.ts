/** Signing in: phone and password for a session of this phone. */

import { api, given, type Schemas } from "@/api/client";
import { keep } from "@/api/session";

/**
 * Signed in once this is over. Throws Failure, of which the problem says why: second_factor_needed
 * asks for the same again with a code.
 */
export async function signIn(phone: string, password: string, code: string | null = null): Promise<void> {
  const body = { phone, password, code, device: device() };
  await begin(given(await api.POST("/api/v1/sessions", { body })));
}

/** Spends a link: the password is set and this phone signed in. Throws Failure. */
export async function redeem(token: string, password: string): Promise<void> {
  const body = { token, password, device: device() };
  await begin(given(await api.POST("/api/v1/invitations/redeem", { body })));
}

async function begin(pair: Schemas["TokenPair"]): Promise<void> {
  const tokens = { access: pair.access_token, refresh: pair.refresh_token };
  const headers = { authorization: `Bearer ${tokens.access}` };
  const me = given(await api.GET("/api/v1/me", { headers }));
  keep({ account: me.account, name: me.name, ...tokens });
}

/** What the office sees in the list of devices. */
function device(): string {
  return (/\(([^)]*)\)/.exec(navigator.userAgent)?.[1] ?? navigator.userAgent).slice(0, 80);
}
