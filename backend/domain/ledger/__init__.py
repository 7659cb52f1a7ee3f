"""The labour ledger 劳动力台账: what is known of each villager, its changes, the monthly figures."""
