import review from "../review/en";
import type zh from "./zh";

const words: typeof zh = {
  ...review,
  samples: {
    help: "Draws some of the accepted certifications by lot, for the fund auditor to check photos and papers one by one.\nA random seed decides who; villages and offices can't foresee it, and the same seed over the same frame draws the same people again.\nA false certification found here costs points in the assessment.",
    draw: "Draw a spot check",
    do_draw: "Draw",
    draw_text: "Drawn from the certifications received in these days and accepted. The seed is made by the system and kept with the list.",
    at: "Drawn",
    days: "Received in",
    frame: "Frame",
    of: "{region}, {n} people",
    drawn: "Drawn",
    checked: "Checked",
    wrong: "Wrong",
    seed: "Seed",
    by: "By",
    none: "No spot checks yet.",
    from: "From",
    to: "To",
    size: "How many",
    back: "All spot checks",
    one: "Spot check of {n}",
    result: "{checked} of {n} checked, {wrong} wrong",
    told: "Drawn {when} from the {of} received {from} to {to}",
    in_hand: "In hand",
    nobody: "Nobody was drawn.",
    unchecked: "not checked",
    ok: "In order",
    not_ok: "Not in order",
    note: "Note",
    hidden: "{n} photos or papers are not on the screen: this can't be found in order.",
    say_what: "Please say what is wrong.",
    filed: "filed by {who}, {when}",
    method: { data_match: "data match", self_face: "self service", counter: "at the counter", home_visit: "home visit", village: "in the village", remote_assist: "remote assistance", consular: "consular", commitment: "commitment letter" },
    results: { pass: "alive", death: "died", missing: "missing", custody: "in custody", abroad: "abroad", emigrated: "emigrated", moved: "moved", duplicate: "paid twice", unreachable: "unreachable", refused: "refused" },
  },
};

export default words;
