/** How the console speaks. */

import { speech } from "@/speech";
import zh from "./words/zh";

export const { i18n, language, learn, show } = speech(zh, () => import("./words/en"));
