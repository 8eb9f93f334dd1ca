"""The management API: everything a person may ask of the desk, as resources under `/v1`.

`routes` is the table of what there is, `shapes` how it is written, `app` the way of a call through it, and
`document` the OpenAPI document, which is made of the same table.
"""
