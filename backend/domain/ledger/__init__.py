"""The labour ledger 劳动力台账: people of the village, their changes, the monthly figures."""
