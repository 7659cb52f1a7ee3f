/** What was looked for last; kept while the app is open, so that going back finds the list as it was. */

import { ref } from "vue";

export const wanted = ref({ text: "", group: "", status: "" });
