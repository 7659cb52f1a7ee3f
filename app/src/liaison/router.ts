import { createRouter, createWebHashHistory } from "vue-router";
import { session } from "@/api/session";
import { learn, type MoreWords } from "./preferences";
import { hold } from "./welcome";

/** Words that only some screens need; they come with those. */
const VISITING: MoreWords = { zh: () => import("./words/visits/zh"), en: () => import("./words/visits/en") };
const TELLING: MoreWords = { zh: () => import("./words/told/zh"), en: () => import("./words/told/en") };
const FILLING: MoreWords = { zh: () => import("./words/filling/zh"), en: () => import("./words/filling/en") };
const PHONE: MoreWords = { zh: () => import("./words/phone/zh"), en: () => import("./words/phone/en") };

function speaking<T>(words: MoreWords[], view: () => Promise<T>): () => Promise<T> {
  return async () => (await Promise.all([view(), ...words.map(learn)]))[0];
}

/**
 * The part after # never reaches a server or its logs, and any screen opens from the one page that
 * the phone keeps.
 */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: "/welcome/:token?", name: "welcome", component: speaking([PHONE], () => import("./views/WelcomeView.vue")) },
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
          component: speaking([FILLING], () => import("./filing/FillView.vue")),
        },
        {
          path: "filed/:id",
          name: "filed",
          props: true,
          component: () => import("./views/FiledView.vue"),
        },
        { path: "visits", name: "visits", component: speaking([VISITING], () => import("./visits/VisitsView.vue")) },
        {
          path: "visits/:id(\\d+)/:step(finding|papers)?",
          name: "visit",
          props: ({ params }) => ({ id: Number(params["id"]), step: String(params["step"] ?? "") }),
          component: speaking([VISITING], () => import("./visits/VisitView.vue")),
        },
        {
          path: "visited/:id",
          name: "visited",
          props: true,
          component: speaking([VISITING], () => import("./visits/VisitedView.vue")),
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
        { path: "notices", name: "notices", component: speaking([TELLING], () => import("./views/NoticesView.vue")) },
        { path: "notice/:id", name: "notice", props: true, component: speaking([TELLING], () => import("./views/NoticeView.vue")) },
        { path: "feedback", name: "feedback", component: speaking([TELLING], () => import("./views/FeedbackView.vue")) },
        { path: "feedback/new", name: "write", component: speaking([TELLING], () => import("./views/WriteView.vue")) },
        { path: "feedback/:id", name: "letter", props: true, component: speaking([TELLING], () => import("./views/LetterView.vue")) },
        { path: "messages", name: "messages", component: speaking([TELLING], () => import("./views/MessagesView.vue")) },
        { path: "record", name: "record", component: () => import("./views/RecordView.vue") },
        { path: "devices", name: "devices", component: speaking([PHONE], () => import("./views/DevicesView.vue")) },
        { path: "settings", name: "settings", component: speaking([TELLING, PHONE], () => import("./views/SettingsView.vue")) },
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
