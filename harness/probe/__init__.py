"""One line of middleware that looks, after a request, for what others left in the app's own variables."""
