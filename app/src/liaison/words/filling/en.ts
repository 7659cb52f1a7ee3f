/** English words of filling in a report. */
import type zh from "./zh";
import faults from "@/rules/words/en";

const words: typeof zh = {
  filing: {
    step: "Step {n} of {of}",
    next: "Next",
    previous: "Back a step",
    before: "last: {n}",
    unit: " ({unit})",
    kept: "Whatever you typed is kept on this phone.",
    defect: "The office says: {text}",
    row: "No. {n}",
    no_rows: "None yet. Add one if there is one, or go on.",
    add_row: "+ Add one",
    drop_row: "Remove no. {n}",
    review: "Check",
    same: "Exactly as last period.",
    changes: "- | 1 change against last period | {n} changes against last period",
    was: "last period",
    now: "now",
    yes: "yes",
    no: "no",
    reason: "Why? (needed)",
    reasons_missing: "Something above needs a reason before it can be filed.",
    remark: "Remark (optional)",
    go_correct: "Correct: {group}",
    send: "File it",
  },
  ...faults,
  help: {
    fill: "Go through page by page. Grey is last period's figure; totals add up by themselves. Red says what is wrong; correct it and press Next. At the end check everything and file it.",
  },
};

export default words;
