"""The web app: launch, browse, compare and export in a browser, on top of what the command line calls.

A view is a function from records to components; callbacks only read what a page asks for and hand it to a view.
"""
