import type { InjectionKey, Ref } from "vue";
import type { FormDefinition } from "@/rules/form";

/** The form being filled in, for the words of its checks. */
export const FORM: InjectionKey<Readonly<Ref<FormDefinition | undefined>>> = Symbol("form");
