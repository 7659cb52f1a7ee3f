/** Signing in: phone and password for a session of this phone. */

import { api, given } from "@/api/client";
import { forget, keep } from "@/api/session";

/** Gives the account. Throws Failure; "refused" says why. */
export async function signIn(phone: string, password: string): Promise<string> {
  const body = { phone, password, device: device() };
  const pair = given(await api.POST("/api/v1/sessions", { body }));
  const tokens = { access: pair.access_token, refresh: pair.refresh_token };
  keep({ account: "", name: "", ...tokens });
  try {
    const me = given(await api.GET("/api/v1/me"));
    keep({ account: me.account, name: me.name, ...tokens });
    return me.account;
  } catch (error) {
    forget();
    throw error;
  }
}

/** What the office sees in the list of devices. */
function device(): string {
  return (/\(([^)]*)\)/.exec(navigator.userAgent)?.[1] ?? navigator.userAgent).slice(0, 80);
}
