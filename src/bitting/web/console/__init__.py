"""The console: pages for people, over the same desk and the same sessions as the management API.

`app` is the table of pages and the way of a call to one, `pages` what stands on them, `words` what they say. Pages are
made here, whole, and work without a script; the scripts in `static` add passkeys, copying and files.
"""
