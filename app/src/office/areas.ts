/** The console's pages: each with who has it, what is drawn and the words it needs, fetched when first opened. */

import type { Component } from "vue";
import type { Schemas } from "@/api/client";
import type { MoreWords } from "@/speech";

type Role = Schemas["Role"];

/** The menu's headings, in their order. */
export const GROUPS = ["daily", "county", "affairs", "settings"] as const;
type Group = (typeof GROUPS)[number];

export interface Area {
  /** Also its address after #/ and its label in the menu, `page.<name>`. */
  name: string;
  /** Under which heading of the menu. */
  group: Group;
  /** Who has it in the menu and by its address; what they may do there the server decides. */
  roles: readonly Role[];
  view: () => Promise<{ default: Component }>;
  words: MoreWords;
  /** What may follow the name in the address, like `/:number?`. */
  rest?: string;
  /** Something of it as it is printed, without menu: `<name>-paper`, by number and version. */
  paper?: () => Promise<{ default: Component }>;
}

const OFFICE = ["reviewer", "office_lead"] as const;
const COUNTY = ["county_ops", "county_monitor", "fund_audit"] as const;
export const STAFF = [...OFFICE, "county_ops", "county_monitor", "fund_audit", "sysadmin", "upper_viewer"] as const;

/** In the order of the menu within each group; the first that somebody has is where they begin. */
export const AREAS: readonly Area[] = [
  {
    name: "home",
    group: "daily",
    roles: OFFICE,
    view: () => import("./home/HomeView.vue"),
    words: { zh: () => import("./words/home/zh"), en: () => import("./words/home/en") },
  },
  {
    name: "review",
    group: "daily",
    roles: [...OFFICE, "county_ops", "fund_audit"],
    view: () => import("./review/ReviewView.vue"),
    words: { zh: () => import("./words/review/zh"), en: () => import("./words/review/en") },
  },
  {
    name: "villages",
    group: "daily",
    roles: [...OFFICE, "county_ops", "sysadmin"],
    view: () => import("./villages/VillagesView.vue"),
    words: { zh: () => import("./words/villages/zh"), en: () => import("./words/villages/en") },
  },
  {
    name: "rates",
    group: "county",
    roles: [...OFFICE, "county_ops", "county_monitor", "fund_audit", "upper_viewer"],
    view: () => import("./rates/RatesView.vue"),
    words: { zh: () => import("./words/rates/zh"), en: () => import("./words/rates/en") },
  },
  {
    name: "progress",
    group: "county",
    roles: [...OFFICE, "county_ops", "county_monitor", "fund_audit", "upper_viewer"],
    view: () => import("./progress/ProgressView.vue"),
    words: { zh: () => import("./words/progress/zh"), en: () => import("./words/progress/en") },
  },
  {
    name: "effort",
    group: "county",
    roles: [...OFFICE, "county_ops", "county_monitor", "fund_audit", "upper_viewer"],
    view: () => import("./effort/EffortView.vue"),
    words: { zh: () => import("./words/effort/zh"), en: () => import("./words/effort/en") },
  },
  {
    name: "circulars",
    group: "county",
    roles: [...OFFICE, ...COUNTY],
    view: () => import("./circulars/CircularsView.vue"),
    words: { zh: () => import("./words/circulars/zh"), en: () => import("./words/circulars/en") },
    rest: "/:number?",
    paper: () => import("./circulars/CircularPaper.vue"),
  },
  {
    name: "assessment",
    group: "county",
    roles: [...OFFICE, ...COUNTY],
    view: () => import("./assessment/AssessmentView.vue"),
    words: { zh: () => import("./words/assessment/zh"), en: () => import("./words/assessment/en") },
  },
  {
    name: "requests",
    group: "affairs",
    roles: [...OFFICE, ...COUNTY],
    view: () => import("./requests/RequestsView.vue"),
    words: { zh: () => import("./words/requests/zh"), en: () => import("./words/requests/en") },
  },
  {
    name: "notices",
    group: "affairs",
    roles: [...OFFICE, ...COUNTY],
    view: () => import("./notices/NoticesView.vue"),
    words: { zh: () => import("./words/notices/zh"), en: () => import("./words/notices/en") },
    rest: "/:number?",
  },
  {
    name: "feedback",
    group: "affairs",
    roles: [...OFFICE, "county_ops"],
    view: () => import("./feedback/FeedbackView.vue"),
    words: { zh: () => import("./words/feedback/zh"), en: () => import("./words/feedback/en") },
    rest: "/:number?",
  },
  {
    name: "samples",
    group: "affairs",
    roles: ["fund_audit"],
    view: () => import("./samples/SamplesView.vue"),
    words: { zh: () => import("./words/samples/zh"), en: () => import("./words/samples/en") },
    rest: "/:number?",
  },
  {
    name: "audit",
    group: "affairs",
    roles: ["county_ops", "fund_audit"],
    view: () => import("./audit/AuditView.vue"),
    words: { zh: () => import("./words/audit/zh"), en: () => import("./words/audit/en") },
  },
  {
    name: "forms",
    group: "settings",
    roles: ["county_ops"],
    view: () => import("./forms/FormsView.vue"),
    words: { zh: () => import("./words/forms/zh"), en: () => import("./words/forms/en") },
    rest: "/:number?",
  },
  {
    name: "schedules",
    group: "settings",
    roles: [...OFFICE, "county_ops"],
    view: () => import("./schedules/SchedulesView.vue"),
    words: { zh: () => import("./words/schedules/zh"), en: () => import("./words/schedules/en") },
    rest: "/:number?",
  },
  {
    name: "calendar",
    group: "settings",
    roles: [...OFFICE, ...COUNTY],
    view: () => import("./calendar/CalendarView.vue"),
    words: { zh: () => import("./words/calendar/zh"), en: () => import("./words/calendar/en") },
  },
  {
    name: "channels",
    group: "settings",
    roles: [...OFFICE, ...COUNTY],
    view: () => import("./channels/ChannelsView.vue"),
    words: { zh: () => import("./words/channels/zh"), en: () => import("./words/channels/en") },
  },
  {
    name: "imports",
    group: "settings",
    roles: ["county_ops", "fund_audit", "sysadmin"],
    view: () => import("./imports/ImportsView.vue"),
    words: { zh: () => import("./words/imports/zh"), en: () => import("./words/imports/en") },
  },
  {
    name: "accounts",
    group: "settings",
    roles: ["sysadmin"],
    view: () => import("./accounts/AccountsView.vue"),
    words: { zh: () => import("./words/accounts/zh"), en: () => import("./words/accounts/en") },
  },
  {
    name: "me",
    group: "settings",
    roles: STAFF,
    view: () => import("./me/MeView.vue"),
    words: { zh: () => import("./words/me/zh"), en: () => import("./words/me/en") },
  },
];
