/** A list as a file: the list's own filters, without its paging. */

import { save } from "./saving";

type Value = string | number | boolean | null | undefined | readonly string[];

export interface Exported {
  /** As the API names it: `villages`, `notices/<id>/readers`. */
  list: string;
  query?: Readonly<Record<string, Value>>;
  /** Filters that must be in no address. */
  body?: object;
}

const PAGING: ReadonlySet<string> = new Set(["limit", "page"]);

/** The file's address. */
export function pathOf({ list, query = {} }: Exported, ending: "csv" | "xlsx"): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (PAGING.has(name) || value === undefined || value === null || value === "") continue;
    for (const each of Array.isArray(value) ? value : [value]) asked.append(name, String(each));
  }
  return `/api/v1/exports/${list}.${ending}${asked.size === 0 ? "" : `?${asked}`}`;
}

/** Fetches it and hands it to the browser, under a name that every system takes. */
export function saveList(exported: Exported, ending: "csv" | "xlsx", title: string): Promise<void> {
  const name = `${title.replace(/[\\/:*?"<>|\s]+/gu, "-")}.${ending}`;
  return save(pathOf(exported, ending), name, exported.body === undefined ? "GET" : "POST", exported.body);
}
