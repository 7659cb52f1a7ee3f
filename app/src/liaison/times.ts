/** Instants in words, always in China's time whatever the phone is set to. */

import { useI18n } from "vue-i18n";

const ZONE = "Asia/Shanghai";

export function useTimes(): {
  moment: (instant: string | number) => string;
  day: (instant: string | number) => string;
} {
  const { locale } = useI18n();
  const tag = (): string => (locale.value === "zh" ? "zh-CN" : "en-GB");
  const write = (instant: string | number, options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(tag(), { timeZone: ZONE, ...options }).format(new Date(instant));
  return {
    moment: (instant) =>
      write(instant, {
        month: locale.value === "zh" ? "long" : "short",
        day: "numeric",
        weekday: "short",
        hour: "2-digit",
        minute: "2-digit",
        hour12: false,
      }),
    day: (instant) => write(instant, { month: locale.value === "zh" ? "long" : "short", day: "numeric" }),
  };
}

/** A period's key in words: 2026-10, 2026-W45, 2026-Q4 or 2026. */
export function periodWords(key: string, language: string): string {
  const [year = "", part = ""] = key.split("-");
  const zh = language === "zh";
  if (part === "") return zh ? `${year}年` : year;
  const number = Number(part.replace(/\D/g, ""));
  if (part.startsWith("W")) return zh ? `${year}年第${number}周` : `Week ${number}, ${year}`;
  if (part.startsWith("Q")) return zh ? `${year}年第${number}季度` : `Q${number} ${year}`;
  return zh ? `${year}年${number}月` : `${MONTHS[number - 1] ?? part} ${year}`;
}

const MONTHS = ["January", "February", "March", "April", "May", "June"].concat(
  ["July", "August", "September", "October", "November", "December"],
);
