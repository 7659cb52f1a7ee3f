import { createRouter, createWebHashHistory } from "vue-router";
import { session } from "@/api/session";
import { hold } from "./welcome";

/**
 * The part after # never reaches a server or its logs, and any screen opens from the one page that
 * the phone keeps.
 */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: "/welcome/:token?", name: "welcome", component: () => import("./views/WelcomeView.vue") },
    { path: "/sign-in", name: "sign-in", component: () => import("./views/SignInView.vue") },
    {
      path: "/",
      component: () => import("./views/SignedIn.vue"),
      children: [
        { path: "", name: "home", component: () => import("./views/HomeView.vue") },
        {
          path: "duty/:id(\\d+)",
          name: "duty",
          props: ({ params }) => ({ id: Number(params["id"]) }),
          component: () => import("./views/DutyView.vue"),
        },
        {
          path: "filed/:id",
          name: "filed",
          props: true,
          component: () => import("./views/FiledView.vue"),
        },
        { path: "outbox", name: "outbox", component: () => import("./views/OutboxView.vue") },
        { path: "messages", name: "messages", component: () => import("./views/MessagesView.vue") },
        { path: "record", name: "record", component: () => import("./views/RecordView.vue") },
        { path: "devices", name: "devices", component: () => import("./views/DevicesView.vue") },
        { path: "settings", name: "settings", component: () => import("./views/SettingsView.vue") },
      ],
    },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
});

router.beforeEach((to) => {
  if (to.name === "welcome") {
    const { token } = to.params;
    if (typeof token !== "string" || token === "") return true;
    // Out of the address and the history before anything is shown.
    hold(token);
    return { name: "welcome", replace: true };
  }
  if (to.name !== "sign-in" && session() === null) return { name: "sign-in" };
  if (to.name === "sign-in" && session() !== null) return { name: "home" };
  return true;
});

router.afterEach(() => scrollTo(0, 0));
