/** What was changed in a draft and not sent yet: it outlives a closed tab. Forms hold nothing personal. */

import type { FormDefinition } from "@/rules/form";

export function unsaved(number: number): { held: () => FormDefinition | null; hold: (form: FormDefinition) => void; drop: () => void } {
  const key = `cunbao.form.${number}`;
  return {
    held: () => JSON.parse(localStorage.getItem(key) ?? "null") as FormDefinition | null,
    hold: (form) => localStorage.setItem(key, JSON.stringify(form)),
    drop: () => localStorage.removeItem(key),
  };
}
