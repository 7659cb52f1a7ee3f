import { createRouter, createWebHashHistory, type RouteRecordRaw } from "vue-router";
import { AREAS, type Area } from "./areas";
import { areas, known } from "./who";
import { learn } from "./preferences";

function routeOf({ name, rest = "", view, words }: Area): RouteRecordRaw {
  return { path: name + rest, name, component: async () => (await Promise.all([view(), learn(words)]))[0] };
}

function paperOf({ name, paper, words }: Area): RouteRecordRaw[] {
  if (paper === undefined) return [];
  const component = async () => (await Promise.all([paper(), learn(words)]))[0];
  return [{ path: `/paper/${name}/:number/:version`, name: `${name}-paper`, meta: { area: name }, component }];
}

/** The part after # reaches no server and no log. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: "/sign-in", name: "sign-in", component: () => import("./views/SignInView.vue") },
    {
      path: "/",
      component: () => import("./views/ShellView.vue"),
      children: [{ path: "", name: "start", component: () => import("./views/StartView.vue") }, ...AREAS.map(routeOf)],
    },
    ...AREAS.flatMap(paperOf),
    { path: "/:rest(.*)*", redirect: "/" },
  ],
});

router.beforeEach(async (to) => {
  const inside = await known();
  if (to.name === "sign-in") return inside ? { name: "start" } : true;
  if (!inside) return { name: "sign-in" };
  const first = areas.value[0];
  if (to.name === "start") return first === undefined ? true : { name: first.name };
  // Not shown in the menu, and not opened by its address either.
  return areas.value.some((area) => area.name === (to.meta.area ?? to.name)) ? true : { name: "start" };
});
