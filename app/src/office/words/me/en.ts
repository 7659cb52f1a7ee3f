import type zh from "./zh";

const words: typeof zh = {
  me: {
    help: "Second factor: beside the password, six digits from your phone are asked for, so that a leaked password opens nothing.\nWrite the recovery codes down: each lets you in once when the phone is lost. Without any, ask the administrator to reset it.\nBelow are the places where you are signed in; end those you do not know, and change your password.",
    factor: "Second factor",
    is_off: "It is off. First install an authenticator app on your phone.",
    required: "Your county requires a second factor of its staff; nothing else can be done before it is set up.",
    password: "Password now",
    set_up: "Set it up",
    scan: "Scan this with the authenticator app:",
    qr_alt: "Code to be scanned by an authenticator app",
    by_hand: "Or type it by hand:",
    first_code: "Six digits from the app",
    turn_on: "Turn it on",
    on_now: "It is on. You were signed out everywhere else.",
    codes: "Recovery codes, each good for one use, shown this once; print them or write them down:",
    print: "Print",
    kept: "I have kept them",
    is_on: "On since {day}, {n} recovery codes left.",
    turn_off: "Turn it off",
    require: "Require it of all staff in the county (those without it are signed out, and set it up before anything else)",
    change_password: "Change the password",
    new_password: "New password",
    once_more: "Once more",
    differ: "The two are not the same.",
    changed: "Changed. You were signed out everywhere else.",
    sessions: "Where you are signed in",
    this_one: "(here)",
    since: "since {first}, last seen {last}",
    end: "Sign out",
    end_others: "Sign out everywhere else",
  },
};

export default words;
