"""Reports: one HTML file that opens with the answer and needs nothing from elsewhere.

Each function describes what was found as a `Report`; its `html(title, settings)` is the page.
"""
