"""Why a request is refused, all of it, and what would pass: told to a key's owner, with nothing used up.

The gate itself says only the first reason. Here the same functions are asked again and again: each objection is
written down and taken out of the way (`mending`), until nothing objects. They work on a rehearsal, a copy of what is
counted in memory, so a request that was explained can still be admitted.
"""
