"""Where the top of the key hierarchy lives: a local file today, and whatever else fits `vault.port.Root`."""
