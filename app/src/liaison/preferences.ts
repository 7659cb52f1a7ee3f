/** How this phone shows the app; kept apart from any account. */

import { ref, watch } from "vue";
import { createI18n } from "vue-i18n";
import { speak } from "@/api/client";
import zh from "./words/zh";

export type Language = "zh" | "en";

export const i18n = createI18n({
  legacy: false,
  locale: "zh",
  fallbackLocale: "zh",
  messages: { zh } as Record<Language, typeof zh>,
});

export const large = ref(localStorage.getItem("cunbao.large") === "1");
export const language = ref<Language>(localStorage.getItem("cunbao.language") === "en" ? "en" : "zh");
/** The office's number as the liaison entered it, for the call button. */
export const officePhone = ref(localStorage.getItem("cunbao.office") ?? "");

export type MoreWords = Record<Language, () => Promise<{ default: object }>>;
const learned = new Set<MoreWords>();

/** Adds words that only some screens need, in the language shown and in any chosen later. */
export async function learn(words: MoreWords): Promise<void> {
  if (learned.has(words)) return;
  await merge(words, language.value);
  learned.add(words);
}

async function merge(words: MoreWords, into: Language): Promise<void> {
  i18n.global.mergeLocaleMessage(into, (await words[into]()).default);
}

watch(
  large,
  (on) => {
    localStorage.setItem("cunbao.large", on ? "1" : "0");
    document.documentElement.classList.toggle("large", on);
  },
  { immediate: true },
);
watch(officePhone, (number) => localStorage.setItem("cunbao.office", number));
watch(language, show);

/** Shows the app in the chosen language; English is fetched when first wanted. */
export async function show(): Promise<void> {
  const chosen = language.value;
  if (chosen === "en") i18n.global.mergeLocaleMessage("en", (await import("./words/en")).default);
  for (const words of learned) await merge(words, chosen);
  i18n.global.locale.value = chosen;
  speak(chosen);
  localStorage.setItem("cunbao.language", chosen);
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
  document.title = i18n.global.t("app");
}
