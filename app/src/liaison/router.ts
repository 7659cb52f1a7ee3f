import { createRouter, createWebHashHistory } from "vue-router";
import { session } from "@/api/session";
import { learn, withWords, type MoreWords } from "./preferences";

const VISIT_WORDS: MoreWords = {
  zh: () => import("./words/visits/zh"),
  en: () => import("./words/visits/en"),
};

/** A screen for certifying, with its words. */
function visiting<T>(view: () => Promise<T>): () => Promise<T> {
  return async () => (await Promise.all([view(), learn(VISIT_WORDS)]))[0];
}

/**
 * The part after # never reaches a server or its logs, and any screen opens from the one page that
 * the phone keeps.
 */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
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
          path: "duty/:id(\\d+)/fill/:step(\\d+)",
          name: "fill",
          props: ({ params }) => ({ id: Number(params["id"]), step: Number(params["step"]) }),
          component: () => import("./filing/FillView.vue"),
        },
        {
          path: "filed/:id",
          name: "filed",
          props: true,
          component: () => import("./views/FiledView.vue"),
        },
        { path: "visits", name: "visits", component: visiting(() => import("./visits/VisitsView.vue")) },
        {
          path: "visits/:id(\\d+)/:step(finding|papers)?",
          name: "visit",
          props: ({ params }) => ({ id: Number(params["id"]), step: String(params["step"] ?? "") }),
          component: visiting(() => import("./visits/VisitView.vue")),
        },
        {
          path: "visited/:id",
          name: "visited",
          props: true,
          component: visiting(() => import("./visits/VisitedView.vue")),
        },
        { path: "outbox", name: "outbox", component: () => import("./views/OutboxView.vue") },
        { path: "ledger", name: "ledger", component: () => import("./ledger/LedgerView.vue") },
        { path: "ledger/new", name: "ledger-new", component: () => import("./ledger/NewPersonView.vue") },
        {
          path: "ledger/:id",
          name: "person",
          props: true,
          component: () => import("./ledger/PersonView.vue"),
        },
        { path: "notices", name: "notices", component: () => withWords(import("./views/NoticesView.vue")) },
        { path: "notice/:id", name: "notice", props: true, component: () => withWords(import("./views/NoticeView.vue")) },
        { path: "feedback", name: "feedback", component: () => withWords(import("./views/FeedbackView.vue")) },
        { path: "feedback/new", name: "write", component: () => withWords(import("./views/WriteView.vue")) },
        { path: "feedback/:id", name: "letter", props: true, component: () => withWords(import("./views/LetterView.vue")) },
        { path: "messages", name: "messages", component: () => withWords(import("./views/MessagesView.vue")) },
        { path: "record", name: "record", component: () => import("./views/RecordView.vue") },
        { path: "settings", name: "settings", component: () => withWords(import("./views/SettingsView.vue")) },
      ],
    },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
});

router.beforeEach((to) => {
  if (to.name !== "sign-in" && session() === null) return { name: "sign-in" };
  if (to.name === "sign-in" && session() !== null) return { name: "home" };
  return true;
});

router.afterEach(() => scrollTo(0, 0));
