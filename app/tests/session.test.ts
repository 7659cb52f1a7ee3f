import { beforeEach, expect, test } from "vitest";
import { api } from "@/api/client";
import { forget, keep, lastAccount, renew, session, whyEnded } from "@/api/session";
import { signIn } from "@/api/signing";
import { json, problem, serve, unreachable, type Asked } from "./server";

beforeEach(() => keep({ account: "a", name: "王芳", access: "old", refresh: "r1" }));

const renewed = { access_token: "new", refresh_token: "r2", expires_in: 900 };

function server(asked: Asked): Response {
  if (asked.path.endsWith("/refresh"))
    return asked.body["refresh_token"] === "r1" ? json(renewed, 201) : problem("session_ended", 401);
  return asked.token === "Bearer new" ? json({ name: "王芳" }) : problem("token_expired", 401);
}

test("an expired token is renewed once, however many ask at the same moment", async () => {
  const asked = serve(server);
  const answers = await Promise.all([1, 2, 3].map(() => api.GET("/api/v1/me")));
  expect(answers.map((each) => each.response.status)).toEqual([200, 200, 200]);
  expect(asked.filter((each) => each.path.endsWith("/refresh"))).toHaveLength(1);
  expect(session()).toMatchObject({ access: "new", refresh: "r2", account: "a" });
});

test("another tab's renewal is taken over", async () => {
  keep({ account: "a", name: "王芳", access: "new", refresh: "r2" });
  const asked = serve(server);
  expect(await renew("old")).toBe("renewed");
  expect(asked).toEqual([]);
});

test("a refused refresh token means the session has ended", async () => {
  keep({ account: "a", name: "王芳", access: "old", refresh: "spent" });
  serve(server);
  await expect(api.GET("/api/v1/me")).rejects.toMatchObject({ kind: "ended" });
});

test("without an answer the session is kept for later", async () => {
  serve((asked) => (asked.path.endsWith("/refresh") ? unreachable() : server(asked)));
  await expect(api.GET("/api/v1/me")).rejects.toMatchObject({ kind: "busy" });
  expect(session()?.refresh).toBe("r1");
});

test("signing in keeps nothing until the account is known", async () => {
  forget();
  serve(({ path }) => (path.endsWith("/me") ? unreachable() : json(renewed, 201)));
  await expect(signIn("13900000000", "secret")).rejects.toMatchObject({ kind: "offline" });
  expect(session()).toBeNull();
  const asked = serve(({ path }) => json(path.endsWith("/me") ? { account: "a", name: "b" } : renewed));
  await signIn("13900000000", "secret");
  expect(session()).toEqual({ account: "a", name: "b", access: "new", refresh: "r2" });
  expect(asked[1]?.token).toBe("Bearer new");
});

test("a server in trouble doesn't end the session", async () => {
  serve((asked) => (asked.path.endsWith("/refresh") ? problem("unavailable", 503) : server(asked)));
  await expect(api.GET("/api/v1/me")).rejects.toMatchObject({ kind: "busy" });
  expect(session()?.refresh).toBe("r1");
});

test("why the server ended the session is known until somebody signs in", async () => {
  keep({ account: "a", name: "王芳", access: "old", refresh: "spent" });
  serve(({ path }) =>
    path.endsWith("/refresh") ? problem("device_revoked", 401) : problem("token_expired", 401),
  );
  await expect(api.GET("/api/v1/me")).rejects.toMatchObject({ kind: "ended" });
  expect([whyEnded(), lastAccount()]).toEqual(["device_revoked", "a"]);
  keep({ account: "b", name: "李强", access: "x", refresh: "y" });
  expect([whyEnded(), lastAccount()]).toEqual(["", ""]);
});
