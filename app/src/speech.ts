/** The language of an app: its words, those that come later, and which one was chosen. */

import { ref, watch } from "vue";
import { createI18n } from "vue-i18n";
import { speak } from "@/api/client";

export type Language = "zh" | "en";
export interface Words {
  [key: string]: string | Words;
}
type Fetched = () => Promise<{ default: object }>;
export type MoreWords = Record<Language, Fetched>;

export function speech(zh: Words, english: Fetched) {
  const messages = { zh } as Record<Language, Words>;
  const i18n = createI18n({ legacy: false, locale: "zh", fallbackLocale: "zh", messages });
  const { global } = i18n;
  const language = ref<Language>(localStorage.getItem("cunbao.language") === "en" ? "en" : "zh");
  const learned = new Set<MoreWords>();

  async function merge(words: Fetched, into: Language): Promise<void> {
    global.mergeLocaleMessage(into, (await words()).default);
  }

  /** Adds words that only some screens need, in the language shown and in any chosen later. */
  async function learn(words: MoreWords): Promise<void> {
    if (learned.has(words)) return;
    await merge(words[language.value], language.value);
    learned.add(words);
  }

  /** Shows the app in the chosen language; English is fetched when first wanted. */
  async function show(): Promise<void> {
    const chosen = language.value;
    if (chosen === "en") await merge(english, "en");
    for (const words of learned) await merge(words[chosen], chosen);
    global.locale.value = chosen;
    speak(chosen);
    localStorage.setItem("cunbao.language", chosen);
    document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
    document.title = global.t("app");
  }

  watch(language, show);
  return { i18n, language, learn, show };
}
