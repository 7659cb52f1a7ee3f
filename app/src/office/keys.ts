/** Keys that do something while nobody is typing. */

import { onBeforeUnmount, onMounted } from "vue";

export function useKeys(acts: Readonly<Record<string, () => void>>, busy: () => boolean): void {
  const pressed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || busy()) return;
    const { target } = event;
    if (target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, [role=dialog]")) return;
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  onMounted(() => addEventListener("keydown", pressed));
  onBeforeUnmount(() => removeEventListener("keydown", pressed));
}
