import type zh from "./zh";

const words: typeof zh = {
  accounts: {
    help: "Accounts and posts of the county's staff. Open an account with its role and place, then show a code for first use: they choose their own password.\nA lost phone: sign out everywhere, then reset the second factor.\nWho leaves: end the post; an account not used any more is disabled. History stays.\nLiaisons are managed by their township under “Villages and people”; they are shown here too.",
    open: "Open an account",
    open_do: "Open it",
    role: "Role",
    all: "All",
    past: "Ended ones too",
    name: "Name",
    place: "Place",
    phone: "Phone number",
    since: "Post",
    then_link: "Then, in the account, show a “Code for first use”: they scan it and choose a password.",
    sessions: "Signed in at ({n})",
    link_once: "Let them scan it now; it is shown this once and good until {when}.",
    qr_alt: "Code for first use",
    no: "No",
    is: { sysadmin: "Administrator", county_ops: "County operations", county_monitor: "County monitoring", fund_audit: "Fund audit", office_lead: "Head of office", reviewer: "Reviewer", station: "Village station", liaison: "Liaison", upper_viewer: "Viewer above" },
    disabled: "disabled",
    factor: "Second factor",
    act: { invite: "Code for first use", end_sessions: "Sign out everywhere", reset_factor: "Reset the second factor", end_post: "End the post", disable: "Disable the account", enable: "Enable the account" },
    means: {
      invite: "Makes a new code and ends earlier ones; once a password is set by it, every other session ends.",
      end_sessions: "Ends this person's sessions everywhere, at once.",
      reset_factor: "Takes the second factor away and ends all sessions; they may set it up again. Make sure first that it is them.",
      end_post: "The post ends at once, and what it allowed.",
      disable: "Nobody signs in with this account from now on.",
      enable: "The account opens again with its password.",
    },
    done: { invite: "Made", end_sessions: "Signed out", reset_factor: "Reset", end_post: "Post ended", disable: "Disabled", enable: "Enabled" },
  },
};

export default words;
