import type { Schemas } from "@/api/client";

/** Every role, from the county down to the village. */
export const ROLES = ["sysadmin", "county_ops", "county_monitor", "fund_audit", "office_lead", "reviewer", "station", "liaison"] as const satisfies readonly Schemas["Role"][];
