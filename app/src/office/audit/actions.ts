/** What the log speaks of: kinds of acts, which stand before the dot, and kinds of objects. */

export const ACTIONS = [
  "submission", "review", "obligation", "request", "circular", "county_rule", "assessment", "subsidy", "results", "residents", "export", "list",
  "notice", "feedback", "sample", "finding", "beneficiary", "resident", "media", "import", "roster", "match", "account", "post",
  "session", "second_factor", "device", "invitation", "region", "calendar", "schedule", "ladder", "form", "robot", "call", "leave", "audit",
] as const;

export const SUBJECTS = [
  "submission", "obligation", "request", "circular", "county_rule", "notice", "feedback", "sample", "beneficiary", "resident", "media",
  "attachment", "import", "export_request", "account", "post", "session", "region", "schedule", "form", "address", "day", "calendar", "call", "list",
] as const;
