import type zh from "./zh";

const words: typeof zh = {
  fault: {
    required: "Please fill this in; 0 if there is none.",
    not_integer: "A whole number, like 12.",
    not_number: "A number, like 12.5.",
    too_many_decimals: "At most two decimals.",
    below_min: "Not less than {min}.",
    above_max: "Not more than {max}.",
    not_in_choices: "Please choose one of these.",
    too_long: "Too long: at most {max} characters.",
    bad_date: "This is no date.",
    bad_text: "There is a character here that can't be used.",
    too_many_rows: "At most {max}.",
    other: "Something is wrong here.",
  },
};

export default words;
