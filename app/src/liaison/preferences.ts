/** How this phone shows the app; kept apart from any account. */

import { ref, watch } from "vue";
import { speech } from "@/speech";
import zh from "./words/zh";

export type { Language, MoreWords } from "@/speech";

export const { i18n, language, learn, show } = speech(zh, () => import("./words/en"));

export const large = ref(localStorage.getItem("cunbao.large") === "1");
/** The office's number as the liaison entered it, for the call button. */
export const officePhone = ref(localStorage.getItem("cunbao.office") ?? "");

watch(
  large,
  (on) => {
    localStorage.setItem("cunbao.large", on ? "1" : "0");
    document.documentElement.classList.toggle("large", on);
  },
  { immediate: true },
);
watch(officePhone, (number) => localStorage.setItem("cunbao.office", number));
