"""Where keys, journal and activity lie. One `Store` over engines that differ in nothing but where the rows are.

What is the same in every store stands once: the form of a row (`rows`), its seal (`seals`), what is asked of it
before it is believed (`reading`), changes (`work`), snapshots for the gate (`snapshots`), the activity log
(`ledger`). An engine (`memory`, `sqlite`) keeps rows and gives transactions; it knows no keys and judges nothing.
"""
