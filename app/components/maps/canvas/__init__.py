"""The map of users and of posts: colours, the drawing in the browser, figures to take home."""
