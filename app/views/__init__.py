"""One short script a page, run by `app.main`."""
